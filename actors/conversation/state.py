"""What a conversation knows of itself, and how each event changes it.

All that a state is made of is `gc=False`: an immutable tree has no cycles, and a collector that walked thousands of
them would keep everybody waiting for a tenth of a second each time.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.csat import Asked
from plixa.actors.conversation.sla import SlaClock
from plixa.actors.flows.menus import offered_in
from plixa.actors.flows.run import Run
from plixa.actors.whatsapp.gateway import Content, MessageKind
from plixa.engine.dispatch import Evolver
from plixa.engine.outside import EffectAgain, EffectBegun, EffectOver

RECENT = 12
"""How many messages a conversation remembers; older ones are looked up."""
BROADCASTS = 4
"""How many broadcasts that brought a message it remembers."""


class Recent(Struct, frozen=True, gc=False):
    """One of the last messages."""

    id: int
    key_id: str | None
    direction: Literal["inbound", "outbound"]
    status: str
    kind: MessageKind
    deleted: bool = False


class Change(Struct, frozen=True, gc=False):
    """A recent edit of a message or reaction to it. Webhooks overtake each other: an older one must not undo it."""

    message_id: int
    what: Literal["edit", "contact", "us"]
    at: datetime


class Pending(Struct, frozen=True, gc=False):
    """A message of ours that is not known to be sent. `mark` recognises its echo."""

    id: int
    mark: str
    status: Literal["queued", "sending", "unknown"]
    attempts: int = 0
    since: datetime | None = None

    def is_said_by(self, content: Content) -> bool:
        """Whether this is what the message says: its words, or the options that name it."""
        return offered_in(content) == self.id or self.mark == mark_of(content)


class Burst(Struct, frozen=True, gc=False):
    """What the customer has written and nothing has answered yet. `id`, `upto`: its first and its last message."""

    id: int
    upto: int
    began_at: datetime
    due: datetime
    texts: tuple[str, ...] = ()
    choice: str | None = None


class AiTurn(Struct, frozen=True, gc=False):
    """An answer that the AI is drafting, to everything up to the message `upto`. `goal`: for a flow's step."""

    id: int
    upto: int
    asked_at: datetime
    goal: str | None = None


class Scheduled(Struct, frozen=True, gc=False):
    """A message to be sent later."""

    id: int
    due: datetime
    author: ev.Author
    content: Content
    only_if_silent: bool = True


class Notice(Struct, frozen=True, omit_defaults=True, gc=False):
    """What was told of the business's own accord: what its options are about, by action and label."""

    message_id: int
    subject: str | None = None
    options: tuple[tuple[str, str], ...] = ()


