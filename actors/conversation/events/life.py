"""A conversation from its beginning to its erasure: episodes, names, what was read, sleep, and merging."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from plixa.actors.conversation.events.broadcasts import Broadcasted
from plixa.actors.conversation.events.common import Mode
from plixa.engine.events import Event, event


@event("conversation.opened", personal=("phone", "lid", "name"))
class ConversationOpened(Event, frozen=True, kw_only=True):
    """The first word between a number and a contact. at_rest: they are one of many, and nothing is to do until they
    write."""

    opened_at: datetime
    contact_id: int
    number_id: int
    phone: str | None = None
    lid: str | None = None
    name: str | None = None
    at_rest: bool = False


@event("conversation.identified", personal=("phone", "lid"))
class ConversationIdentified(Event, frozen=True, kw_only=True):
    """WhatsApp told another address of the contact; these are all that are known now."""

    phone: str | None = None
    lid: str | None = None


@event("conversation.renamed", personal=("name",))
class ConversationRenamed(Event, frozen=True, kw_only=True):
    """The contact's label; `by_contact` when it is their own name for themselves.

    learn_id: given where the address book may not have a name for them yet, and learns it by this.
    """

    by_contact: bool = False
    learn_id: int | None = None
    name: str | None = None


@event("conversation.annotated", personal=("notes",))
class ConversationAnnotated(Event, frozen=True, kw_only=True):
    notes: str | None = None


@event("conversation.read")
class ConversationRead(Event, frozen=True, kw_only=True):
    """Somebody of the business has seen it. `keys` are the customer's messages to be ticked blue."""

    user_id: int | None = None
    keys: tuple[str, ...] = ()


@event("conversation.seen")
class ConversationSeen(Event, frozen=True, kw_only=True):
    """A member has read up to this message. What they write themselves they have seen, too; that needs no event."""

    user_id: int
    upto: int


@event("conversation.snoozed")
class ConversationSnoozed(Event, frozen=True, kw_only=True):
    until: datetime


@event("conversation.woken")
class ConversationWoken(Event, frozen=True, kw_only=True):
    why: Literal["due", "asked", "customer", "merged"]


@event("close.planned")
class ClosePlanned(Event, frozen=True, kw_only=True):
    """If the customer stays silent until `due`, the conversation is resolved by itself."""

    due: datetime


@event("conversation.resolved")
class ConversationResolved(Event, frozen=True, kw_only=True):
    """The end of an episode. why: `user:7`, `flow` or `auto_close`. mode: who led until then.

    flow_id: the flow that led it to its end, be it that the customer fell silent.
    """

    resolved_at: datetime
    why: str
    episode: int = 0
    mode: Mode | None = None
    flow_id: int | None = None


@event("conversation.reopened")
class ConversationReopened(Event, frozen=True, kw_only=True):
    """The beginning of the next episode: `episode` is one more than the number of the one that had ended.

    placed: why it stays with who had it, or goes to the queue, in plain words.
    """

    why: Literal["customer", "asked", "reply", "merged"]
    at: datetime | None = None
    episode: int = 0
    placed: str | None = None


class LastMessage(Struct, frozen=True, omit_defaults=True):
    """A message, as far as lists show it."""

    id: int
    direction: Literal["inbound", "outbound"]
    type: str
    body: str | None
    created_at: datetime


@event("conversation.merged")
class ConversationMerged(Event, frozen=True, kw_only=True):
    """It is a part of `into_id` from now on. What was under way to the customer still goes out, and is told there."""

    into_id: int
    merge_id: int
    by: int | None = None


@event("conversation.absorbed", personal=("captured", "jid", "last"))
class ConversationAbsorbed(Event, frozen=True, kw_only=True):
    """Another conversation of the same customer is a part of this one from now on, its messages among these.

    What follows are the values that this leads to. parts: all that were ever merged into it. shift: how many episodes
    lie before the first of the other one's. seen: up to which message each member has read what is here now.
    kept, dropped: scheduled messages of the other one that go on here, and that do not, for the customer has written
    here since. changes: recent edits and reactions, as `state.Change` has them. last: the last message, if it is the
    other one's. The rest is what a conversation has.
    """

    from_id: int
    merge_id: int
    by: int | None
    parts: tuple[int, ...]
    shift: int
    episode: int
    unread_count: int
    unread_keys: tuple[str, ...]
    last_message_id: int | None
    last_activity_at: datetime | None
    created_at: datetime | None
    wrote_this_episode: bool
    waiting_since: datetime | None = None
    close_due: datetime | None = None
    closed_told_until: datetime | None = None
    closed_told_at: datetime | None = None
    flows_done: tuple[int, ...] = ()
    changes: tuple[tuple[int, Literal["edit", "contact", "us"], datetime], ...] = ()
    seen: dict[int, int] = {}  # noqa: RUF012  # msgspec copies an empty default
    kept: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    broadcasts: tuple[Broadcasted, ...] = ()
    captured: dict[str, str] = {}  # noqa: RUF012  # msgspec copies an empty default
    jid: str | None = None
    last: LastMessage | None = None


@event("conversation.deleted")
class ConversationDeleted(Event, frozen=True, kw_only=True):
    """Erased: rows and key go, the log stays whole. `parts`: the conversations that were merged into it go, too.

    part_of: the conversation, erased before it, that it was merged into; what came late of its files is there.
    files: what earlier releases erased by their names; by now the sweeper finds them (`http/conversation/erasing.py`).
    """

    contact_id: int | None = None
    number_id: int = 0
    parts: tuple[int, ...] = ()
    part_of: int | None = None
    files: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
