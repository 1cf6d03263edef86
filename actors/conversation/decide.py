"""What a conversation decides. Pure: time, ids and the house's settings come in with `now`.

An inbound message wakes and reopens the conversation, is stored, and starts its clocks; then the house's automation has
its say, in the order that `automation.py` states. A person's word (panel, API, typed on the phone) meets the clock and
silences what would have spoken by itself. What the outbox reports is decided in `sending.py`, timers in `clock.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from plixa.actors.conversation import automation, flowing, placing, promises, resolving, scheduling, surveying
from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation import events as ev
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.speaking import plan_close
from plixa.actors.conversation.state import Change, Conversation, Pending, mark_of
from plixa.actors.gateway import (
    DeleteSeen,
    EditSeen,
    Kind,
    Media,
    MessageSeen,
    Peer,
    ReactionSeen,
    StatusSeen,
)
from plixa.engine.actor import Moment
from plixa.engine.dispatch import Decider
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event

LADDER = ("unknown", "queued", "sending", "sent", "delivered", "read", "played")
"""Statuses only climb. `failed` is a step aside: it is taken from below `delivered` only, and never left."""
ECHO_SKEW = timedelta(minutes=2)
NEWS = timedelta(minutes=15)
"""What a look-back finds later than this rings nobody."""

decide: Decider[Conversation] = Decider()


# -- what the gateway brings ------------------------------------------------------------------------------------------


@decide.on(cmd.TakeMessage)
def take_message(state: Conversation, command: cmd.TakeMessage, now: Moment) -> Sequence[Event]:
    """A message in the chat, from either side; one that is here already changes nothing."""
    if state.deleted:
        raise NotFound("conversation")
    if command.erased or state.find_key(command.seen.key_id) is not None:
        return []
    d = Deciding(state, now)
    if command.seen.from_me:
        _ours(d, command)
    else:
        _theirs(d, command)
    return d.events


def _theirs(d: Deciding, command: cmd.TakeMessage) -> None:
    """The customer wrote."""
    seen, first = command.seen, d.state.last_message_id is None
    text = seen.content.body if seen.content.kind is Kind.TEXT else None
    surveyed = d.state.status == "resolved" and surveying.is_for_survey(d, text)
    _arrive(d, command, reopens=not surveyed)
    received = _received(d.state, command, d.now, unread=0 if surveyed else 1)
    d.add(received)
    if surveyed:
        surveying.heard(d, text)
        return
    scheduling.customer_wrote(d)
    promises.customer_wrote(d)
    if seen.content.kind in automation.KINDS_OF_WORDS:
        automation.customer_wrote(d, seen.content, received.message_id, seen.sent_at, first=first)


def _arrive(d: Deciding, command: cmd.TakeMessage, *, reopens: bool) -> None:
    """What a customer's message does to the conversation before it is stored."""
    seen = command.seen
    if not d.state.begun:
        _open(d, command)
        return
    _adopt(d, command.contact_id)
    if d.state.status == "resolved" and reopens:
        resolving.reopen(d, "customer")
    if d.state.snoozed_until is not None:
        d.add(ev.ConversationWoken(why="customer"))
    _identify(d, seen.peer)
    if seen.push_name and not d.state.named_by_us and seen.push_name != d.state.name:
        d.add(ev.ConversationRenamed(by_contact=True, name=seen.push_name))


def _adopt(d: Deciding, contact_id: int) -> None:
    """The contact was erased once and is there again."""
    if not d.state.contact_id and contact_id:
        d.add(ev.ConversationMoved(contact_id=contact_id))


def _open(d: Deciding, command: cmd.TakeMessage) -> None:
    seen = command.seen
    d.add(
        ev.ConversationOpened(
            opened_at=d.at,
            contact_id=command.contact_id,
            number_id=command.number_id,
            phone=seen.peer.phone,
            lid=seen.peer.lid,
            name=seen.push_name,
        )
    )
    promises.episode_began(d)
    placing.opened(d)


