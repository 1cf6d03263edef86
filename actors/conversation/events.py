"""What can have happened in a conversation. Each event carries the values that it leads to, so that whoever watches
needs no knowledge of the rules (see `view.py`)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from plixa.actors.gateway import Content, Kind
from plixa.engine.events import Event, event

Status = Literal["open", "pending", "resolved"]
Mode = Literal["flow", "ai", "human", "idle"]
Tick = Literal["sent", "delivered", "read", "played", "failed"]
ERASED = Content(Kind.UNSUPPORTED, None, "erased")


class Author(Struct, frozen=True, omit_defaults=True):
    """Who wrote: `id` is a user's or a token's, `name` as it was at the time."""

    kind: Literal["contact", "user", "ai", "flow", "system", "api", "phone"]
    id: int | None = None
    name: str | None = None


@event("conversation.opened", personal=("phone", "lid", "name"))
class ConversationOpened(Event, frozen=True, kw_only=True):
    """The first word between a number and a contact."""

    opened_at: datetime
    contact_id: int
    number_id: int
    phone: str | None = None
    lid: str | None = None
    name: str | None = None


@event("message.received", personal=("content", "jid"))
class MessageReceived(Event, frozen=True, kw_only=True):
    """The customer wrote. `jid` is the address to answer to."""

    message_id: int
    key_id: str
    sent_at: datetime
    unread_count: int
    quoted_message_id: int | None = None
    quoted_key_id: str | None = None
    jid: str = ""
    content: Content = ERASED


@event("message.echoed", personal=("content",))
class MessageEchoed(Event, frozen=True, kw_only=True):
    """Our side wrote, but not through us: typed on the phone, or by another program on the same number."""

    message_id: int
    key_id: str
    sent_at: datetime
    author: Author
    quoted_message_id: int | None = None
    quoted_key_id: str | None = None
    content: Content = ERASED


@event("message.queued", personal=("content",))
class MessageQueued(Event, frozen=True, kw_only=True):
    """Accepted for sending: from here on it is either sent or shown as failed. `why` names the rule behind an
    automatic message."""

    queued_at: datetime
    message_id: int
    author: Author
    quoted_message_id: int | None = None
    quoted_key_id: str | None = None
    why: str | None = None
    content: Content = ERASED


@event("message.noted", personal=("content",))
class MessageNoted(Event, frozen=True, kw_only=True):
    """An internal note. It never leaves the house."""

    noted_at: datetime
    message_id: int
    author: Author
    quoted_message_id: int | None = None
    content: Content = ERASED


@event("message.sending")
class MessageSending(Event, frozen=True, kw_only=True):
    """The gateway is about to be called."""

    message_id: int
    attempt: int
    at: datetime


@event("message.sent")
class MessageSent(Event, frozen=True, kw_only=True):
    """The gateway has it; `how` says how we know: its answer, its echo, or a look-up.

    `key_id` is None when the echo was taken for another program's message before: that one has the key.
    """

    message_id: int
    key_id: str | None
    how: Literal["answer", "echo", "lookup"] = "answer"


@event("message.deferred")
class MessageDeferred(Event, frozen=True, kw_only=True):
    """It certainly did not go out, and is tried again at `retry_at`."""

    message_id: int
    reason: str
    retry_at: datetime


@event("message.failed")
class MessageFailed(Event, frozen=True, kw_only=True):
    """It did not go out and will not be tried again."""

    message_id: int
    reason: str


@event("message.uncertain")
class MessageUncertain(Event, frozen=True, kw_only=True):
    """It may have gone out. It is looked up at the gateway before anything else happens to it."""

    message_id: int
    reason: str


@event("message.ticked")
class MessageTicked(Event, frozen=True, kw_only=True):
    """WhatsApp's word on a message. Only ever forward."""

    message_id: int
    status: Tick