class Conversation(Struct, frozen=True, omit_defaults=True, gc=False):
    """The state. `id` comes from the address; `contact_id` 0: its contact was erased, or nothing has happened yet.

    merged_into: it is a part of that conversation, and stands still; merge_id: by which merge. parts: the conversations
    that were merged into this one. in_doubt: messages of ours that nobody looks up any more, the latest of them.
    broadcasts: the last ones that brought a message here; broadcast_id: the one that the customer answered last.
    """

    id: int
    contact_id: int = 0
    number_id: int = 0
    phone: str | None = None
    lid: str | None = None
    jid: str | None = None
    name: str | None = None
    named_by_us: bool = False
    status: ev.Status = "open"
    mode: ev.Mode = "idle"
    assigned_user_id: int | None = None
    sector_id: int | None = None
    labels: tuple[int, ...] = ()
    unread_count: int = 0
    unread_keys: tuple[str, ...] = ()
    last_message_id: int | None = None
    last_activity_at: datetime | None = None
    created_at: datetime | None = None
    resolved_at: datetime | None = None
    snoozed_until: datetime | None = None
    notes: str | None = None
    recent: tuple[Recent, ...] = ()
    pending: tuple[Pending, ...] = ()
    in_doubt: tuple[Pending, ...] = ()
    changes: tuple[Change, ...] = ()
    welcome_due: datetime | None = None
    first_response: SlaClock | None = None
    resolution: SlaClock | None = None
    episode: int = 0
    wrote_this_episode: bool = False
    waiting_since: datetime | None = None
    waits_for: int | None = None
    burst: Burst | None = None
    turn: AiTurn | None = None
    flow: Run | None = None
    flows_done: tuple[int, ...] = ()
    captured: dict[str, str] = {}  # msgspec copies an empty default
    answered_at: tuple[datetime, ...] = ()
    closed_told_until: datetime | None = None
    closed_told_at: datetime | None = None
    flow_held_until: datetime | None = None
    close_due: datetime | None = None
    survey: Asked | None = None
    scheduled: tuple[Scheduled, ...] = ()
    notices: tuple[str, ...] = ()
    notice: Notice | None = None
    seen: dict[int, int] = {}
    merged_into: int | None = None
    merge_id: int = 0
    parts: tuple[int, ...] = ()
    broadcasts: tuple[ev.Broadcasted, ...] = ()
    broadcast_id: int | None = None
    deleted: bool = False

    @property
    def is_live(self) -> bool:
        """Whether somebody may still be waiting here."""
        return self.status != "resolved"

    @property
    def begun(self) -> bool:
        """Whether anything has happened here yet."""
        return self.created_at is not None

    def find_key(self, key_id: str) -> Recent | None:
        """A recent message by the gateway's id."""
        return next((m for m in reversed(self.recent) if m.key_id == key_id), None)

    def find(self, message_id: int) -> Recent | None:
        """A recent message by ours."""
        return next((m for m in reversed(self.recent) if m.id == message_id), None)

    def is_outdated(self, change: Change) -> bool:
        """Whether a later edit of the message, or a later reaction of the same side to it, is here already."""
        same = (each for each in self.changes if (each.message_id, each.what) == (change.message_id, change.what))
        return any(each.at > change.at for each in same)

    def find_pending(self, message_id: int) -> Pending | None:
        """A message that is not known to be sent."""
        return next((m for m in self.pending if m.id == message_id), None)


def mark_of(content: Content) -> str:
    """What an echo and the message it echoes have in common: the kind, and a hash of the words (or the caption)."""
    words = " ".join((content.body or "").split())
    return f"{content.kind}:{hashlib.sha256(words.encode()).hexdigest()[:16]}"


evolve: Evolver[Conversation] = Evolver()
evolve.ignores(
    ev.AssignmentWanted,  # an effect asks the dispatcher
    ev.ConversationLetGo,
    ev.MediaLost,  # files are rows
    ev.MediaStored,
    ev.MemberFreed,  # an effect looks for whoever waits
    ev.MessageNumbered,  # a row's
    EffectAgain,  # of earlier releases
    EffectBegun,
    EffectOver,  # told to people only
)


def _remember(state: Conversation, message: Recent, at: datetime) -> Conversation:
    return replace(
        state,
        recent=(*state.recent[-RECENT + 1 :], message),
        last_message_id=message.id,
        last_activity_at=at if state.last_activity_at is None else max(at, state.last_activity_at),
    )


def _mark(state: Conversation, message_id: int, status: str, key_id: str | None = None) -> Conversation:
    def changed(message: Recent) -> Recent:
        if message.id != message_id:
            return message
        return replace(message, status=status, key_id=key_id or message.key_id)

    return replace(state, recent=tuple(changed(message) for message in state.recent))


def _settled(state: Conversation, message_id: int, status: str, key_id: str | None = None) -> Conversation:
    pending = tuple(each for each in state.pending if each.id != message_id)
    in_doubt = tuple(each for each in state.in_doubt if each.id != message_id)
    return _mark(replace(state, pending=pending, in_doubt=in_doubt), message_id, status, key_id)


def _pending(state: Conversation, message_id: int, status: Literal["queued", "sending", "unknown"]) -> Conversation:
    def changed(each: Pending) -> Pending:
        if each.id != message_id:
            return each
        return replace(each, status=status)

    return _mark(replace(state, pending=tuple(changed(each) for each in state.pending)), message_id, status)