def _identify(d: Deciding, peer: Peer) -> None:
    phone, lid = d.state.phone or peer.phone, d.state.lid or peer.lid
    if (phone, lid) != (d.state.phone, d.state.lid):
        d.add(ev.ConversationIdentified(phone=phone, lid=lid))


def _received(state: Conversation, command: cmd.TakeMessage, now: Moment, *, unread: int) -> ev.MessageReceived:
    seen = command.seen
    return ev.MessageReceived(
        message_id=next(now.ids),
        key_id=seen.key_id,
        jid=seen.peer.jid,
        sent_at=min(seen.sent_at, now.at),
        unread_count=state.unread_count + unread,
        quoted_message_id=_quoted(state, seen, command.quoted),
        quoted_key_id=seen.quoted_key_id,
        rings=bool(now.house.pushed) and now.at - seen.sent_at < NEWS,
        content=seen.content,
    )


def _quoted(state: Conversation, seen: MessageSeen, known: cmd.Known | None) -> int | None:
    if seen.quoted_key_id is None:
        return None
    recent = state.find_key(seen.quoted_key_id)
    if recent is not None:
        return recent.id
    return known.message_id if known is not None else None


def _ours(d: Deciding, command: cmd.TakeMessage) -> None:
    """A message from our number: the echo of one that is under way, or one that was written elsewhere."""
    seen, state = command.seen, d.state
    under_way = next((each for each in state.pending if _is_echo(seen, each, replayed=command.replayed)), None)
    if under_way is not None:
        d.add(ev.MessageSent(message_id=under_way.id, key_id=seen.key_id, how="echo"))
        return
    if not state.begun:
        _open(d, command)
    elif state.status == "resolved":
        resolving.reopen(d, "reply")
    _identify(d, seen.peer)
    author = ev.Author("phone") if seen.via == "phone" else ev.Author("api", name="another program")
    echoed = ev.MessageEchoed(
        message_id=next(d.now.ids),
        key_id=seen.key_id,
        sent_at=min(seen.sent_at, d.at),
        author=author,
        quoted_message_id=_quoted(d.state, seen, command.quoted),
        quoted_key_id=seen.quoted_key_id,
        content=seen.content,
    )
    unread = d.state.unread_count, d.state.unread_keys
    d.add(echoed)
    _person_spoke(d, author, unread)


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
    if state.deleted or not (state.begun or command.contact_id):
        raise NotFound("conversation")
    if command.newer:
        raise Conflict(
            f"The customer has written {command.newer} message{'s' * (command.newer != 1)} since you read. "
            "Read them, then send again with the new offset.",
            code="NEWER_MESSAGES",
        )
    quoted = _quotable(state, command.quoted_message_id, command.quoted)
    d = Deciding(state, now)
    if not state.begun:
        _opened_by_us(d, command)
    else:
        _adopt(d, command.contact_id)
    if state.status == "resolved":
        resolving.reopen(d, "reply")
    message_id = next(now.ids)
    d.add(
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
        d.add(_stored(message_id, command.media_sha256, command.content.media))
    _person_spoke(d, command.author, (state.unread_count, state.unread_keys))
    return d.events


def _opened_by_us(d: Deciding, command: cmd.Send) -> None:
    d.add(
        ev.ConversationOpened(
            opened_at=d.at,
            contact_id=command.contact_id,
            number_id=command.number_id,
            phone=command.phone,
            name=command.name,
        )
    )
    promises.episode_began(d)


def _stored(message_id: int, sha256: str, media: Media) -> ev.MediaStored:
    return ev.MediaStored(
        message_id=message_id, mime=media.mime, bytes=media.bytes or 0, sha256=sha256, stored_as=sha256
    )


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


def _person_spoke(d: Deciding, author: ev.Author, unread: tuple[int, tuple[str, ...]]) -> None:
    """A person's word: it answers, it silences, and whoever wrote it has read what was there."""
    promises.answered(d, author)
    automation.person_spoke(d, "A person answered.")
    plan_close(d)
    count, keys = unread
    if count:
        d.add(ev.ConversationRead(keys=keys))


@decide.on(cmd.Update)
def update(state: Conversation, command: cmd.Update, now: Moment) -> Sequence[Event]:
    """Change what was sent along and is different."""
    _must_exist(state)
    d = Deciding(state, now)
    by = f"user:{command.by}"
    if "contact_name" in command.fields and command.name != state.name:
        d.add(ev.ConversationRenamed(name=command.name))
    if "notes" in command.fields and command.notes != state.notes:
        d.add(ev.ConversationAnnotated(notes=command.notes))
    if "sector_id" in command.fields:
        placing.route(d, command.sector_id, by)
    if "assigned_user_id" in command.fields:
        placing.assign(d, command.assigned_user_id, by)
    if "status" in command.fields and command.status not in (None, state.status):
        if command.status == "resolved":
            resolving.resolve(d, by)
        else:
            resolving.reopen(d, "asked")
    return d.events


@decide.on(cmd.GiveBack)
def give_back(state: Conversation, command: cmd.GiveBack, now: Moment) -> Sequence[Event]:
    """The house's automation leads again, from the customer's next word on."""
    _must_exist(state)
    return [ev.ConversationGivenBack(by=command.by)] if state.mode == "human" else []


@decide.on(cmd.TakeOver)
def take_over(state: Conversation, command: cmd.TakeOver, now: Moment) -> Sequence[Event]:
    """A person leads: nothing speaks by itself any more."""
    _must_exist(state)
    if state.mode == "human":
        return []
    d = Deciding(state, now)
    automation.person_spoke(d, "A person took over.")
    d.add(ev.ConversationHandedOver(why=f"user:{command.by}"))
    return d.events


@decide.on(cmd.StartFlow)
def start_flow(state: Conversation, command: cmd.StartFlow, now: Moment) -> Sequence[Event]:
    """Start a published flow by hand; it leads, whoever did before."""
    _must_exist(state)
    d = Deciding(state, now)
    flow = d.house.flows.get(command.flow_id)
    if flow is None or not flow.version:
        raise Invalid({"flow_id": ["This is not one of the workspace's published flows."]})
    if state.status == "resolved":
        resolving.reopen(d, "asked")
    automation.person_spoke(d, "A person started a flow.")
    flowing.start(d, flow)
    return d.events


@decide.on(cmd.HoursChanged)
def hours_changed(state: Conversation, command: cmd.HoursChanged, now: Moment) -> Sequence[Event]:
    """What was promised is kept, what remains is laid out anew."""
    d = Deciding(state, now)
    if state.begun and not state.deleted and state.status != "resolved":
        promises.hours_changed(d)
    return d.events


decide.on(cmd.Claim)(placing.claim)
decide.on(cmd.Label)(placing.label)
decide.on(cmd.Place)(placing.place)
decide.on(cmd.Forget)(placing.forget)
decide.on(cmd.FollowContact)(placing.follow)
decide.on(cmd.Schedule)(scheduling.schedule)
decide.on(cmd.Unschedule)(scheduling.unschedule)


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
    d = Deciding(state, now)
    if state.status != "resolved":
        placing.freed(d, state.assigned_user_id)
    d.add(
        ev.ConversationDeleted(
            contact_id=state.contact_id,
            number_id=state.number_id,
            files=command.files,
            cancelled=(
                *(f"send-{each.id}" for each in state.pending),
                *([f"ai-{state.turn.id}"] if state.turn else []),
            ),
        )
    )
    return d.events


def _must_exist(state: Conversation) -> None:
    if state.deleted or not state.begun:
        raise NotFound("conversation")
