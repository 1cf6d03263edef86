"""What happened in a conversation and why, in plain words: one sentence an event, for people who look back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from plixa.actors.assignment.sectors import SECTORS
from plixa.actors.contacts.labels import LABELS
from plixa.actors.conversation import events as ev
from plixa.actors.flows.library import FLOWS
from plixa.actors.whatsapp.gateway import Content
from plixa.actors.workspace.state import Workspace
from plixa.engine.events import Event
from plixa.engine.outside import EffectAgain, EffectBegun, EffectOver

AUTHORS = {
    "contact": "the customer",
    "ai": "the AI",
    "flow": "a flow",
    "system": "Plixa",
    "api": "an integration",
    "phone": "somebody on the phone",
}

TASKS = {
    "ai": "The call to the AI",
    "read": "Telling WhatsApp that it was read",
    "media": "Fetching the file",
    "place": "Asking the rules",
    "offer": "Looking at the queue",
    "capture": "Writing it to the contact",
    "erase": "Erasing the files",
    "parts": "Erasing what was merged into it",
}


def explain(event: Event, workspace: Workspace) -> str:  # a line for each thing that can happen
    """One sentence."""
    match event:
        case ev.ConversationOpened():
            return "The conversation began."
        case ev.MessageReceived():
            return f"The customer sent {_kind(event.content.kind)}."
        case ev.MessageRevealed():
            return f"What could not be read at first is {_kind(event.content.kind)}."
        case ev.MessageEchoed():
            return f"{_capital(_author(event.author))} sent {_kind(event.content.kind)}, not through Plixa."
        case ev.MessageQueued():
            return f"{_capital(_author(event.author))} sent {_queued(event.content)}{_because(event, workspace)}."
        case ev.MessageNoted():
            return f"{_capital(_author(event.author))} left a note."
        case ev.MessageSending():
            again = f" (attempt {event.attempt})" if event.attempt > 1 else ""
            return f"It is on its way to WhatsApp{again}."
        case ev.MessageNumbered():
            return f"Its options go out as numbers in the text. {event.why}"
        case ev.MessageSent():
            return {"answer": "It went out.", "echo": "Its echo shows that it went out."}.get(
                event.how, "The gateway was asked, and it had gone out."
            )
        case ev.MessageDeferred():
            return f"It did not go out ({event.reason}) and is tried again at {_at(event.retry_at, workspace)}."
        case ev.MessageFailed():
            return f"It did not go out: {event.reason}"
        case ev.MessageUncertain():
            return f"It is not known whether it went out ({event.reason}); the gateway is asked."
        case ev.MessageLeftInDoubt():
            return f"It stays unknown whether it went out. {event.reason}"
        case ev.MessageTicked():
            return f"WhatsApp reports it as {event.status}."
        case ev.ConversationAssigned():
            return _assigned(event, workspace)
        case ev.ConversationQueued():
            return f"It waits in the queue. {event.why}"
        case ev.ConversationResolved():
            return f"It was resolved ({_by(event.why, workspace)})."
        case ev.ConversationReopened():
            merged = ": the one that was merged into it was open"
            whys = {"customer": ": the customer wrote", "asked": " by a member", "merged": merged}
            why = whys.get(event.why, ": our side wrote")
            return f"It was opened again{why}. {event.placed or ''}".strip()
        case ev.ConversationMerged():
            return f"It was merged into conversation {event.into_id}{_by_whom(event.by, workspace)}."
        case ev.ConversationAbsorbed():
            return _absorbed(event, workspace)
        case ev.ConversationRead():
            return "It counts as read for the whole team."
        case ev.ConversationSeen():
            return f"{_name(workspace.members, event.user_id)} has read it."
        case ev.ConversationSnoozed():
            return f"It sleeps until {_at(event.until, workspace)}."
        case ev.ConversationWoken():
            whys = {
                "due": "It woke up as planned.",
                "asked": "A member woke it.",
                "merged": "It woke up with the merge.",
            }
            return whys.get(event.why, "It woke up: the customer wrote.")
        case ev.WelcomePlanned():
            return f"It is the contact's first message: the greeting is planned for {_at(event.due, workspace)}."
        case ev.WelcomeSent():
            return "The greeting went out."
        case ev.WelcomeDropped() | ev.AnswerDropped():
            return f"Nothing was said by itself: {event.why}"
        case ev.AnswerPlanned():
            return f"If the customer stays quiet until {_at(event.due, workspace)}, something answers by itself."
        case ev.AnswerGiven():
            return f"{_speaker(event.by)} answered by itself: {event.why}"
        case ev.FlowStepped():
            return f"Flow “{_flow(event.flow_id, workspace)}” (version {event.version}): {event.why}"
        case ev.FieldCaptured():
            return f"The flow learnt “{event.key}” of the contact."
        case ev.AiAsked():
            return "The AI began to draft an answer."
        case ev.AiAnswered():
            sources = ", ".join(event.sources) or "nothing"
            return (
                f"The AI answered, resting on {sources} ({event.model}, {event.prompt_version}). {event.note}".strip()
            )
        case ev.AiActed():
            made = f"{event.model}, {event.prompt_version}"
            return f"The AI left it to the agenda: {event.action} ({made}). {event.note}".strip()
        case ev.AgendaAsked():
            return "The agenda goes on with the customer from here."
        case ev.AiHandedOff():
            return f"The AI left it to a person ({event.reason.replace('_', ' ')}). {event.note}".strip()
        case ev.AiCancelled():
            return f"The AI's draft was thrown away: {event.why}"
        case ev.NoticeTold():
            return "The customer was told something of the business's own accord."
        case ev.NoticeAnswered():
            return f"The customer chose '{event.action}'."
        case ev.ConversationHandedOver():
            return f"From here on a person leads ({_by(event.why, workspace)})."
        case ev.ConversationGivenBack():
            return "The automation leads again."
        case ev.ConversationLabelled():
            return f"Label “{_name(LABELS.of(workspace), event.label_id)}” was attached ({_by(event.why, workspace)})."
        case ev.ConversationUnlabelled():
            return f"Label “{_name(LABELS.of(workspace), event.label_id)}” was detached ({_by(event.why, workspace)})."
        case ev.ConversationRouted():
            sector = (
                "no sector" if event.sector_id is None else f"sector “{_name(SECTORS.of(workspace), event.sector_id)}”"
            )
            return f"It belongs to {sector} now ({_by(event.why, workspace)})."
        case ev.SlaStarted():
            promise = f"{_span(event.target_seconds)}, due {_due(event.due_at, workspace)}"
            return f"The {_clock(event.clock)} clock began: {promise}."
        case ev.SlaMoved():
            return f"The opening hours changed: the {_clock(event.clock)} is due {_due(event.due_at, workspace)} now."
        case ev.SlaWarned():
            return f"The {_clock(event.clock)} is due soon, {_due(event.due_at, workspace)}."
        case ev.SlaMet():
            return f"The {_clock(event.clock)} clock was met."
        case ev.SlaBreached():
            return f"The {_clock(event.clock)} is late since {_at(event.due_at, workspace)}."
        case ev.SlaStopped():
            return f"The {_clock(event.clock)} clock stopped without a verdict: the conversation was resolved."
        case ev.CsatAsked():
            return "The customer was asked for a rating."
        case ev.CsatRated():
            return f"The customer rated {event.rating} of 5."
        case ev.CsatCommented():
            return "The customer added a comment to the rating."
        case ev.CsatAskedAgain():
            return "The answer was no rating; the customer was asked once more."
        case ev.CsatEnded():
            return f"The survey is over: {event.why}"
        case ev.MessageScheduled():
            return f"A message is to go out at {_at(event.due, workspace)}."
        case ev.MessageUnscheduled():
            return f"The scheduled message: {event.why}"
        case ev.ClosePlanned():
            return f"If the customer stays silent until {_at(event.due, workspace)}, it is resolved by itself."
        case ev.ClosedTold(until=None):
            return "The business opened earlier than the customer was told."
        case ev.FlowHeld():
            return f"The business is closed: the flow waits until {_at(event.until, workspace)}."
        case ev.ClosedTold():
            return "The customer knows that the business is closed."
        case ev.AssignmentWanted():
            return "It is new: the rules are asked who gets it."
        case ev.MemberFreed():
            return f"{_name(workspace.members, event.user_id)} has one less: the queue is looked at."
        case ev.ConversationLetGo():
            return "It waits for somebody again: whoever is free is looked for."
        case EffectBegun():
            return f"{_task(event.effect_id)} began."
        case EffectOver():
            return f"{_task(event.effect_id)} {'failed: ' + event.reason if event.reason else 'is done'}."
        case EffectAgain():
            return f"{_task(event.effect_id)} is tried again at {_at(event.at, workspace)}."
        case _:
            return f"{event.type.replace('.', ' ').replace('_', ' ').capitalize()}."


def _assigned(event: ev.ConversationAssigned, workspace: Workspace) -> str:
    why = _by(event.why, workspace)
    if event.assigned_user_id is None:
        return f"It is nobody's now ({why})."
    others = ", ".join(f"{each.name} ({each.load} open)" for each in event.considered[:5])
    considered = f" Considered: {others}." if others else ""
    return f"{_name(workspace.members, event.assigned_user_id)} looks after it now ({why}).{considered}"


def _absorbed(event: ev.ConversationAbsorbed, workspace: Workspace) -> str:
    whose = _by_whom(event.by, workspace)
    said = f"Conversation {event.from_id} was merged into this one{whose}: they are one customer's."
    if event.kept:
        said += f" Scheduled messages that go out from here now: {len(event.kept)}."
    if event.dropped:
        said += f" Scheduled messages that do not go out, for the customer has written here: {len(event.dropped)}."
    return said


def _by_whom(user_id: int | None, workspace: Workspace) -> str:
    return "" if user_id is None else f" by {_name(workspace.members, user_id)}"


def _name(things: Any, id_: int) -> str:
    thing = things.get(id_)
    return str(id_) if thing is None else thing.name


def _flow(flow_id: int, workspace: Workspace) -> str:
    return _name(FLOWS.of(workspace), flow_id)


def _author(author: ev.Author) -> str:
    return author.name if author.kind == "user" and author.name else AUTHORS.get(author.kind, "a member")


def _task(effect_id: str) -> str:
    return TASKS.get(effect_id.partition("-")[0], "Something outside")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _because(event: ev.MessageQueued, workspace: Workspace) -> str:
    """Which rule is behind an automatic message, in words."""
    rule, _, rest = (event.why or "").partition(":")
    words = {
        "": "",
        "flow": f"“{_flow(int(rest), workspace)}”" if rest.isdecimal() else "",
        "ai": "",  # the event of the AI says more
        "welcome": "the greeting",
        "closed_hours": "it is closed",
        "handoff": "a person takes over",
        "csat": f"the survey: {rest.replace('_', ' ')}",
        "scheduled": "as scheduled",
        "reminder": "to remind them of an appointment",
        "appointment": "about their appointment",
    }.get(rule, event.why or "")
    return f" ({words})" if words else ""


def _speaker(by: str) -> str:
    speakers = {"closed_hours": "The closed message", "flow": "A flow", "ai": "The AI", "handoff": "Plixa"}
    return speakers.get(by, "The greeting")


def _by(why: str, workspace: Workspace) -> str:
    """`user:7` as a name; anything else as it stands."""
    kind, _, id_ = why.partition(":")
    return _name(workspace.members, int(id_)) if kind == "user" and id_.isdecimal() else why.rstrip(".")


def _kind(kind: str) -> str:
    return {"text": "a text", "audio": "an audio message", "image": "an image", "unsupported": "something"}.get(
        kind, f"a {kind}"
    )


def _queued(content: Content) -> str:
    shown = "" if content.menu is None else {"buttons": " with buttons", "list": " with a list"}[content.menu.shown]
    return f"{_kind(content.kind)}{shown}"


def _clock(clock: str) -> str:
    return "first answer" if clock == "first_response" else "resolution"


def _span(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest} s" if rest else ""]
    return " ".join(part for part in parts if part) or "0 s"


def _due(at: datetime | None, workspace: Workspace) -> str:
    return "never, for want of opening hours" if at is None else _at(at, workspace)


def _at(at: datetime, workspace: Workspace) -> str:
    return f"{at.astimezone(workspace.zone):%Y-%m-%d %H:%M}"
