"""What happens to a message that is here: ticks, edits, deletions, reactions. Webhooks overtake each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.state import Change, Conversation
from plixa.actors.whatsapp.gateway import DeleteSeen, EditSeen, ReactionSeen, StatusSeen
from plixa.engine.actor import Moment
from plixa.engine.events import Event

LADDER = ("unknown", "queued", "sending", "sent", "delivered", "read", "played")
"""Statuses only climb. `failed` is a step aside: it is taken from below `delivered` only, and never left."""


def take_update(state: Conversation, command: cmd.TakeUpdate, now: Moment) -> Sequence[Event]:
    """A tick, an edit, a deletion or a reaction on a message of this conversation."""
    update = command.update
    recent = state.find_key(update.key_id)
    known = command.known
    if recent is not None:
        known = cmd.KnownMessage(recent.id, recent.key_id, recent.direction, recent.status, deleted=recent.deleted)
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


def _tick(state: Conversation, known: cmd.KnownMessage, update: StatusSeen) -> Sequence[Event]:
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
