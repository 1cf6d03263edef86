"""A flow in a conversation: when one is set off, what its steps lead to, how it ends. The walking is in `actors/flows`.

A conversation stays on the version on which its flow began. What a step wants said goes out as one message, or as
several where it is too long for one, with the options in the last; files follow it, each a message of its own, fetched
from their address when they go out (`http/whatsapp/links.py`). Where the message has buttons the files go in front of
it, so that the buttons stand last.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from plixa.actors.ai.config import AI
from plixa.actors.assignment.choice import read
from plixa.actors.assignment.sectors import SECTORS
from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS
from plixa.actors.conversation import closed, commands as cmd, events as ev, resolving, turns
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.speaking import fitting, note, say, send_file
from plixa.actors.conversation.state import Burst, Conversation
from plixa.actors.flows import run as r, walk
from plixa.actors.flows.asking import with_numbers
from plixa.actors.flows.library import FLOWS, Flow
from plixa.actors.flows.menus import Offer, tap_of
from plixa.actors.flows.nodes import Schedule
from plixa.actors.flows.texts import summary
from plixa.actors.workspace.plans import limits_of
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import EffectDone, EffectFailed, TimerFired
from plixa.engine.dispatch import Evolver

evolve: Evolver[Conversation] = Evolver()


def triggered(d: Deciding, text: str) -> Flow | None:
    """The enabled flow that these words set off: a keyword's, else the reception, once an episode."""
    live = [flow for flow in FLOWS.of(d.workspace).values() if flow.enabled and flow.start is not None]
    said = read(text)  # once, however many keywords there are
    for flow in live:
        start = flow.start
        if start is not None and start.trigger == "keyword" and any(said.has(word) for word in start.keywords):
            return flow
    for flow in live:
        start = flow.start
        if start is not None and start.trigger == "first_message" and flow.id not in d.state.flows_done:
            return flow
    return None


def leads_to_a_flow(state: Conversation, command: Any, workspace: Workspace | None) -> bool:
    """Whether the command may take a step of a flow, which then wants to know the contact's custom fields."""
    if workspace is None or not CUSTOM_FIELDS.of(workspace) or not state.contact_id:
        return False
    match command:
        case cmd.StartFlow():
            return True
        case cmd.AgendaCameBack():
            return state.flow is not None
        case TimerFired(name=name):
            under_way = state.flow is not None or any(flow.enabled for flow in FLOWS.of(workspace).values())
            return under_way and (name == "answer" or name.startswith("flow."))
        case EffectDone(about=("ai", _)) | EffectFailed(about=("ai", _)):
            return state.flow is not None
        case _:
            return False


def go_on(d: Deciding, burst: Burst) -> bool:
    """Let the flow answer this burst; false if there is none."""
    text = "\n".join(each for each in burst.texts if each)
    run = d.state.flow
    if run is not None:
        flow = FLOWS.of(d.workspace).get(run.flow_id)
        graph = None if flow is None else flow.graph(run.version)
        if flow is None or graph is None:
            end(d, "gone", "The flow was deleted.")
            return go_on(d, burst)
        _took(d, flow, walk.take(graph, run, _said(text, burst.choice, flow), context(d, flow)))
        return True
    flow = triggered(d, text)
    graph = None if flow is None else flow.graph(flow.version)
    if flow is None or graph is None:
        return False
    _took(d, flow, walk.begin(graph, flow.id, flow.version, context(d, flow), text))
    return True


def _said(text: str, choice: str | None, flow: Flow) -> r.Said:
    """What the customer wrote or tapped. A button that is none of ours is what its words say."""
    tap = tap_of(choice)
    if tap is None:
        return r.Said(text)
    return r.Said(text, tap.option_id, tap.node_id if tap.flow_id == flow.id else "")


def start(d: Deciding, flow: Flow) -> None:
    """A person starts it by hand."""
    graph = flow.graph(flow.version)
    if graph is not None:
        _took(d, flow, walk.begin(graph, flow.id, flow.version, context(d, flow)))


def timer_fired(d: Deciding, which: r.TimerName) -> None:
    """A flow's own timer is due."""
    run = d.state.flow
    flow = None if run is None else FLOWS.of(d.workspace).get(run.flow_id)
    graph = None if run is None or flow is None else flow.graph(run.version)
    if run is None:
        return
    if flow is None or graph is None:
        end(d, "gone", "The flow was deleted.")
    elif closed.speaks(d):
        _wait_for_opening(d, run, flow)
    else:
        _took(d, flow, walk.take(graph, run, r.Woke(which), context(d, flow)))


