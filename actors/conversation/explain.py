"""What happened in a conversation and why, in plain words: one sentence an event, for people who look back.

The sentences stand here in English and in `explain_words.py` in the other languages. What a decision said of itself
at its time is quoted as it was, but where it is one of the sentences that we know.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from plixa.actors.assignment.sectors import SECTORS
from plixa.actors.contacts.labels import LABELS
from plixa.actors.conversation import events as ev
from plixa.actors.conversation.explain_words import TIMELINE, handed_off
from plixa.actors.flows.library import FLOWS
from plixa.actors.sayings import Say, sayings
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
SPEAKERS = {"closed_hours": "The closed message", "flow": "A flow", "ai": "The AI", "handoff": "Plixa"}
KINDS = {"text": "a text", "audio": "an audio message", "image": "an image", "unsupported": "something"}
SENT = {
    "answer": "It went out.",
    "echo": "Its echo shows that it went out.",
    "lookup": "The gateway was asked, and it had gone out.",
}
REOPENED = {
    "customer": "It was opened again: the customer wrote.",
    "asked": "It was opened again by a member.",
    "merged": "It was opened again: the one that was merged into it was open.",
}
WOKEN = {
    "due": "It woke up as planned.",
    "asked": "A member woke it.",
    "merged": "It woke up with the merge.",
}
BECAUSE = {
    "welcome": "the greeting",
    "closed_hours": "it is closed",
    "handoff": "a person takes over",
    "scheduled": "as scheduled",
    "reminder": "to remind them of an appointment",
    "appointment": "about their appointment",
}


def explain(event: Event, workspace: Workspace, locale: str = "en") -> str:  # a line for each thing that can happen
    """One sentence."""
    say = sayings(TIMELINE, locale)

    def at(moment: datetime) -> str:
        return f"{moment.astimezone(workspace.zone):{say('%Y-%m-%d %H:%M')}}"

    def due(moment: datetime | None) -> str:
        return say("never, for want of opening hours") if moment is None else at(moment)

    match event:
        case ev.ConversationOpened():
            return say("The conversation began.")
        case ev.MessageReceived():
            return say("The customer sent {kind}.", kind=_kind(event.content.kind, say))
        case ev.MessageRevealed():
            return say("What could not be read at first is {kind}.", kind=_kind(event.content.kind, say))
        case ev.MessageEchoed():
            who, kind = _capital(_author(event.author, say)), _kind(event.content.kind, say)
            return say("{who} sent {kind}, not through Plixa.", who=who, kind=kind)
        case ev.MessageQueued():
            who, what = _capital(_author(event.author, say)), _queued(event.content, say)
            return say("{who} sent {kind}{because}.", who=who, kind=what, because=_because(event, workspace, say))
        case ev.MessageNoted():
            return say("{who} left a note.", who=_capital(_author(event.author, say)))
        case ev.MessageSending():
            if event.attempt > 1:
                return say("It is on its way to WhatsApp (attempt {attempt}).", attempt=event.attempt)
            return say("It is on its way to WhatsApp.")
        case ev.MessageNumbered():
            return f"{say('Its options go out as numbers in the text.')} {say(event.why)}"
        case ev.MessageSent():
            return say(SENT[event.how])
        case ev.MessageDeferred():
            why = say(event.reason)
            return say("It did not go out ({why}) and is tried again at {when}.", why=why, when=at(event.retry_at))
        case ev.MessageFailed():
            return say("It did not go out: {why}", why=say(event.reason))
        case ev.MessageUncertain():
            why = say(event.reason)
            return say("It is not known whether it went out ({why}); the gateway is asked.", why=why)
        case ev.MessageLeftInDoubt():
            return f"{say('It stays unknown whether it went out.')} {say(event.reason)}"
        case ev.MessageTicked():
            return say("WhatsApp reports it as {status}.", status=say(event.status))
        case ev.ConversationAssigned():
            return _assigned(event, workspace, say)
        case ev.ConversationQueued():
            return f"{say('It waits in the queue.')} {say(event.why)}"
        case ev.ConversationResolved():
            return say("It was resolved ({why}).", why=_by(event.why, workspace, say))
        case ev.ConversationReopened():
            reopened = say(REOPENED.get(event.why, "It was opened again: our side wrote."))
            return f"{reopened} {say(event.placed or '')}".strip()
        case ev.ConversationMerged():
            return _merged("It was merged into conversation {id}", event.into_id, event.by, workspace, say) + "."
        case ev.ConversationAbsorbed():
            return _absorbed(event, workspace, say)
        case ev.ConversationRead():
            return say("It counts as read for the whole team.")
        case ev.ConversationSeen():
            return say("{who} has read it.", who=_name(workspace.members, event.user_id))
        case ev.ConversationSnoozed():
            return say("It sleeps until {when}.", when=at(event.until))
        case ev.ConversationWoken():
            return say(WOKEN.get(event.why, "It woke up: the customer wrote."))
        case ev.WelcomePlanned():
            return say("It is the contact's first message: the greeting is planned for {when}.", when=at(event.due))
        case ev.WelcomeSent():
            return say("The greeting went out.")
        case ev.WelcomeDropped() | ev.AnswerDropped():
            return say("Nothing was said by itself: {why}", why=say(event.why))
        case ev.AnswerPlanned():
            return say("If the customer stays quiet until {when}, something answers by itself.", when=at(event.due))
        case ev.AnswerGiven():
            speaker = say(SPEAKERS.get(event.by, "The greeting"))
            return say("{who} answered by itself: {why}", who=speaker, why=say(event.why))
        case ev.FlowStepped():
            flow, why = _flow(event.flow_id, workspace), say(event.why)
            return say("Flow “{name}” (version {version}): {why}", name=flow, version=event.version, why=why)
        case ev.FieldCaptured():
            return say("The flow learnt “{key}” of the contact.", key=event.key)
        case ev.AiAsked():
            return say("The AI began to draft an answer.")
        case ev.AiAnswered():
            made = {"model": event.model, "version": event.prompt_version}
            sources = ", ".join(event.sources) or say("nothing")
            said = say("The AI answered, resting on {sources} ({model}, {version}).", sources=sources, **made)
            return f"{said} {event.note}".strip()
        case ev.AiActed():
            made = {"model": event.model, "version": event.prompt_version}
            said = say("The AI left it to the agenda: {action} ({model}, {version}).", action=event.action, **made)
            return f"{said} {event.note}".strip()
        case ev.AgendaAsked():
            return say("The agenda goes on with the customer from here.")
        case ev.AiHandedOff():
            said = say("The AI left it to a person ({why}).", why=say(handed_off(event.reason)))
            return f"{said} {event.note}".strip()
        case ev.AiCancelled():
            return say("The AI's draft was thrown away: {why}", why=say(event.why))
        case ev.NoticeTold():
            return say("The customer was told something of the business's own accord.")
        case ev.NoticeAnswered():
            return say("The customer chose '{action}'.", action=event.action)
        case ev.ConversationHandedOver():
            return say("From here on a person leads ({why}).", why=_by(event.why, workspace, say))
        case ev.ConversationGivenBack():
            return say("The automation leads again.")
        case ev.ConversationLabelled():
            label, why = _name(LABELS.of(workspace), event.label_id), _by(event.why, workspace, say)
            return say("Label “{label}” was attached ({why}).", label=label, why=why)
        case ev.ConversationUnlabelled():
            label, why = _name(LABELS.of(workspace), event.label_id), _by(event.why, workspace, say)
            return say("Label “{label}” was detached ({why}).", label=label, why=why)
        case ev.ConversationRouted():
            why = _by(event.why, workspace, say)
            if event.sector_id is None:
                return say("It belongs to no sector now ({why}).", why=why)
            return say(
                "It belongs to sector “{sector}” now ({why}).",
                sector=_name(SECTORS.of(workspace), event.sector_id),
                why=why,
            )
        case ev.SlaStarted():
            span, when = _span(event.target_seconds), due(event.due_at)
            return say("The {clock} clock began: {span}, due {when}.", clock=_clock(event, say), span=span, when=when)
        case ev.SlaMoved():
            clock, when = _clock(event, say), due(event.due_at)
            return say("The opening hours changed: the {clock} is due {when} now.", clock=clock, when=when)
        case ev.SlaWarned():
            return say("The {clock} is due soon, {when}.", clock=_clock(event, say), when=due(event.due_at))
        case ev.SlaMet():
            return say("The {clock} clock was met.", clock=_clock(event, say))
        case ev.SlaBreached():
            return say("The {clock} is late since {when}.", clock=_clock(event, say), when=at(event.due_at))
        case ev.SlaStopped():
            clock = _clock(event, say)
            return say("The {clock} clock stopped without a verdict: the conversation was resolved.", clock=clock)
        case ev.CsatAsked():
            return say("The customer was asked for a rating.")
        case ev.CsatRated():
            return say("The customer rated {rating} of 5.", rating=event.rating)
        case ev.CsatCommented():
            return say("The customer added a comment to the rating.")
        case ev.CsatAskedAgain():
            return say("The answer was no rating; the customer was asked once more.")
        case ev.CsatEnded():
            return say("The survey is over: {why}", why=say(event.why))
        case ev.MessageScheduled():
            return say("A message is to go out at {when}.", when=at(event.due))
        case ev.MessageUnscheduled():
            return say("The scheduled message: {why}", why=say(event.why))
        case ev.ClosePlanned():
            return say("If the customer stays silent until {when}, it is resolved by itself.", when=at(event.due))
        case ev.ClosedTold(until=None):
            return say("The business opened earlier than the customer was told.")
        case ev.FlowHeld():
            return say("The business is closed: the flow waits until {when}.", when=at(event.until))
        case ev.ClosedTold():
            return say("The customer knows that the business is closed.")
        case ev.AssignmentWanted():
            return say("It is new: the rules are asked who gets it.")
        case ev.MemberFreed():
            return say("{who} has one less: the queue is looked at.", who=_name(workspace.members, event.user_id))
        case ev.ConversationLetGo():
            return say("It waits for somebody again: whoever is free is looked for.")
        case EffectBegun():
            return say("{task} began.", task=_task(event.effect_id, say))
        case EffectOver() if event.reason:
            return say("{task} failed: {why}.", task=_task(event.effect_id, say), why=event.reason)
        case EffectOver():
            return say("{task} is done.", task=_task(event.effect_id, say))
        case EffectAgain():
            return say("{task} is tried again at {when}.", task=_task(event.effect_id, say), when=at(event.at))
        case _:
            return say(f"{event.type.replace('.', ' ').replace('_', ' ').capitalize()}.")


def _assigned(event: ev.ConversationAssigned, workspace: Workspace, say: Say) -> str:
    why = _by(event.why, workspace, say)
    if event.assigned_user_id is None:
        return say("It is nobody's now ({why}).", why=why)
    said = say("{who} looks after it now ({why}).", who=_name(workspace.members, event.assigned_user_id), why=why)
    others = ", ".join(say("{name} ({load} open)", name=each.name, load=each.load) for each in event.considered[:5])
    return f"{said} {say('Considered: {others}.', others=others)}" if others else said


def _absorbed(event: ev.ConversationAbsorbed, workspace: Workspace, say: Say) -> str:
    merged = _merged("Conversation {id} was merged into this one", event.from_id, event.by, workspace, say)
    said = say("{merged}: they are one customer's.", merged=merged)
    if event.kept:
        said += " " + say("Scheduled messages that go out from here now: {n}.", n=len(event.kept))
    if event.dropped:
        n = len(event.dropped)
        said += " " + say("Scheduled messages that do not go out, for the customer has written here: {n}.", n=n)
    return said


def _merged(sentence: str, other: int, by: int | None, workspace: Workspace, say: Say) -> str:
    """Into or from another conversation, and by whom."""
    said = say(sentence, id=other)
    return said if by is None else f"{said} {say('by {who}', who=_name(workspace.members, by))}"


def _name(things: Any, id_: int) -> str:
    thing = things.get(id_)
    return str(id_) if thing is None else thing.name


def _flow(flow_id: int, workspace: Workspace) -> str:
    return _name(FLOWS.of(workspace), flow_id)


def _author(author: ev.Author, say: Say) -> str:
    return author.name if author.kind == "user" and author.name else say(AUTHORS.get(author.kind, "a member"))


def _task(effect_id: str, say: Say) -> str:
    return say(TASKS.get(effect_id.partition("-")[0], "Something outside"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _because(event: ev.MessageQueued, workspace: Workspace, say: Say) -> str:
    """Which rule is behind an automatic message, in words. Of the AI's its own event says more."""
    rule, _, rest = (event.why or "").partition(":")
    if rule == "flow":
        words = f"“{_flow(int(rest), workspace)}”" if rest.isdecimal() else ""
    elif rule == "csat":
        words = say("the survey: {what}", what=say(rest.replace("_", " ")))
    else:
        words = "" if rule == "ai" else say(BECAUSE.get(rule, event.why or ""))
    return f" ({words})" if words else ""


def _by(why: str, workspace: Workspace, say: Say) -> str:
    """`user:7` as a name; anything else as it stands."""
    kind, _, id_ = why.partition(":")
    return _name(workspace.members, int(id_)) if kind == "user" and id_.isdecimal() else say(why).rstrip(".")


def _kind(kind: str, say: Say) -> str:
    return say(KINDS.get(kind, f"a {kind}"))


def _queued(content: Content, say: Say) -> str:
    kind = _kind(content.kind, say)
    if content.menu is None:
        return kind
    shown = {"buttons": "{kind} with buttons", "list": "{kind} with a list"}[content.menu.shown]
    return say(shown, kind=kind)


def _clock(
    event: ev.SlaStarted | ev.SlaMoved | ev.SlaWarned | ev.SlaMet | ev.SlaBreached | ev.SlaStopped, say: Say
) -> str:
    return say("first answer" if event.clock == "first_response" else "resolution")


def _span(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest} s" if rest else ""]
    return " ".join(part for part in parts if part) or "0 s"
