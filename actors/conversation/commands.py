"""What a conversation can be asked or told."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from plixa.actors.assignment.choice import Considered
from plixa.actors.conversation.events import Author, LastMessage
from plixa.actors.conversation.state import Conversation
from plixa.actors.whatsapp.gateway import Content, Media, MessageSeen, MessageUpdate
from plixa.engine.actor import Command


class KnownMessage(Struct, frozen=True):
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
    erased: it was erased on purpose and must not come back. parts_asked: it is not the echo of what was under way in a
    conversation that was merged into this one. called: what the address book calls the customer, "" for nothing, where
    the conversation is new. greeted: this contact was greeted before, here or in another conversation.
    """

    seen: MessageSeen
    contact_id: int
    number_id: int
    replayed: bool = False
    quoted: KnownMessage | None = None
    erased: bool = False
    parts_asked: bool = False
    called: str | None = None
    greeted: bool = False

    def identity(self) -> bytes:
        """A webhook, its second delivery and a look-back bring the same message, with small differences."""
        return f"{self.number_id} {self.seen.key_id}".encode()


class TakeUpdate(Command, frozen=True, kw_only=True, tag=True):
    """A tick, an edit, a deletion or a reaction. `known` is filled in by the shell where memory does not reach."""

    update: MessageUpdate
    known: KnownMessage | None = None


class SendNumbered(Command, frozen=True, kw_only=True, tag=True):
    """The gateway has no buttons for this message: from here on it goes out as numbered text."""

    message_id: int
    why: str


class Send(Command, frozen=True, kw_only=True, tag=True):
    """Send a message to the customer. Its id is fresh; the answer is the `MessageQueued` event.

    based_on: the log's offset up to which the author had read; `newer`, filled in by the shell, says how many messages
    of the customer's have come since.
    """

    author: Author
    content: Content
    quoted_message_id: int | None = None
    quoted: KnownMessage | None = None
    media_sha256: str | None = None
    number_id: int = 0
    contact_id: int = 0
    phone: str | None = None
    name: str | None = None
    based_on: int | None = None
    newer: int = 0


class SendBroadcast(Command, frozen=True, kw_only=True, tag=True):
    """One of many gets this message. The contact's details are for a conversation that begins with it."""

    broadcast_id: int
    place: int
    content: Content
    number_id: int = 0
    contact_id: int = 0
    phone: str | None = None
    name: str | None = None
    stranger: bool = False


class Tell(Command, frozen=True, kw_only=True, tag=True):
    """Tell the customer something of the business's own accord, once: `key` says what it is for, `why` by which rule.

    subject: what the options (by action and label) are about. hands_over: a person leads from here on, for this reason.
    file: a document instead of words, which is `stored` already.
    """

    key: str
    why: str
    text: str = ""
    subject: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    locale: str = "en"
    hands_over: str | None = None
    file: Media | None = None
    stored: str | None = None


class AgendaCameBack(Command, frozen=True, kw_only=True, tag=True):
    """What the customer made of a service's free times. A flow may wait for it; a person is wanted in any case."""

    service_id: int
    outcome: Literal["booked", "none", "waitlisted", "person"]


class AddNote(Command, frozen=True, kw_only=True, tag=True):
    """Write an internal note."""

    author: Author
    content: Content
    quoted_message_id: int | None = None
    quoted: KnownMessage | None = None


class Update(Command, frozen=True, kw_only=True, tag=True):
    """Change what was sent along, leave the rest: `fields` names them."""

    fields: tuple[str, ...]
    name: str | None = None
    notes: str | None = None
    assigned_user_id: int | None = None
    sector_id: int | None = None
    status: Literal["open", "resolved"] | None = None
    by: int | None = None


class Snooze(Command, frozen=True, kw_only=True, tag=True):
    """Hide until then; None wakes it."""

    until: datetime | None


class MarkRead(Command, frozen=True, kw_only=True, tag=True):
    """Somebody of the business has read it. `tell_contact`: let WhatsApp show the blue ticks. `in_person`: the member
    looked themselves; an integration with their token says nothing of what they have seen.
    """

    user_id: int
    tell_contact: bool = True
    in_person: bool = True


class Delete(Command, frozen=True, kw_only=True, tag=True):
    """Erase the conversation and everything in it.

    as_part: the conversation that it was merged into is erased, with its messages.
    """

    as_part: bool = False


class MergeAway(Command, frozen=True, kw_only=True, tag=True):
    """It is a part of `into_id` from now on. Merges have ascending ids: the latest counts."""

    into_id: int
    merge_id: int
    by: int | None = None


class Absorb(Command, frozen=True, kw_only=True, tag=True):
    """`part`, which was merged away, is a part of this one now. `seen` and `last` are filled in by the shell: see
    `ConversationAbsorbed`."""

    part: Conversation
    merge_id: int
    by: int | None = None
    seen: dict[int, int] = {}  # noqa: RUF012  # msgspec copies an empty default
    last: LastMessage | None = None


class GiveBack(Command, frozen=True, kw_only=True, tag=True):
    """Let the business's automation lead again."""

    by: int | None = None


class TakeOver(Command, frozen=True, kw_only=True, tag=True):
    """A person leads from here on, without having written yet."""

    by: int | None = None


class Claim(Command, frozen=True, kw_only=True, tag=True):
    """Assign it to oneself, if it is nobody's."""

    user_id: int


class Label(Command, frozen=True, kw_only=True, tag=True):
    """Attach or detach a label."""

    label_id: int
    attach: bool
    why: str


class Place(Command, frozen=True, kw_only=True, tag=True):
    """What the dispatcher decided: a member, or (None) the queue."""

    user_id: int | None
    why: str
    rule_id: int | None = None
    waits_for: int | None = None
    considered: tuple[Considered, ...] = ()


class Forget(Command, frozen=True, kw_only=True, tag=True):
    """Something whose id it holds is gone."""

    gone: Literal["label", "sector", "member", "contact", "number"]
    id: int


class FollowName(Command, frozen=True, kw_only=True, tag=True):
    """The business calls the contact by this name."""

    contact_id: int
    name: str


class FollowContact(Command, frozen=True, kw_only=True, tag=True):
    """It belongs to this contact from now on."""

    contact_id: int


class Informed(Command, frozen=True, kw_only=True, tag=True):
    """Another command, with what only the address book knows: the contact's custom fields, by key."""

    command: Any
    contact: dict[str, str]


class HoursChanged(Command, frozen=True, tag=True):
    """The business opens at other hours now."""


class StartFlow(Command, frozen=True, kw_only=True, tag=True):
    """Start this flow by hand, from the beginning."""

    flow_id: int


class Schedule(Command, frozen=True, kw_only=True, tag=True):
    """Send this at `due`; `only_if_silent`: not if the customer writes before."""

    due: datetime
    author: Author
    content: Content
    only_if_silent: bool = True


class Unschedule(Command, frozen=True, kw_only=True, tag=True):
    scheduled_id: int


ConversationCommand = (
    TakeMessage
    | TakeUpdate
    | Send
    | SendBroadcast
    | AddNote
    | Update
    | Snooze
    | MarkRead
    | Delete
    | MergeAway
    | Absorb
    | GiveBack
    | TakeOver
    | Claim
    | Label
    | Place
    | Forget
    | FollowContact
    | HoursChanged
    | StartFlow
    | Schedule
    | Unschedule
)