@evolve.on(ev.ConversationOpened)
def _opened(state: Conversation, event: ev.ConversationOpened) -> Conversation:
    return replace(
        state,
        contact_id=event.contact_id,
        number_id=event.number_id,
        phone=event.phone,
        lid=event.lid,
        name=event.name,
        created_at=event.opened_at,
        last_activity_at=event.opened_at,
        waiting_since=None if event.at_rest else event.opened_at,
        episode=1,
        status="resolved" if event.at_rest else "open",
        resolved_at=event.opened_at if event.at_rest else None,
    )


@evolve.on(ev.MessageReceived)
def _received(state: Conversation, event: ev.MessageReceived) -> Conversation:
    state = _remember(
        state, Recent(event.message_id, event.key_id, "inbound", "received", event.content.kind), event.sent_at
    )
    if event.aside:
        return state
    return replace(
        state,
        jid=event.jid,
        unread_count=event.unread_count,
        unread_keys=(*state.unread_keys[-RECENT + 1 :], event.key_id),
        wrote_this_episode=True,
        close_due=None,
    )


@evolve.on(ev.MessageRevealed)
def _revealed(state: Conversation, event: ev.MessageRevealed) -> Conversation:
    def changed(message: Recent) -> Recent:
        return replace(message, kind=event.content.kind) if message.id == event.message_id else message

    state = replace(state, recent=tuple(changed(message) for message in state.recent))
    if event.unread_count <= state.unread_count:
        return state
    unread = event.unread_count, (*state.unread_keys[-RECENT + 1 :], event.key_id)
    return replace(state, unread_count=unread[0], unread_keys=unread[1], wrote_this_episode=True, close_due=None)


@evolve.on(ev.MessageEchoed)
def _echoed(state: Conversation, event: ev.MessageEchoed) -> Conversation:
    if not event.aside:
        state = replace(state, mode="human", unread_count=0, unread_keys=())
    return _remember(
        state, Recent(event.message_id, event.key_id, "outbound", "sent", event.content.kind), event.sent_at
    )


@evolve.on(ev.MessageQueued)
def _queued(state: Conversation, event: ev.MessageQueued) -> Conversation:
    pending = Pending(event.message_id, mark_of(event.content), "queued")
    state = replace(state, pending=(*state.pending, pending), mode=mode_after(state.mode, event.author) or state.mode)
    if event.broadcast is not None:
        one = ev.Broadcasted(event.broadcast.broadcast_id, event.broadcast.place, event.message_id, event.queued_at)
        state = replace(state, broadcasts=(*state.broadcasts, one)[-BROADCASTS:])
    return _remember(state, Recent(event.message_id, None, "outbound", "queued", event.content.kind), event.queued_at)


def mode_after(mode: ev.Mode | None, author: ev.Author) -> ev.Mode | None:
    """Who leads the conversation after a word of this author; `mode` where that changes nothing."""
    if author.kind in ("user", "api"):
        return "human"
    return author.kind if author.kind in ("flow", "ai") else mode


@evolve.on(ev.MessageNoted)
def _noted(state: Conversation, event: ev.MessageNoted) -> Conversation:
    return _remember(state, Recent(event.message_id, None, "outbound", "sent", MessageKind.NOTE), event.noted_at)


@evolve.on(ev.MessageSending)
def _sending(state: Conversation, event: ev.MessageSending) -> Conversation:
    state = _pending(state, event.message_id, "sending")

    def tried(each: Pending) -> Pending:
        return replace(each, attempts=event.attempt, since=event.at) if each.id == event.message_id else each

    return replace(state, pending=tuple(tried(each) for each in state.pending))


@evolve.on(ev.MessageDeferred)
def _deferred(state: Conversation, event: ev.MessageDeferred) -> Conversation:
    return _pending(state, event.message_id, "queued")


@evolve.on(ev.MessageUncertain)
def _uncertain(state: Conversation, event: ev.MessageUncertain) -> Conversation:
    return _pending(state, event.message_id, "unknown")


@evolve.on(ev.MessageLeftInDoubt)
def _left_in_doubt(state: Conversation, event: ev.MessageLeftInDoubt) -> Conversation:
    left = state.find_pending(event.message_id)
    state = _settled(state, event.message_id, "unknown")
    return state if left is None else replace(state, in_doubt=(*state.in_doubt[-RECENT + 1 :], left))


