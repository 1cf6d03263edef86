"""Walking a flow: one step for each thing heard.

`begin` starts a run, `take` carries it on. Both are total: whatever the graph and the words, the answer is a run that
waits or a run that has ended, and never an exception. Where a graph leads nowhere (a draft that is being tried out, a
flow that was changed under a run) a person takes over. At most 50 nodes are visited in one step and 1,000 in a run.

Understood wherever a run waits, in English, Portuguese and Spanish: the wish to begin again ("menu", "reiniciar", …)
and to talk to a person ("atendente", "talk to a human", …); see `words.py` for what goes before what.

A tapped button means its own option and nothing else. One of the menu that waits answers it. One of an earlier menu of
this run takes the customer back there: they have thought better of it. Any other (of an earlier run, another flow, an
option that is gone) answers nothing, whatever its words are, unless they are one of these wishes: the question is put
again.
"""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any

from msgspec.structs import replace

from plixa.actors.flows import asking, nodes as n
from plixa.actors.flows.dates import read_date
from plixa.actors.flows.graph import Graph
from plixa.actors.flows.phrases import Phrase, phrase
from plixa.actors.flows.rules import holds
from plixa.actors.flows.run import (
    Action,
    AgendaOutcome,
    AiOutcome,
    AskAgenda,
    AskAi,
    Context,
    End,
    HandOff,
    Heard,
    RouteTo,
    Run,
    Said,
    Say,
    SetField,
    Taken,
    TimerName,
    Waits,
    Woke,
    timers,
)
from plixa.actors.flows.texts import READ_ONLY, VARIABLE, lookup, render, shorten, summary, with_line
from plixa.actors.flows.values import MAX_VALUE
from plixa.actors.flows.words import LONGEST, Choice, command_in

MAX_NODES_A_STEP = 50
MAX_NODES_A_RUN = 1000
AI_PATIENCE = timedelta(minutes=15)
"""How long the AI may think before a person takes over."""
MOST_TRIES = 3
"""Answers that are no time, after which a person takes over."""
LONGEST_PAUSE = 1440
"""Minutes of a pause without a length, which only a draft can have."""


def begin(graph: Graph, flow_id: int, version: int, context: Context, heard: str = "") -> Taken:
    """Start a run from the flow's beginning. `heard` is the customer's message that set it off."""
    now = context.now.astimezone(UTC)
    run = Run(flow_id=flow_id, version=version, node_id="", started_at=now, heard=heard[:LONGEST])
    step, first = _Step(graph, run, context), graph.start()
    by_word = first is not None and first.data.trigger == "keyword"  # the author knows what such a flow is called with
    if not by_word and command_in(heard) == "person":
        return step.to_a_person()
    return step.start("the flow begins")


def take(graph: Graph, run: Run, heard: Heard, context: Context) -> Taken:
    """Carry a run on with what was heard. `graph` should be that of `run.version`."""
    step = _Step(graph, run, context)
    node = graph.node(run.node_id)
    match heard:
        case Said():
            return step.hear(node, heard)
        case Woke():
            return step.wake(node, heard.which)
        case AiOutcome():
            return step.ai_came_back(node, heard)
        case AgendaOutcome():
            return step.agenda_came_back(node, heard)