def _wait_for_opening(d: Deciding, run: r.Run, flow: Flow) -> None:
    """Nobody is written to while closed: it goes on when the business opens, or a person does."""
    if closed.hold_flow(d):
        return
    end(d, "closed", "The business is closed and is not known to open.")
    note(d, ev.Author("flow", flow.id, flow.name), summary(run, context(d, flow), "because_closed"))
    d.add(ev.ConversationHandedOver(why="The business is closed and is not known to open."))


def ai_came_back(d: Deciding, outcome: r.AiOutcome) -> None:
    """What the AI made of the flow's question."""
    run = d.state.flow
    flow = None if run is None else FLOWS.of(d.workspace).get(run.flow_id)
    graph = None if run is None or flow is None else flow.graph(run.version)
    if run is not None and flow is not None and graph is not None:
        _took(d, flow, walk.take(graph, run, outcome, context(d, flow)))


def agenda_came_back(d: Deciding, service_id: int, outcome: r.AgendaOutcome) -> bool:
    """Whether a flow waited for what the customer made of this service's free times, and goes on with it."""
    run = d.state.flow
    flow = None if run is None else FLOWS.of(d.workspace).get(run.flow_id)
    graph = None if run is None or flow is None else flow.graph(run.version)
    if run is None or flow is None or graph is None or run.waiting != "agenda":
        return False
    node = graph.node(run.node_id)
    if not isinstance(node, Schedule) or node.data.service_id != service_id:
        return False
    _took(d, flow, walk.take(graph, run, outcome, context(d, flow)))
    return True


def still_chooses(d: Deciding) -> None:
    """They tapped something of the agenda's: whoever chooses is not silent."""
    run = d.state.flow
    flow = None if run is None else FLOWS.of(d.workspace).get(run.flow_id)
    if run is None or flow is None or run.waiting != "agenda":
        return
    run = replace(run, prompted_at=d.at, reprompted=False, tries=0)
    run = replace(run, timers=r.timers(run, context(d, flow)))
    why = "The customer is choosing a time."
    d.add(ev.FlowStepped(flow_id=flow.id, version=run.version, path=(), why=why, run=run))


def end(d: Deciding, how: ev.Ended, why: str) -> None:
    """It stops here, without a word."""
    run = d.state.flow
    if run is not None:
        mode = _mode_after(d, how)
        d.add(ev.FlowStepped(flow_id=run.flow_id, version=run.version, path=(), why=why, ended=how, mode=mode))


def end_closed(d: Deciding) -> None:
    """The customer writes on while it is closed: a person goes on from here, and sees what the flow has learnt."""
    run = d.state.flow
    flow = None if run is None else FLOWS.of(d.workspace).get(run.flow_id)
    end(d, "closed", "The business is closed.")
    if run is not None and flow is not None:
        note(d, ev.Author("flow", flow.id, flow.name), summary(run, context(d, flow), "because_night"))


def context(d: Deciding, flow: Flow) -> r.Context:
    """What a step may know. What was learnt here is newer than what the address book has, which may not have it yet."""
    name = d.state.name or ""
    stored: dict[str, str] = d.now.known or {}
    known = {"name": name, "first_name": name.split()[0] if name.split() else "", "phone": d.state.phone or ""}
    return r.Context(
        now=d.at.astimezone(ZoneInfo(d.workspace.timezone)),
        locale=d.workspace.locale,
        hours_open=d.is_open,
        contact={**stored, **{key: value for key, value in known.items() if value}, **d.state.captured},
        reprompt_after_minutes=flow.reprompt_after_minutes,
        close_after_minutes=flow.close_after_minutes,
        reprompt_message=flow.reprompt_message,
        close_conversation_on_timeout=flow.close_conversation_on_timeout,
    )


def _took(d: Deciding, flow: Flow, taken: r.Taken) -> None:
    """Carry out what a step led to."""
    run = d.state.flow
    version = taken.run.version if taken.run else run.version if run else flow.version
    author = ev.Author("flow", flow.id, flow.name)
    _speak(d, author, taken)
    d.add(  # after its words, since they give the conversation to the flow, which may be over now
        ev.FlowStepped(
            flow_id=flow.id,
            version=version,
            path=taken.path,
            why=taken.why,
            fitted=taken.fitted,
            ended=_ending(taken),
            mode=_mode_after(d, _ending(taken)),
            run=taken.run,
        )
    )
    for action in taken.actions:
        _act(d, author, action)