@evolve.on(ev.MessageSent)
def _sent(state: Conversation, event: ev.MessageSent) -> Conversation:
    return _settled(state, event.message_id, "sent", event.key_id)


@evolve.on(ev.MessageFailed)
def _failed(state: Conversation, event: ev.MessageFailed) -> Conversation:
    return _settled(state, event.message_id, "failed")


@evolve.on(ev.MessageTicked)
def _ticked(state: Conversation, event: ev.MessageTicked) -> Conversation:
    return _mark(state, event.message_id, event.status)


@evolve.on(ev.MessageEdited)
def _edited(state: Conversation, event: ev.MessageEdited) -> Conversation:
    return _changed(state, Change(event.message_id, "edit", event.edited_at))


@evolve.on(ev.MessageReacted)
def _reacted(state: Conversation, event: ev.MessageReacted) -> Conversation:
    return state if event.reacted_at is None else _changed(state, Change(event.message_id, event.by, event.reacted_at))


def _changed(state: Conversation, change: Change) -> Conversation:
    return replace(state, changes=(*state.changes[-RECENT + 1 :], change))


@evolve.on(ev.MessageDeleted)
def _message_deleted(state: Conversation, event: ev.MessageDeleted) -> Conversation:
    marked = (replace(each, deleted=True) if each.id == event.message_id else each for each in state.recent)
    return replace(state, recent=tuple(marked))


@evolve.on(ev.ConversationRead)
def _read(state: Conversation, event: ev.ConversationRead) -> Conversation:
    return replace(state, unread_count=0, unread_keys=())


@evolve.on(ev.ConversationSeen)
def _seen(state: Conversation, event: ev.ConversationSeen) -> Conversation:
    return replace(state, seen={**state.seen, event.user_id: event.upto})


@evolve.on(ev.ConversationIdentified)
def _identified(state: Conversation, event: ev.ConversationIdentified) -> Conversation:
    return replace(state, phone=event.phone, lid=event.lid)


@evolve.on(ev.ConversationRenamed)
def _renamed(state: Conversation, event: ev.ConversationRenamed) -> Conversation:
    return replace(state, name=event.name, named_by_us=not event.by_contact and event.name is not None)


@evolve.on(ev.ConversationAnnotated)
def _annotated(state: Conversation, event: ev.ConversationAnnotated) -> Conversation:
    return replace(state, notes=event.notes)


@evolve.on(ev.ConversationAssigned)
def _assigned(state: Conversation, event: ev.ConversationAssigned) -> Conversation:
    nobodys = event.assigned_user_id is None and state.status != "resolved"
    waiting = (state.waiting_since or event.at) if nobodys else None
    return replace(state, assigned_user_id=event.assigned_user_id, waiting_since=waiting, waits_for=None)


@evolve.on(ev.ConversationSnoozed)
def _snoozed(state: Conversation, event: ev.ConversationSnoozed) -> Conversation:
    return replace(state, snoozed_until=event.until)


@evolve.on(ev.ConversationWoken)
def _woken(state: Conversation, event: ev.ConversationWoken) -> Conversation:
    return replace(state, snoozed_until=None)


@evolve.on(ev.ConversationResolved)
def _resolved(state: Conversation, event: ev.ConversationResolved) -> Conversation:
    return replace(
        state,
        status="resolved",
        mode="idle",
        resolved_at=event.resolved_at,
        snoozed_until=None,
        close_due=None,
        waiting_since=None,
        waits_for=None,
    )


@evolve.on(ev.ConversationReopened)
def _reopened(state: Conversation, event: ev.ConversationReopened) -> Conversation:
    """A new episode. Whoever looked after it last still does, unless an event that follows says otherwise."""
    return replace(
        state,
        status="open",
        resolved_at=None,
        first_response=None,
        resolution=None,
        episode=state.episode + 1,
        wrote_this_episode=False,
        flows_done=(),
        waiting_since=event.at if state.assigned_user_id is None else None,
    )


@evolve.on(ev.ConversationDeleted)
def _deleted(state: Conversation, event: ev.ConversationDeleted) -> Conversation:
    return Conversation(id=state.id, contact_id=state.contact_id, number_id=state.number_id, deleted=True)