class _Step:
    """One step: collects actions and path while it goes from node to node."""

    def __init__(self, graph: Graph, run: Run, context: Context) -> None:
        self._graph = graph
        self._run = self._stood = run
        self._context = context
        self._now = context.now.astimezone(UTC)
        self._actions: list[Action] = []
        self._path: list[str] = []
        self._why: list[str] = []
        self._fitted = True

    # -- what is heard ------------------------------------------------------------------------------------------------

    def start(self, why: str) -> Taken:
        """From the beginning, whatever was before."""
        self._why.append(why)
        self._change(fields={}, waiting=None, wait_until=None, prompted_at=None, offered=())
        first = self._graph.start()
        return self._lost("the flow has no start") if first is None else self._go_on(first)

    def hear(self, node: n.Node | None, said: Said) -> Taken:
        """The customer wrote."""
        self._change(heard=said.text[:LONGEST])
        late = said.menu is not None and (node is None or said.menu != node.id)
        if late and (back := self._back(said)) is not None:
            return back
        sure = asking.surely(node, said) if isinstance(node, asking.Question) and not late else None
        command = command_in(said.text) if sure is None else None
        if command == "person":
            return self.to_a_person()
        if command == "reset":
            return self.start("the customer asked to begin again")
        match node:
            case n.Menu() | n.Capture() if late:
                return self._ask_again(node)
            case n.Menu() | n.Capture():
                return self._answered(node, sure or asking.heard(node, said, self._context))
            case n.Wait():
                return self._interrupted(node)
            case n.Ai():
                return self._go_on(self._ask_ai(node, "the customer wrote"))
            case n.Schedule(data=n.ScheduleData(service_id=int())):
                return self._another_time(node, said.text)
            case _:
                return self.start("the step at which the customer was is gone, so the flow begins again")

    def _back(self, said: Said) -> Taken | None:
        """A button of an earlier menu of this run: the customer has thought better of it, and goes on from there."""
        menu = self._graph.node(said.menu or "")
        if not isinstance(menu, n.Menu) or menu.id not in self._run.offered:
            return None
        pressed = asking.pressed(menu, said)
        if pressed is None:
            return None
        self._why.append("a button of an earlier menu was pressed")
        return self._answered(menu, pressed)

    def _ask_again(self, node: asking.Question) -> Taken:
        """A button of a menu that is over answers nothing: the question stands, and it was no failed try at it."""
        self._fitted = False
        self._why.append(f"{_name(node)}: a button of another menu was pressed, which does not answer it")
        self._put(node, node.data.text)
        return self._await_reply(node)

    def to_a_person(self) -> Taken:
        """The customer asked for one."""
        return self._hand_over("the customer asked for a person", "because_asked")

    def wake(self, node: n.Node | None, which: TimerName) -> Taken:
        """A timer is due."""
        due = self._run.timers.get(which)
        if due is None or self._now < due:
            return self._stay(f"the timer {which} was not due")
        match node, which:
            case n.Wait(), "wait":
                self._why.append("the pause is over")
                return self._go_on(self._leave(node, "timeout" if node.data.until_reply else None))
            case n.Ai(), "wait":
                return self._ai_gave_up(node, "it did not answer in time", "")
            case ((n.Menu() | n.Capture() | n.Ai()), "reprompt"):
                return self._remind(node)
            case n.Schedule(), "reprompt":
                self._why.append("the customer was silent and is shown the times again")
                return self._ask_agenda(node, reprompted=True)
            case ((n.Menu() | n.Capture() | n.Ai() | n.Schedule()), "close"):
                return self._close(node)
            case _:
                return self._lost("the step that waited is gone")

    def ai_came_back(self, node: n.Node | None, outcome: AiOutcome) -> Taken:
        """The AI has answered, or asks for a person."""
        if not isinstance(node, n.Ai) or self._run.waiting != "ai":
            return self._stay("nobody waited for the AI any more")
        if outcome.kind == "handoff":
            return self._ai_gave_up(node, "it asked for a person", outcome.text)
        turns = self._run.turns + 1
        self._change(turns=turns)
        self._why.append(f"the AI has answered, {turns} of {node.data.max_turns}")
        if turns < node.data.max_turns:
            return self._await_reply(node)
        return self._go_on(self._leave(node, "answered"))

    def agenda_came_back(self, node: n.Node | None, outcome: AgendaOutcome) -> Taken:
        """What the customer made of the free times."""
        if not isinstance(node, n.Schedule) or self._run.waiting != "agenda":
            return self._stay("nobody waited for the agenda any more")
        if outcome.kind == "person" and not self._has(node, "person"):
            return self._hand_over("the customer asked for a person instead of a time", "because_asked")
        branch = outcome.kind if self._has(node, outcome.kind) else "none"
        return self._go_on(self._leave(node, branch))

    # -- answers ------------------------------------------------------------------------------------------------------

    def _answered(self, node: asking.Question, reply: asking.Reply) -> Taken:
        if not reply.fits:
            return self._misunderstood(node, reply)
        self._why.append(f"{_name(node)}: {reply.how}")
        if reply.chosen is not None:
            self._change(trail=with_line(self._run.trail, f"{shorten(self._asked(node), 80)} → {reply.chosen}"))
        if isinstance(node, n.Capture) and reply.value:  # who would rather not say keeps what is known of them
            self._set(node.data.field, reply.value)
        return self._go_on(self._leave(node, reply.branch))

    def _asked(self, node: asking.Question) -> str:
        """The question as the customer was shown it, which was before they said this."""
        return render(node.data.text, self._stood, self._context).strip()

    def _misunderstood(self, node: asking.Question, reply: asking.Reply) -> Taken:
        self._fitted = False
        tries = self._run.tries + 1
        self._why.append(f"{_name(node)}: the answer did not fit ({reply.how}), {tries} of {node.data.max_tries}")
        if tries >= node.data.max_tries:
            if self._has(node, "else"):
                return self._go_on(self._leave(node, "else"))
            return self._hand_over("no answer fitted", "because_unclear")
        self._change(tries=tries)
        self._put(node, node.data.invalid_text or asking.objection(node, self._context.locale))
        return self._await_reply(node)

    def _interrupted(self, node: n.Wait) -> Taken:
        if not node.data.until_reply:
            return self._stay("the flow pauses for a time, which the customer's words do not end")
        self._why.append("the customer answered during the pause")
        return self._go_on(self._leave(node, "answered"))

    def _remind(self, node: n.Menu | n.Capture | n.Ai) -> Taken:
        self._why.append("the customer was silent and is reminded")
        reminder = self._context.reprompt_message
        if isinstance(node, n.Ai):
            self._say(node, reminder or phrase("still_there", self._context.locale))
        else:
            self._put(node, reminder or node.data.text)
        return self._await_reply(node, reprompted=True)

    def _close(self, node: n.Menu | n.Capture | n.Ai | n.Schedule) -> Taken:
        self._why.append("the customer stayed silent")
        if not isinstance(node, n.Ai) and self._has(node, "timeout"):
            return self._go_on(self._leave(node, "timeout"))
        return self._end(resolve=self._context.close_conversation_on_timeout, text="")

    # -- arriving at a node -------------------------------------------------------------------------------------------

    def _go_on(self, step: n.Node | Taken) -> Taken:
        """From node to node until something must be waited for, or it is over."""
        while not isinstance(step, Taken):
            if len(self._path) >= MAX_NODES_A_STEP or self._run.steps >= MAX_NODES_A_RUN:
                return self._lost("it went through too many nodes without an end")
            self._path.append(step.id)
            self._change(node_id=step.id, steps=self._run.steps + 1, tries=0, turns=0)
            step = self._arrive(step)
        return step

    def _arrive(self, node: n.Node) -> n.Node | Taken:
        match node:
            case n.Start():
                return self._leave(node, None)
            case n.Message():
                self._say(node, node.data.text, node.data.media)
                return self._leave(node, None)
            case n.Menu() | n.Capture():
                self._put(node, node.data.text)
                return self._await_reply(node)
            case n.Condition():
                return self._leave(node, "true" if holds(node.data, self._lookup) else "false")
            case n.SetField():
                self._set(node.data.field, self._render(node.data.value, as_kept=True)[:MAX_VALUE])
                return self._leave(node, None)
            case n.Route():
                return self._route(node)
            case n.Ai():
                return self._ask_ai(node, "the AI is asked")
            case n.Schedule(data=n.ScheduleData(service_id=int())):
                return self._ask_agenda(node)
            case n.Schedule():
                return self._leave(node, "open" if self._context.hours_open else "closed")
            case n.Wait():
                return self._pause(node)
            case n.Handoff():
                return self._hand_over_at(node)
            case n.End():
                return self._end(resolve=node.data.resolve, text=self._render(node.data.text))

    def _leave(self, node: n.Node, branch: str | None) -> n.Node | Taken:
        following = self._graph.follow(node.id, branch)
        if branch is not None:
            self._why.append(f"{_name(node)} is left by “{branch}”")
        return self._lost(f"nothing follows {_name(node)}") if following is None else following

    def _route(self, node: n.Route) -> n.Node | Taken:
        if node.data.sector_id is not None:
            self._actions.append(RouteTo(node.data.sector_id))
        return self._leave(node, None)

    def _ask_ai(self, node: n.Ai, why: str) -> Taken:
        self._why.append(f"{_name(node)}: {why}")
        self._actions.append(AskAi(self._render(node.data.goal), node.id))
        self._change(waiting="ai", wait_until=self._now + AI_PATIENCE, prompted_at=None, reprompted=False)
        return self._stop()

    def _ai_gave_up(self, node: n.Ai, why: str, reason: str) -> Taken:
        """`reason` may quote the customer, so it goes to the business with the summary and never into `why`."""
        self._why.append(f"{_name(node)}: the AI gave up, {why}")
        if reason.strip():
            self._change(trail=with_line(self._run.trail, f"AI: {reason}"))
        text = self._render(node.data.on_handoff)
        if not self._has(node, "handoff"):
            return self._hand_over("the AI needs a person", "because_ai", text=text)
        self._say(node, text)
        return self._go_on(self._leave(node, "handoff"))

    def _ask_agenda(
        self, node: n.Schedule, *, day: date | None = None, again: bool = False, reprompted: bool = False
    ) -> Taken:
        self._why.append(f"{_name(node)} lets the customer choose a time")
        if day is None and not again and not reprompted:
            self._say(node, node.data.text)
        self._actions.append(AskAgenda(node.data.service_id or 0, node.id, day, again))
        self._change(waiting="agenda", wait_until=None, prompted_at=self._now, reprompted=reprompted)
        return self._stop()

    def _another_time(self, node: n.Schedule, text: str) -> Taken:
        """Instead of tapping they wrote: a day, or something that nobody understands."""
        day = read_date(text, self._context.now.date(), self._context.locale)
        if day is not None:
            return self._ask_agenda(node, day=day)
        tries, self._fitted = self._run.tries + 1, False
        if tries >= MOST_TRIES:
            return self._hand_over("no answer fitted", "because_unclear")
        self._change(tries=tries)
        return self._ask_agenda(node, again=True)

    def _pause(self, node: n.Wait) -> Taken:
        until = self._now + timedelta(minutes=node.data.minutes or LONGEST_PAUSE)
        self._actions.append(Waits(until))
        local = until.astimezone(self._context.now.tzinfo)
        self._why.append(f"{_name(node)}: a pause until {local:%Y-%m-%d %H:%M}")
        waiting = "reply" if node.data.until_reply else "time"
        self._change(waiting=waiting, wait_until=until, prompted_at=None, reprompted=False)
        return self._stop()

    def _await_reply(self, node: n.Node, *, reprompted: bool = False) -> Taken:
        self._why.append(f"{_name(node)} waits for an answer")
        self._change(waiting="reply", wait_until=None, prompted_at=self._now, reprompted=reprompted)
        return self._stop()

    # -- the ends -----------------------------------------------------------------------------------------------------

    def _hand_over_at(self, node: n.Handoff) -> Taken:
        self._why.append(f"{_name(node)} hands over")
        text, note = self._render(node.data.text), self._render(node.data.note)
        return self._handed(HandOff(summary(self._run, self._context, None, note), node.data.sector_id, text or None))

    def _lost(self, why: str) -> Taken:
        return self._hand_over(why, "because_lost")

    def _hand_over(self, why: str, because: Phrase, *, text: str = "") -> Taken:
        self._why.append(why)
        words = text or phrase("person", self._context.locale)
        return self._handed(HandOff(summary(self._run, self._context, because), text=words))

    def _handed(self, action: HandOff) -> Taken:
        self._actions.append(action)
        return self._taken(None)

    def _end(self, *, resolve: bool, text: str) -> Taken:
        self._why.append("the flow ends and resolves the conversation" if resolve else "the flow ends")
        self._actions.append(End(resolve, text or None))
        return self._taken(None)

    def _stay(self, why: str) -> Taken:
        """Nothing changes but what was heard."""
        self._why.append(why)
        return self._taken(self._run)

    def _stop(self) -> Taken:
        self._change(timers=timers(self._run, self._context))
        return self._taken(self._run)

    def _taken(self, run: Run | None) -> Taken:
        return Taken(run, tuple(self._actions), shorten("; ".join(self._why), 1000), tuple(self._path), self._fitted)

    # -- small things -------------------------------------------------------------------------------------------------

    def _change(self, **changes: Any) -> None:
        self._run = replace(self._run, **changes)

    def _has(self, node: n.Node, branch: str) -> bool:
        return self._graph.follow(node.id, branch) is not None

    def _lookup(self, name: str) -> str:
        return lookup(name, self._run, self._context)

    def _render(self, text: str, *, as_kept: bool = False) -> str:
        return render(text, self._run, self._context, as_kept=as_kept).strip()

    def _set(self, field: str, value: str) -> None:
        if not field or field in READ_ONLY:
            return
        self._change(fields={**self._run.fields, field: value})
        if not field.startswith(VARIABLE):
            self._actions.append(SetField(field, value))

    def _say(self, node: n.Node, text: str, media: n.MediaLink | None = None, choices: tuple[Choice, ...] = ()) -> None:
        said = self._render(text)
        if said or media or choices:
            self._actions.append(Say(node.id, said, media, choices))

    def _put(self, node: asking.Question, lead: str) -> None:
        text, choices = asking.put(node, self._render(lead))
        if choices and node.id not in self._run.offered:
            self._change(offered=(*self._run.offered, node.id))
        if text or choices:
            self._actions.append(Say(node.id, text, choices=choices))


def _name(node: n.Node) -> str:
    return f"{n.type_of(node)} “{node.id}”"