@event("message.edited", personal=("body",))
class MessageEdited(Event, frozen=True, kw_only=True):
    """A new text. `last`: it is the conversation's last message, whose text lists show."""

    message_id: int
    edited_at: datetime
    last: bool = False
    body: str | None = None


@event("message.deleted")
class MessageDeleted(Event, frozen=True, kw_only=True):
    """Deleted for everyone. The text stays readable for the house, marked as deleted."""

    message_id: int


@event("message.reacted", personal=("emoji",))
class MessageReacted(Event, frozen=True, kw_only=True):
    """An emoji on a message; empty takes it away."""

    message_id: int
    by: Literal["contact", "us"]
    reacted_at: datetime | None = None
    emoji: str = ""


@event("media.stored")
class MediaStored(Event, frozen=True, kw_only=True):
    """The bytes of a message's file are with us."""

    message_id: int
    mime: str
    bytes: int
    sha256: str
    stored_as: str


@event("media.lost")
class MediaLost(Event, frozen=True, kw_only=True):
    """The bytes cannot be had; `reason` is for the agent."""

    message_id: int
    reason: str


@event("conversation.read")
class ConversationRead(Event, frozen=True, kw_only=True):
    """Somebody of the house has seen it. `keys` are the customer's messages to be ticked blue."""

    user_id: int | None = None
    keys: tuple[str, ...] = ()


@event("conversation.identified", personal=("phone", "lid"))
class ConversationIdentified(Event, frozen=True, kw_only=True):
    """WhatsApp told another address of the contact; these are all that are known now."""

    phone: str | None = None
    lid: str | None = None


@event("conversation.renamed", personal=("name",))
class ConversationRenamed(Event, frozen=True, kw_only=True):
    """The contact's label; `by_contact` when it is their own name for themselves."""

    by_contact: bool = False
    name: str | None = None


@event("conversation.annotated", personal=("notes",))
class ConversationAnnotated(Event, frozen=True, kw_only=True):
    notes: str | None = None


@event("conversation.assigned")
class ConversationAssigned(Event, frozen=True, kw_only=True):
    """Who looks after it now; None for nobody. `why` says which rule or person decided."""

    assigned_user_id: int | None
    why: str


@event("conversation.snoozed")
class ConversationSnoozed(Event, frozen=True, kw_only=True):
    until: datetime


@event("conversation.woken")
class ConversationWoken(Event, frozen=True, kw_only=True):
    why: Literal["due", "asked", "customer"]


@event("conversation.resolved")
class ConversationResolved(Event, frozen=True, kw_only=True):
    resolved_at: datetime
    why: str


@event("conversation.reopened")
class ConversationReopened(Event, frozen=True, kw_only=True):
    why: Literal["customer", "asked", "reply"]


@event("conversation.deleted")
class ConversationDeleted(Event, frozen=True, kw_only=True):
    """Erased: rows and key go, the log stays whole."""

    contact_id: int | None = None
    number_id: int = 0
    files: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()


@event("welcome.planned")
class WelcomePlanned(Event, frozen=True, kw_only=True):
    """First contact: the greeting goes out at `due`. The text is the one set at that moment."""

    due: datetime
    delay_seconds: int


@event("welcome.sent")
class WelcomeSent(Event, frozen=True, kw_only=True):
    """The greeting is on its way, as the message `message_id`."""

    message_id: int


@event("welcome.dropped")
class WelcomeDropped(Event, frozen=True, kw_only=True):
    why: str


@event("sla.started")
class SlaStarted(Event, frozen=True, kw_only=True):
    """A promise to the customer. The target is the one of that moment, whatever the setting becomes."""

    clock: Literal["first_response"]
    target_seconds: int
    due_at: datetime


@event("sla.met")
class SlaMet(Event, frozen=True, kw_only=True):
    clock: Literal["first_response"]
    met_at: datetime


@event("sla.breached")
class SlaBreached(Event, frozen=True, kw_only=True):
    clock: Literal["first_response"]
    due_at: datetime
