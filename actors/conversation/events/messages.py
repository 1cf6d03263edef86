"""What is said: by the customer, by us, and what becomes of it on its way."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec.structs import asdict, replace

from plixa.actors.conversation.events.automation import AnswerGiven, AnswerPlanned, FlowStepped
from plixa.actors.conversation.events.broadcasts import OneOfMany
from plixa.actors.conversation.events.common import ERASED, Author, Tick
from plixa.actors.conversation.events.together import Given, Planned, Stepped, words_of
from plixa.actors.flows.run import Run
from plixa.actors.whatsapp.gateway import Content
from plixa.engine.events import Event, event


@event("message.received", personal=("content", "jid"))
class MessageReceived(Event, frozen=True, kw_only=True):
    """The customer wrote. `jid` is the address to answer to. `rings`: somebody's browser is to be told.

    aside: they did something in the chat and said nothing. plan: something may answer by itself (`together.py`).
    """

    message_id: int
    key_id: str
    sent_at: datetime
    unread_count: int
    quoted_message_id: int | None = None
    quoted_key_id: str | None = None
    jid: str = ""
    rings: bool = False
    aside: bool = False
    content: Content = ERASED
    plan: Planned | None = None

    def stands_for(self) -> tuple[Event, ...]:
        """See `Event.stands_for`."""
        if self.plan is None:
            return (self,)
        planned = AnswerPlanned(
            burst_id=self.plan.burst_id,
            upto=self.message_id,
            began_at=self.plan.began_at,
            due=self.plan.due,
            choice=self.content.choice,
            text=words_of(self.content),
        )
        return (replace(self, plan=None), planned)


@event("message.revealed", personal=("content",))
class MessageRevealed(Event, frozen=True, kw_only=True):
    """What could not be read when it came can be read now. `last`: it is the conversation's last message."""

    message_id: int
    key_id: str
    sent_at: datetime
    unread_count: int
    quoted_message_id: int | None = None
    last: bool = False
    rings: bool = False
    content: Content = ERASED


@event("message.echoed", personal=("content",))
class MessageEchoed(Event, frozen=True, kw_only=True):
    """Our side wrote, but not through us: typed on the phone, or by another program on the same number.

    aside: it did something in the chat and said nothing.
    """

    message_id: int
    key_id: str
    sent_at: datetime
    author: Author
    quoted_message_id: int | None = None
    quoted_key_id: str | None = None
    aside: bool = False
    content: Content = ERASED


@event("message.queued", personal=("content", "run"))
class MessageQueued(Event, frozen=True, kw_only=True):
    """Accepted for sending: from here on it is either sent or shown as failed. `why` names the rule behind an
    automatic message; `broadcast`: it is one of many. given, step, run: it is the answer to a burst, and with it a flow
    took this step (`together.py`)."""

    queued_at: datetime
    message_id: int
    author: Author
    quoted_message_id: int | None = None
    quoted_key_id: str | None = None
    why: str | None = None
    broadcast: OneOfMany | None = None
    content: Content = ERASED
    given: Given | None = None
    step: Stepped | None = None
    run: Run | None = None

    def stands_for(self) -> tuple[Event, ...]:
        """See `Event.stands_for`."""
        given, step = self.given, self.step
        if given is None and step is None:
            return (self,)
        parts: list[Event] = [replace(self, given=None, step=None, run=None)]
        if given is not None:
            parts.insert(0, AnswerGiven(**asdict(given)))
        if step is not None:
            parts.append(FlowStepped(**asdict(step), run=self.run))
        return tuple(parts)


@event("message.noted", personal=("content",))
class MessageNoted(Event, frozen=True, kw_only=True):
    """An internal note. It never leaves the business."""

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
    moved_to: int | None = None


@event("message.numbered")
class MessageNumbered(Event, frozen=True, kw_only=True):
    """Its options go out as the numbers in its text, not to be tapped: `why` is the gateway's word."""

    message_id: int
    why: str
    moved_to: int | None = None


@event("message.sent")
class MessageSent(Event, frozen=True, kw_only=True):
    """The gateway has it; `how` says how we know: its answer, its echo, or a look-up.

    `key_id` is None when the echo was taken for another program's message before: that one has the key.
    """

    message_id: int
    key_id: str | None
    how: Literal["answer", "echo", "lookup"] = "answer"
    moved_to: int | None = None


@event("message.deferred")
class MessageDeferred(Event, frozen=True, kw_only=True):
    """It certainly did not go out, and is tried again at `retry_at`. `away`: nobody was there to send it."""

    message_id: int
    reason: str
    retry_at: datetime
    moved_to: int | None = None
    away: bool = False


@event("message.failed")
class MessageFailed(Event, frozen=True, kw_only=True):
    """It did not go out and will not be tried again."""

    message_id: int
    reason: str
    moved_to: int | None = None


@event("message.uncertain")
class MessageUncertain(Event, frozen=True, kw_only=True):
    """It may have gone out. It is looked up at the gateway before anything else happens to it."""

    message_id: int
    reason: str
    moved_to: int | None = None


@event("message.left_in_doubt")
class MessageLeftInDoubt(Event, frozen=True, kw_only=True):
    """It may have gone out, and nobody could say: it is not looked up any more, and what was behind it goes on.

    Its echo, should it come, still settles it.
    """

    message_id: int
    reason: str
    moved_to: int | None = None


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
    """Deleted for everyone. The text stays readable for the business, marked as deleted."""

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
    moved_to: int | None = None


@event("media.lost")
class MediaLost(Event, frozen=True, kw_only=True):
    """The bytes cannot be had; `reason` is for the agent."""

    message_id: int
    reason: str
    moved_to: int | None = None


@event("message.scheduled", personal=("content",))
class MessageScheduled(Event, frozen=True, kw_only=True):
    """To be sent at `due`, unless the customer writes first (`only_if_silent`)."""

    scheduled_id: int
    due: datetime
    author: Author
    only_if_silent: bool = True
    content: Content = ERASED


@event("message.unscheduled")
class MessageUnscheduled(Event, frozen=True, kw_only=True):
    """It is not sent after all (or has become a message, with `sent_as`)."""

    scheduled_id: int
    why: str
    sent_as: int | None = None