def _speak(d: Deciding, author: ev.Author, taken: r.Taken) -> None:
    """What the step says is the answer to the burst, be it that the AI is asked for that."""
    burst, texts, why = d.state.burst, fitting(_words(taken)), f"flow:{author.id}"
    files = [action.media for action in taken.actions if isinstance(action, r.Say) and action.media is not None]
    if texts or files:
        if burst is not None:
            d.add(ev.AnswerGiven(burst_id=burst.id, by="flow", why=f"The flow “{author.name}” leads.", at=d.at))
        turns.greet_in_front(d)
        offer = _offer(d, author, taken)
        for file in files if offer else ():
            send_file(d, author, file, why)
        for at, text in enumerate(texts, start=1):
            say(d, author, text, why, offer if at == len(texts) else None)
        for file in () if offer else files:
            send_file(d, author, file, why)
    elif burst is not None and any(isinstance(action, r.AskAgenda) for action in taken.actions):
        d.add(ev.AnswerGiven(burst_id=burst.id, by="flow", why=f"The flow “{author.name}” asks the agenda.", at=d.at))
        turns.greet_in_front(d)
    elif burst is not None and not any(isinstance(action, r.AskAi) for action in taken.actions):
        d.add(ev.AnswerDropped(burst_id=burst.id, why=f"The flow “{author.name}” had nothing to say to it."))


def _mode_after(d: Deciding, ended: ev.Ended | None) -> ev.Mode | None:
    """The conversation's new mode, if it changes: a flow leads while it runs, and then whoever comes next."""
    mode: ev.Mode = "flow" if ended is None else "idle" if d.state.mode in ("flow", "ai") else d.state.mode
    return mode if mode != d.state.mode else None


def _ending(taken: r.Taken) -> ev.Ended | None:
    if taken.run is not None:
        return None
    last = taken.actions[-1] if taken.actions else None
    match last:
        case r.HandOff():
            return "handed_over"
        case r.End(resolve=True):
            return "resolved"
        case _:
            return "done"


def _words(taken: r.Taken) -> str:
    """All that a step wants said."""
    said: list[str] = []
    for action in taken.actions:
        match action:
            case r.Say():
                said.append(with_numbers(action.text, action.choices))
            case r.HandOff(text=str(text)) | r.End(text=str(text)):
                said.append(text)
            case _:
                pass
    return "\n\n".join(part for part in said if part)


def _offer(d: Deciding, author: ev.Author, taken: r.Taken) -> Offer | None:
    """The menu that the step ends in, if it is to be tapped."""
    last = taken.actions[-1] if taken.actions else None
    if not isinstance(last, r.Say) or not last.choices:
        return None
    return Offer(author.id or 0, last.node_id, last.choices, d.workspace.locale)


def _act(d: Deciding, author: ev.Author, action: r.Action) -> None:
    match action:
        case r.SetField(key="name"):
            if action.value and action.value != d.state.name:
                d.add(ev.ConversationRenamed(name=action.value))
        case r.SetField():
            d.add(ev.FieldCaptured(key=action.key, value=action.value))
        case r.RouteTo():
            _route(d, action.sector_id, "The flow routed it.")
        case r.HandOff():
            if action.sector_id is not None:
                _route(d, action.sector_id, "The flow handed it over.")
            note(d, author, action.summary)
            d.add(ev.ConversationHandedOver(why=ev.HANDED_OVER_BY_FLOW))
        case r.AskAi():
            _ask_ai(d, action.goal)
        case r.AskAgenda():
            id_, service = d.next_id(), action.service_id
            asked = ev.AgendaAsked(ask_id=id_, source="flow", service_id=service, day=action.day, again=action.again)
            d.add(asked)
        case r.End(resolve=True):
            resolving.resolve(d, "flow", author.id)
        case _:
            pass


def _ask_ai(d: Deciding, goal: str) -> None:
    """Where the AI is not to be had, the flow hears that at once."""
    if AI.of(d.workspace).enabled and "ai" in limits_of(d.workspace, d.at).features:
        turns.ask_for_flow(d, goal)
    else:
        ai_came_back(d, r.AiOutcome("handoff", "The AI is switched off."))


def _route(d: Deciding, sector_id: int, why: str) -> None:
    if sector_id in SECTORS.of(d.workspace) and sector_id != d.state.sector_id:
        d.add(ev.ConversationRouted(sector_id=sector_id, why=why))


# -- folding ----------------------------------------------------------------------------------------------------------


@evolve.on(ev.FlowStepped)
def _stepped(state: Conversation, event: ev.FlowStepped) -> Conversation:
    done = (*(id_ for id_ in state.flows_done if id_ != event.flow_id), event.flow_id)
    mode = event.mode or state.mode
    return replace(state, flow=event.run, flows_done=done[-50:], mode=mode, flow_held_until=None)


@evolve.on(ev.FieldCaptured)
def _captured(state: Conversation, event: ev.FieldCaptured) -> Conversation:
    return replace(state, captured={**state.captured, event.key: event.value})
