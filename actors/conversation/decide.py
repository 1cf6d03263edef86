"""What a conversation decides. Pure: time, ids and the business's settings come in with `now`.

Here is what people ask for. What arrives in the chat is decided in `arriving.py`, what happens to a message in
`updates.py`; the business's automation has its say in the order that `automation.py` states. A person's word (panel,
API, typed on the phone) meets the clock and silences what would have spoken by itself (`answering.py`). What the outbox
reports is decided in `sending.py`, timers in `clock.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from plixa.actors.conversation import (
    arriving,
    automation,
    broadcasting,
    closed,
    commands as cmd,
    events as ev,
    flowing,
    notices,
    placing,
    promises,
    resolving,
    scheduling,
    updates,
)
from plixa.actors.conversation.answering import person_spoke
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.speaking import stored_as
from plixa.actors.conversation.state import Conversation
from plixa.actors.flows.library import FLOWS
from plixa.engine.actor import Moment
from plixa.engine.dispatch import Decider
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event

decide: Decider[Conversation] = Decider()
decide.on(cmd.TakeMessage)(arriving.take_message)
decide.on(cmd.TakeUpdate)(updates.take_update)
decide.on(cmd.SendBroadcast)(broadcasting.send)
decide.on(cmd.Tell)(notices.tell)
decide.on(cmd.AgendaCameBack)(notices.came_back)


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
        arriving.adopt(d, command.contact_id)
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
        d.add(stored_as(message_id, command.media_sha256, command.content.media))
    person_spoke(d, command.author, (state.unread_count, state.unread_keys))
    return d.events


def _opened_by_us(d: Deciding, command: cmd.Send) -> None:
    d.add(
        ev.ConversationOpened(
            opened_at=d.at,
            contact_id=command.contact_id,
            number_id=command.number_id,
            phone=command.phone,
        )
    )
    arriving.call_by_name(d, command.name)
    promises.episode_began(d)


def _quotable(state: Conversation, message_id: int | None, known: cmd.KnownMessage | None) -> str | None:
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
    """An internal note: stored and shown to the business, never sent."""
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
    """The business's automation leads again, from the customer's next word on."""
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
    flow = FLOWS.of(d.workspace).get(command.flow_id)
    if flow is None or not flow.version:
        raise Invalid({"flow_id": ["This is not one of the workspace's published flows."]})
    if state.status == "resolved":
        resolving.reopen(d, "asked")
    automation.person_spoke(d, "A person started a flow.")
    flowing.start(d, flow)
    return d.events


@decide.on(cmd.HoursChanged)
def hours_changed(state: Conversation, command: cmd.HoursChanged, now: Moment) -> Sequence[Event]:
    """What was promised is kept, what remains is laid out anew; what waits for the business to open waits anew."""
    d = Deciding(state, now)
    if state.begun and not state.deleted and state.status != "resolved":
        promises.hours_changed(d)
        closed.hours_changed(d)
    return d.events


decide.on(cmd.Claim)(placing.claim)
decide.on(cmd.Label)(placing.label)
decide.on(cmd.Place)(placing.place)
decide.on(cmd.Forget)(placing.forget)
decide.on(cmd.FollowContact)(placing.follow)
decide.on(cmd.FollowName)(placing.follow_name)
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
    """Seen by somebody of the business: for all the first time, for this member as far as it goes."""
    _must_exist(state)
    d = Deciding(state, now)
    if state.unread_count:
        keys = state.unread_keys if command.tell_contact else ()
        d.add(ev.ConversationRead(user_id=command.user_id, keys=keys))
    last = state.last_message_id or 0
    if command.in_person and state.seen.get(command.user_id, 0) < last:
        d.add(ev.ConversationSeen(user_id=command.user_id, upto=last))
    return d.events


@decide.on(cmd.Delete)
def delete(state: Conversation, command: cmd.Delete, now: Moment) -> Sequence[Event]:
    """Erase it. Doing it twice is an error of the second."""
    _must_exist(state)
    d = Deciding(state, now)
    if state.is_live and state.merged_into is None:
        placing.freed(d, state.assigned_user_id)
    d.add(
        ev.ConversationDeleted(
            contact_id=state.contact_id,
            number_id=state.number_id,
            parts=state.parts,
            part_of=state.merged_into,
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
