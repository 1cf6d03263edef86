"""What owners ask of a conversation when they look back: why it was late, why nothing answers, what the customer saw.

Pure: from the conversation's events and its state after them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.ai.config import AI
from plixa.actors.conversation import events as ev
from plixa.actors.conversation.configs.inbox import INBOX
from plixa.actors.conversation.question_words import Said, said
from plixa.actors.conversation.state import Conversation
from plixa.actors.conversation.view import author_of, content_fields, created_at, first_status
from plixa.actors.workspace.plans import must_include
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Forbidden
from plixa.engine.events import Event, Recorded

Evolve = Callable[[Conversation, Event], Conversation]
NOT_OUT = ("queued", "sending", "failed", "unknown")


class Cause(Struct, frozen=True):
    """code: for programs. text: for people. since: from when on it was so, as far as that is known."""

    code: str
    text: str
    since: datetime | None = None


class Late(Struct, frozen=True):
    """A promise that was broken, and how things stood when it was."""

    clock: str
    due_at: datetime
    met_at: datetime | None
    causes: tuple[Cause, ...]


class Seen(Struct, frozen=True):
    """A message as the customer had it. status: of ours, the tick at that time; `received` is theirs."""

    id: int
    direction: str
    type: str
    body: str | None
    author: str
    status: str
    created_at: datetime | None
    edited: bool = False
    deleted: bool = False


# -- why was it late --------------------------------------------------------------------------------------------------


def lateness(
    recorded: Iterable[Recorded], first: Conversation, evolve: Evolve, workspace: Workspace, locale: str = "en"
) -> list[Late]:
    """Every promise that was broken, in order, each with its causes at that moment."""
    found: list[Late] = []
    story = _Story(workspace, locale)
    state = first
    for each in recorded:
        state = evolve(state, each.event)
        story.heard(each)
        match each.event:
            case ev.SlaBreached():
                found.append(Late(each.event.clock, each.event.due_at, None, tuple(story.causes(state))))
            case ev.SlaMet():
                found = [_met(late, each.event, each.at) for late in found]
            case _:
                pass
    return found


def _met(late: Late, event: ev.SlaMet, at: datetime) -> Late:
    return replace(late, met_at=at) if late.clock == event.clock and late.met_at is None else late


class _Story:
    """What was last heard of that may be a cause."""

    def __init__(self, workspace: Workspace, locale: str) -> None:
        self._workspace = workspace
        self._locale = locale
        self._queued: Cause | None = None
        self._held: datetime | None = None
        self._failed: Cause | None = None
        self._silent: Cause | None = None
        self._led: datetime | None = None

    def heard(self, recorded: Recorded) -> None:
        """One thing more has happened."""
        match event := recorded.event:
            case ev.ConversationQueued():
                self._queued = self._cause("queue", recorded.at, event.why)
            case ev.ConversationAssigned():
                self._held, self._queued = recorded.at, None
            case ev.MessageDeferred() | ev.MessageFailed() | ev.MessageUncertain():
                self._failed = self._cause("not_sent", recorded.at, event.reason)
            case ev.MessageSent():
                self._failed = None
            case ev.AnswerDropped() | ev.AiCancelled():
                self._silent = self._cause("nothing_said", recorded.at, event.why)
            case ev.AiHandedOff():
                self._silent = self._cause("ai_handed_off", recorded.at, event.reason.replace("_", " "))
            case ev.ConversationHandedOver() | ev.ConversationGivenBack():
                self._led = recorded.at
            case _:
                pass

    def _cause(self, code: Said, since: datetime, why: str) -> Cause:
        return Cause(code, said(code, self._locale, why=why), since)

    def causes(self, state: Conversation) -> Iterator[Cause]:
        """As things stand; the nearest to the customer first."""
        if self._failed is not None:
            yield self._failed
        if state.assigned_user_id is None:
            yield self._queued or Cause("nobody", said("nobody", self._locale))
        else:
            yield self._of_who_had_it(state.assigned_user_id)
        if self._silent is not None:
            yield self._silent
        yield from of_automation(state, self._workspace, self._led, locale=self._locale)

    def _of_who_had_it(self, user_id: int) -> Cause:
        member = self._workspace.members.get(user_id)
        name = str(user_id) if member is None else member.name
        return Cause("assignee", said("assignee", self._locale, name=name), self._held)


# -- why does nothing answer ------------------------------------------------------------------------------------------


def of_automation(
    state: Conversation,
    workspace: Workspace,
    since: datetime | None = None,
    now: datetime | None = None,
    *,
    locale: str = "en",
) -> Iterator[Cause]:
    """Why nothing answers by itself, as the business's settings and the conversation's mode have it."""
    if state.mode == "human":
        yield Cause("human", said("human", locale), since)
    if not AI.of(workspace).enabled:
        yield Cause("ai_off", said("ai_off", locale))
    if now is not None and not _plan_has_ai(workspace, now):
        yield Cause("plan", said("plan", locale))


def _plan_has_ai(workspace: Workspace, now: datetime) -> bool:
    try:
        must_include(workspace, "ai", now)
    except Forbidden:
        return False
    return True


def unanswered(
    recorded: Iterable[Recorded], state: Conversation, workspace: Workspace, now: datetime, locale: str = "en"
) -> tuple[datetime | None, list[Cause]]:
    """Since when the customer's last words wait, and why; None where they do not."""
    since: datetime | None = None
    story = _Story(workspace, locale)
    for each in recorded:
        match each.event:
            case ev.MessageReceived(aside=False):
                since = since or each.at
            case ev.MessageQueued() | ev.MessageEchoed():
                since = None
            case _:
                pass
        story.heard(each)
    if since is None:
        return None, []
    causes = list(story.causes(state))
    causes += [each for each in of_automation(state, workspace, now=now, locale=locale) if each.code == "plan"]
    quiet = INBOX.of(workspace).quiet_seconds
    if (now - since).total_seconds() <= quiet:
        causes.insert(0, Cause("quiet", said("quiet", locale, seconds=f"{quiet:g}"), since))
    return since, causes


