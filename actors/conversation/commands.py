"""What a conversation can be asked or told."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from plixa.actors.conversation.events import Author
from plixa.actors.gateway import Content, MessageSeen, MessageUpdate
from plixa.engine.actor import Command


class Known(Struct, frozen=True):
    """An older message, as the read model has it: for what the actor does not keep in memory."""

    message_id: int
    key_id: str | None
    direction: Literal["inbound", "outbound"]
    status: str
    is_note: bool = False
    deleted: bool = False


class TakeMessage(Command, frozen=True, kw_only=True, tag=True):
    """The gateway brought a message. `contact_id` and `number_id` are what the peer was resolved to.

    replayed: it comes from a look-back, not live. quoted: the message it answers, if that is an older one.
    erased: it was erased on purpose and must not come back.
    """

    seen: MessageSeen
    contact_id: int
    number_id: int
    replayed: bool = False
    quoted: Known | None = None
    erased: bool = False


class TakeUpdate(Command, frozen=True, kw_only=True, tag=True):
    """A tick, an edit, a deletion or a reaction. `known` is filled in by the shell where memory does not reach."""

    update: MessageUpdate
    known: Known | None = None


class Send(Command, frozen=True, kw_only=True, tag=True):
    """Send a message to the customer. Its id is fresh; the answer is the `MessageQueued` event."""

    author: Author
    content: Content
    quoted_message_id: int | None = None
    quoted: Known | None = None
    media_sha256: str | None = None
    number_id: int = 0
    contact_id: int = 0
    phone: str | None = None
    name: str | None = None


class AddNote(Command, frozen=True, kw_only=True, tag=True):
    """Write an internal note."""

    author: Author
    content: Content
    quoted_message_id: int | None = None
    quoted: Known | None = None


class Update(Command, frozen=True, kw_only=True, tag=True):
    """Change what was sent along, leave the rest: `fields` names them."""

    fields: tuple[str, ...]
    name: str | None = None
    notes: str | None = None
    assigned_user_id: int | None = None
    status: Literal["open", "resolved"] | None = None
    by: int | None = None


class Snooze(Command, frozen=True, kw_only=True, tag=True):
    """Hide until then; None wakes it."""

    until: datetime | None


class MarkRead(Command, frozen=True, kw_only=True, tag=True):
    """Somebody of the house has read it. `tell_contact`: let WhatsApp show the blue ticks."""

    user_id: int
    tell_contact: bool = True


class Delete(Command, frozen=True, kw_only=True, tag=True):
    """Erase the conversation and everything in it. `files` is filled in by the shell."""

    files: tuple[str, ...] = ()


ConversationCommand = TakeMessage | TakeUpdate | Send | AddNote | Update | Snooze | MarkRead | Delete
