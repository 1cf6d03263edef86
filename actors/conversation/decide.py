"""What a conversation decides. Pure: time, ids and the house's settings come in with `now`.

The order in which things speak: an inbound message wakes and reopens the conversation, is stored, starts the
first-response clock, and, if it is the first ever, plans the greeting. A person's word (panel, API, typed on the phone)
meets the clock and drops a greeting that has not gone out. What the outbox reports is decided in `sending.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Literal

from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation import events as ev
from plixa.actors.conversation.state import Change, Conversation, Pending, mark_of
from plixa.actors.gateway import (
    Content,
    DeleteSeen,
    EditSeen,
    Kind,
    MessageSeen,
    Peer,
    ReactionSeen,
    StatusSeen,
)
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Moment, TimerFired
from plixa.engine.dispatch import Decider
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event

LADDER = ("unknown", "queued", "sending", "sent", "delivered", "read", "played")
"""Statuses only climb. `failed` is a step aside: it is taken from below `delivered` only, and never left."""
GREET_WITHIN = timedelta(minutes=15)
"""A first message older than this (caught up after an outage) is not greeted."""
ECHO_SKEW = timedelta(minutes=2)

decide: Decider[Conversation] = Decider()


# -- what the gateway brings ------------------------------------------------------------------------------------------


@decide.on(cmd.TakeMessage)
def take_message(state: Conversation, command: cmd.TakeMessage, now: Moment) -> Sequence[Event]:
    """A message in the chat, from either side; one that is here already changes nothing."""
    if state.deleted:
        raise NotFound("conversation")
    if command.erased or state.find_key(command.seen.key_id) is not None:
        return []
    opening = [] if state.contact_id else [_opened(command, now)]
    if command.seen.from_me:
        return _ours(state, command, opening, now)
    return [*opening, *_arrival(state, command), _received(state, command, now), *_after_arrival(state, command, now)]


def _opened(command: cmd.TakeMessage, now: Moment) -> ev.ConversationOpened:
    seen = command.seen
    return ev.ConversationOpened(
        opened_at=now.at,
        contact_id=command.contact_id,
        number_id=command.number_id,
        phone=seen.peer.phone,
        lid=seen.peer.lid,
        name=seen.push_name,
    )


def _arrival(state: Conversation, command: cmd.TakeMessage) -> Iterator[Event]:
    if state.status == "resolved":
        yield ev.ConversationReopened(why="customer")
    if state.snoozed_until is not None:
        yield ev.ConversationWoken(why="customer")
    yield from _identified(state, command.seen.peer)
    name = command.seen.push_name
    if state.contact_id and name and not state.named_by_us and name != state.name:
        yield ev.ConversationRenamed(by_contact=True, name=name)


def _identified(state: Conversation, peer: Peer) -> Iterator[Event]:
    phone, lid = state.phone or peer.phone, state.lid or peer.lid
    if state.contact_id and (phone, lid) != (state.phone, state.lid):
        yield ev.ConversationIdentified(phone=phone, lid=lid)


def _received(state: Conversation, command: cmd.TakeMessage, now: Moment) -> ev.MessageReceived:
    seen = command.seen
    return ev.MessageReceived(
        message_id=next(now.ids),
        key_id=seen.key_id,
        jid=seen.peer.jid,
        sent_at=min(seen.sent_at, now.at),
        unread_count=state.unread_count + 1,
        quoted_message_id=_quoted(state, seen, command.quoted),
        quoted_key_id=seen.quoted_key_id,
        content=seen.content,
    )


def _quoted(state: Conversation, seen: MessageSeen, known: cmd.Known | None) -> int | None:
    if seen.quoted_key_id is None:
        return None
    recent = state.find_key(seen.quoted_key_id)
    if recent is not None:
        return recent.id
    return known.message_id if known is not None else None


def _after_arrival(state: Conversation, command: cmd.TakeMessage, now: Moment) -> Iterator[Event]:
    house: Workspace = now.house
    fresh = state.status == "resolved" or state.first_response is None
    if fresh and house.sla.first_response_seconds is not None:
        target = house.sla.first_response_seconds
        yield ev.SlaStarted(clock="first_response", target_seconds=target, due_at=now.at + timedelta(seconds=target))
    welcome = house.welcome
    first = not state.contact_id or state.last_message_id is None
    if first and welcome.enabled and welcome.message and now.at - command.seen.sent_at < GREET_WITHIN:
        due = now.at + timedelta(seconds=welcome.delay_seconds)
        yield ev.WelcomePlanned(due=due, delay_seconds=welcome.delay_seconds)


def _ours(
    state: Conversation, command: cmd.TakeMessage, opening: list[ev.ConversationOpened], now: Moment
) -> Sequence[Event]:
    """A message from our number: the echo of one that is under way, or one that was written elsewhere."""
    seen = command.seen
    under_way = next((each for each in state.pending if _is_echo(seen, each, replayed=command.replayed)), None)
    if under_way is not None:
        return [ev.MessageSent(message_id=under_way.id, key_id=seen.key_id, how="echo")]
    author = ev.Author("phone") if seen.via == "phone" else ev.Author("api", name="another program")
    echoed = ev.MessageEchoed(
        message_id=next(now.ids),
        key_id=seen.key_id,
        sent_at=min(seen.sent_at, now.at),
        author=author,
        quoted_message_id=_quoted(state, seen, command.quoted),
        quoted_key_id=seen.quoted_key_id,
        content=seen.content,
    )
    reopened = [ev.ConversationReopened(why="reply")] if state.status == "resolved" else []
    return [*opening, *reopened, *_identified(state, seen.peer), echoed, *_human_spoke(state, now)]


def _is_echo(seen: MessageSeen, pending: Pending, *, replayed: bool) -> bool:
    if pending.since is None or pending.status == "queued":
        return False
    if pending.mark != mark_of(seen.content):
        return False
    # A `send.message` is always some program's. For the rest the gateway's clock tells, which need not agree with ours.
    return (seen.via == "api" and not replayed) or seen.sent_at > pending.since - ECHO_SKEW


@decide.on(cmd.TakeUpdate)
def take_update(state: Conversation, command: cmd.TakeUpdate, now: Moment) -> Sequence[Event]:
    """A tick, an edit, a deletion or a reaction on a message of this conversation."""
    update = command.update
    recent = state.find_key(update.key_id)
    known = command.known
    if recent is not None:
        known = cmd.Known(recent.id, recent.key_id, recent.direction, recent.status, deleted=recent.deleted)
    if state.deleted or known is None:
        return []
    match update:
        case StatusSeen():
            return _tick(state, known, update)
        case EditSeen():
            return _edited(state, known.message_id, update)
        case DeleteSeen():
            return [] if known.deleted else [ev.MessageDeleted(message_id=known.message_id)]
        case ReactionSeen():
            return _reacted(state, known.message_id, update)


def _edited(state: Conversation, message_id: int, update: EditSeen) -> Sequence[Event]:
    if state.is_outdated(Change(message_id, "edit", update.edited_at)):
        return []
    last = message_id == state.last_message_id
    return [ev.MessageEdited(message_id=message_id, edited_at=update.edited_at, last=last, body=update.body)]


def _reacted(state: Conversation, message_id: int, update: ReactionSeen) -> Sequence[Event]:
    by: Literal["contact", "us"] = "us" if update.from_me else "contact"
    if state.is_outdated(Change(message_id, by, update.at)):
        return []
    return [ev.MessageReacted(message_id=message_id, by=by, reacted_at=update.at, emoji=update.emoji)]


def _tick(state: Conversation, known: cmd.Known, update: StatusSeen) -> Sequence[Event]:
    if known.direction == "inbound":
        read = update.read_on_phone and state.unread_count > 0
        return [ev.ConversationRead()] if read else []
    if not climbs(known.status, update.status):
        return []
    return [ev.MessageTicked(message_id=known.message_id, status=update.status)]


def climbs(old: str, new: str) -> bool:
    """Whether a status may follow another."""
    if old == "failed":
        # WhatsApp's word beats our own despair: what was delivered after all was not a failure.
        return new in ("delivered", "read", "played")
    if new == "failed":
        return old not in LADDER or LADDER.index(old) < LADDER.index("delivered")
    return old not in LADDER or LADDER.index(new) > LADDER.index(old)


# -- what people ask --------------------------------------------------------------------------------------------------


@decide.on(cmd.Send)
def send(state: Conversation, command: cmd.Send, now: Moment) -> Sequence[Event]:
    """Accept a message for sending. It goes out through the outbox, in order."""
    if state.deleted or not (state.contact_id or command.contact_id):
        raise NotFound("conversation")
    events: list[Event] = []
    if not state.contact_id:
        events.append(
            ev.ConversationOpened(
                opened_at=now.at,
                contact_id=command.contact_id,
                number_id=command.number_id,
                phone=command.phone,
                name=command.name,
            )
        )
    if state.status == "resolved":
        events.append(ev.ConversationReopened(why="reply"))
    quoted = _quotable(state, command.quoted_message_id, command.quoted)
    message_id = next(now.ids)
    events.append(
        ev.MessageQueued(
            queued_at=now.at,
            message_id=message_id,
            author=command.author,
            quoted_message_id=command.quoted_message_id,
            quoted_key_id=quoted,
            content=command.content,
        )
    )
    if command.media_sha256 and command.content.media:
        media = command.content.media
        events.append(
            ev.MediaStored(
                message_id=message_id,
                mime=media.mime,
                bytes=media.bytes or 0,
                sha256=command.media_sha256,
                stored_as=command.media_sha256,
            )
        )
    return [*events, *_human_spoke(state, now)]


def _quotable(state: Conversation, message_id: int | None, known: cmd.Known | None) -> str | None:
    """The key to quote on WhatsApp; None for a note, which is linked here but never shown outside."""
    if message_id is None:
        return None
    recent = state.find(message_id)
    if recent is not None:
        return recent.key_id
    if known is None:
        raise Invalid({"quoted_message_id": ["There is no such message in this conversation."]})
    return known.key_id


@decide.on(cmd.AddNote)
def add_note(state: Conversation, command: cmd.AddNote, now: Moment) -> Sequence[Event]:
    """An internal note: stored and shown to the house, never sent."""
    _must_exist(state)
    _quotable(state, command.quoted_message_id, command.quoted)
    return [
        ev.MessageNoted(
            noted_at=now.at,
            message_id=next(now.ids),
            author=command.author,
            quoted_message_id=command.quoted_message_id,
            content=command.content,
        )
    ]


def _human_spoke(state: Conversation, now: Moment) -> Iterator[Event]:
    clock = state.first_response
    if clock is not None and clock.met_at is None and state.status != "resolved":  # reopening has ended that clock
        yield ev.SlaMet(clock="first_response", met_at=now.at)
    if state.welcome_due is not None:
        yield ev.WelcomeDropped(why="A person answered first.")
    if state.unread_count:
        yield ev.ConversationRead(keys=state.unread_keys)


@decide.on(cmd.Update)
def update(state: Conversation, command: cmd.Update, now: Moment) -> Sequence[Event]:
    """Change what was sent along and is different."""
    _must_exist(state)
    house: Workspace = now.house
    events: list[Event] = []
    if "contact_name" in command.fields and command.name != state.name:
        events.append(ev.ConversationRenamed(name=command.name))
    if "notes" in command.fields and command.notes != state.notes:
        events.append(ev.ConversationAnnotated(notes=command.notes))
    if "assigned_user_id" in command.fields and command.assigned_user_id != state.assigned_user_id:
        house.must_have_member(command.assigned_user_id, "assigned_user_id")
        events.append(ev.ConversationAssigned(assigned_user_id=command.assigned_user_id, why=f"user:{command.by}"))
    if "status" in command.fields and command.status != state.status:
        events.append(
            ev.ConversationResolved(resolved_at=now.at, why=f"user:{command.by}")
            if command.status == "resolved"
            else ev.ConversationReopened(why="asked")
        )
    return events


@decide.on(cmd.Snooze)
def snooze(state: Conversation, command: cmd.Snooze, now: Moment) -> Sequence[Event]:
    """Hide it until then, or wake it."""
    _must_exist(state)
    if command.until is None:
        return [ev.ConversationWoken(why="asked")] if state.snoozed_until else []
    if command.until <= now.at:
        raise Invalid({"until": ["The time must lie in the future; null wakes the conversation."]})
    return [] if command.until == state.snoozed_until else [ev.ConversationSnoozed(until=command.until)]


@decide.on(cmd.MarkRead)
def mark_read(state: Conversation, command: cmd.MarkRead, now: Moment) -> Sequence[Event]:
    """Seen by somebody of the house."""
    _must_exist(state)
    if not state.unread_count:
        return []
    return [ev.ConversationRead(user_id=command.user_id, keys=state.unread_keys if command.tell_contact else ())]


@decide.on(cmd.Delete)
def delete(state: Conversation, command: cmd.Delete, now: Moment) -> Sequence[Event]:
    """Erase it. Doing it twice is an error of the second."""
    _must_exist(state)
    return [
        ev.ConversationDeleted(
            contact_id=state.contact_id,
            number_id=state.number_id,
            files=command.files,
            cancelled=tuple(f"send-{each.id}" for each in state.pending),
        )
    ]


def _must_exist(state: Conversation) -> None:
    if state.deleted or not state.contact_id:
        raise NotFound("conversation")


# -- what the clock says ----------------------------------------------------------------------------------------------


@decide.on(TimerFired)
def timer_fired(state: Conversation, command: TimerFired, now: Moment) -> Sequence[Event]:
    """A timer that is not pending any more decides nothing."""
    clock = state.first_response
    if command.name == "snooze" and state.snoozed_until == command.due:
        return [ev.ConversationWoken(why="due")]
    if command.name == "welcome" and state.welcome_due == command.due:
        return _greet(state, now)
    if command.name == "first_response" and clock is not None and clock.due_at == command.due and _runs(state):
        return [ev.SlaBreached(clock="first_response", due_at=clock.due_at)]
    return []


def _greet(state: Conversation, now: Moment) -> Sequence[Event]:
    house: Workspace = now.house
    if not (house.welcome.enabled and house.welcome.message):
        return [ev.WelcomeDropped(why="The greeting was switched off in the meantime.")]
    message_id = next(now.ids)
    queued = ev.MessageQueued(
        queued_at=now.at,
        message_id=message_id,
        author=ev.Author("system"),
        why="welcome",
        content=Content(Kind.TEXT, house.welcome.message, "conversation"),
    )
    return [queued, ev.WelcomeSent(message_id=message_id)]


def _runs(state: Conversation) -> bool:
    clock = state.first_response
    return clock is not None and clock.met_at is None and clock.breached_at is None and state.status != "resolved"