# -- what did the customer see ----------------------------------------------------------------------------------------


def on_screen(recorded: Iterable[Recorded]) -> list[Seen]:
    """The chat as the customer's phone had it after these events: no notes, and nothing that had not gone out."""
    messages: dict[int, Seen] = {}
    for each in recorded:
        for id_, change in _changes(each.event, messages):
            messages[id_] = change
    return [each for each in messages.values() if each.direction == "inbound" or each.status not in NOT_OUT]


def _changes(event: Any, known: dict[int, Seen]) -> Iterator[tuple[int, Seen]]:
    if isinstance(event, ev.MessageReceived | ev.MessageEchoed | ev.MessageQueued):
        yield event.message_id, _new(event)
        return
    there = known.get(getattr(event, "message_id", 0))
    if there is None:
        return
    match event:
        case ev.MessageRevealed():
            shown = content_fields(event.content)
            yield there.id, replace(there, type=shown["type"], body=shown["body"])
        case ev.MessageSent():
            yield there.id, replace(there, status="sent")
        case ev.MessageFailed():
            yield there.id, replace(there, status="failed")
        case ev.MessageUncertain() | ev.MessageLeftInDoubt():
            yield there.id, replace(there, status="unknown")
        case ev.MessageTicked():
            yield there.id, replace(there, status=event.status)
        case ev.MessageEdited():
            yield there.id, replace(there, body=event.body, edited=True)
        case ev.MessageDeleted():
            yield there.id, replace(there, body=None, deleted=True)
        case _:
            pass


def _new(event: ev.MessageReceived | ev.MessageEchoed | ev.MessageQueued) -> Seen:
    shown = content_fields(event.content)
    inbound = isinstance(event, ev.MessageReceived)
    return Seen(
        id=event.message_id,
        direction="inbound" if inbound else "outbound",
        type=shown["type"],
        body=shown["body"],
        author=author_of(event).kind,
        status=first_status(event),
        created_at=created_at(event),
    )
