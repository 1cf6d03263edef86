"""What can have happened in a conversation. Each event carries the values that it leads to, so that whoever watches
needs no knowledge of the rules (see `view.py`).

`moved_to`, on what the outbox may still report of a conversation that was merged: where its messages are by now."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from plixa.actors.assignment import Considered
from plixa.actors.conversation.sla import ClockKind
from plixa.actors.flows.run import Run
from plixa.actors.gateway import Content, Kind
from plixa.engine.events import Event, event

Status = Literal["open", "pending", "resolved"]
Mode = Literal["flow", "ai", "human", "idle"]
Tick = Literal["sent", "delivered", "read", "played", "failed"]
Ended = Literal["handed_over", "done", "resolved", "human", "closed", "gone", "merged"]
ERASED = Content(Kind.UNSUPPORTED, None, "erased")


class Author(Struct, frozen=True, gc=False, omit_defaults=True):
    """Who wrote: `id` is a user's or a token's, `name` as it was at the time."""

    kind: Literal["contact", "user", "ai", "flow", "system", "api", "phone"]
    id: int | None = None
    name: str | None = None


def home_of(event: Event, conversation_id: int) -> int:
    """The conversation that what this event of `conversation_id` speaks of is in."""
    moved_to: int | None = getattr(event, "moved_to", None)
    return moved_to or conversation_id


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
    """The customer wrote. `jid` is the address to answer to. `rings`: somebody's browser is to be told."""

    message_id: int
    key_id: str
    sent_at: datetime
    unread_count: int
    quoted_message_id: int | None = None
    quoted_key_id: str | None = None
    jid: str = ""
    rings: bool = False
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
    """It certainly did not go out, and is tried again at `retry_at`."""

    message_id: int
    reason: str
    retry_at: datetime
    moved_to: int | None = None


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
    moved_to: int | None = None


@event("media.lost")
class MediaLost(Event, frozen=True, kw_only=True):
    """The bytes cannot be had; `reason` is for the agent."""

    message_id: int
    reason: str
    moved_to: int | None = None


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
    """Who looks after it now; None for nobody. `why` says which rule or person decided, and who else could have.

    considered: the candidates of a rule with their loads, the runner-up second.
    """

    assigned_user_id: int | None
    why: str
    rule_id: int | None = None
    considered: tuple[Considered, ...] = ()
    at: datetime | None = None


@event("conversation.snoozed")
class ConversationSnoozed(Event, frozen=True, kw_only=True):
    until: datetime


@event("conversation.woken")
class ConversationWoken(Event, frozen=True, kw_only=True):
    why: Literal["due", "asked", "customer", "merged"]


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


@event("conversation.deleted")
class ConversationDeleted(Event, frozen=True, kw_only=True):
    """Erased: rows and key go, the log stays whole. `parts`: the conversations that were merged into it go, too.

    part_of: the conversation, erased before it, that it was merged into; what came late of its files is there.
    """

    contact_id: int | None = None
    number_id: int = 0
    parts: tuple[int, ...] = ()
    part_of: int | None = None
    files: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()


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
    captured: dict[str, str] = {}  # noqa: RUF012  # msgspec copies an empty default
    jid: str | None = None
    last: LastMessage | None = None


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
    """A promise to the customer. The target is the one of that moment, whatever the setting becomes.

    segments: the spans of time that are counted, which explain `due_at`; None is never, for want of open hours.
    """

    clock: ClockKind
    target_seconds: int
    due_at: datetime | None
    started_at: datetime | None = None
    warn_at: datetime | None = None
    segments: tuple[tuple[datetime, datetime], ...] = ()


@event("sla.moved")
class SlaMoved(Event, frozen=True, kw_only=True):
    """The opening hours changed: what remained of the promise is laid out anew."""

    clock: ClockKind
    due_at: datetime | None
    warn_at: datetime | None = None
    segments: tuple[tuple[datetime, datetime], ...] = ()


@event("sla.warned")
class SlaWarned(Event, frozen=True, kw_only=True):
    """Most of the time has passed."""

    clock: ClockKind
    warned_at: datetime
    due_at: datetime | None = None


@event("sla.met")
class SlaMet(Event, frozen=True, kw_only=True):
    clock: ClockKind
    met_at: datetime


@event("sla.breached")
class SlaBreached(Event, frozen=True, kw_only=True):
    clock: ClockKind
    due_at: datetime


@event("sla.stopped")
class SlaStopped(Event, frozen=True, kw_only=True):
    """The conversation was resolved before the clock was met: no verdict."""

    clock: ClockKind
    at: datetime


# -- what it does by itself -------------------------------------------------------------------------------------------


@event("answer.planned", personal=("text", "choice"))
class AnswerPlanned(Event, frozen=True, kw_only=True):
    """The customer wrote and something may answer by itself, once they have been quiet until `due`.

    burst_id: the burst's first message. upto: its last one so far. text: what this message adds; choice: a button.
    """

    burst_id: int
    upto: int
    began_at: datetime
    due: datetime
    choice: str | None = None
    text: str = ""


@event("answer.dropped")
class AnswerDropped(Event, frozen=True, kw_only=True):
    """Nothing answers this burst by itself; `why` in plain words."""

    burst_id: int
    why: str


@event("answer.given")
class AnswerGiven(Event, frozen=True, kw_only=True):
    """The one automatic answer to a burst: `by` says which machine spoke, `why` what decided it.

    at: when, where it counts as a turn of a dialogue: too many of them in a row are two machines talking.
    """

    burst_id: int
    by: Literal["closed_hours", "flow", "ai", "handoff", "welcome"]
    why: str
    at: datetime | None = None


@event("closed.told")
class ClosedTold(Event, frozen=True, kw_only=True):
    """The customer knows that the house is closed; they are not told again before it opens at `until`.

    None: the house has opened earlier than they were told, so the next closing is news. at: when they were told.
    """

    until: datetime | None
    at: datetime | None = None


@event("flow.stepped", personal=("run",))
class FlowStepped(Event, frozen=True, kw_only=True):
    """A flow began, went on or ended here. `run`: where it stands; None when it has ended.

    path: the nodes that were visited. fitted: the customer's words fitted what was asked. ended: whether and how.
    mode: the conversation's, if it changed.
    """

    flow_id: int
    version: int
    path: tuple[str, ...]
    why: str
    fitted: bool = True
    ended: Ended | None = None
    mode: Mode | None = None
    run: Run | None = None


@event("flow.held")
class FlowHeld(Event, frozen=True, kw_only=True):
    """A flow's pause or reminder came due while the house was closed: it waits until then."""

    until: datetime


@event("field.captured", personal=("value",))
class FieldCaptured(Event, frozen=True, kw_only=True):
    """A flow learnt something about the contact: `key` is a custom field's."""

    key: str
    value: str = ""


@event("ai.asked", personal=("goal",))
class AiAsked(Event, frozen=True, kw_only=True):
    """The AI drafts an answer to everything up to the message `upto`."""

    turn_id: int
    upto: int
    asked_at: datetime
    goal: str | None = None


@event("ai.answered", personal=("note",))
class AiAnswered(Event, frozen=True, kw_only=True):
    """Its answer went out as the message `message_id`, grounded in these sources."""

    turn_id: int
    message_id: int
    prompt_version: str
    model: str
    tokens_in: int
    tokens_out: int
    cost_micros: int
    sources: tuple[str, ...] = ()
    note: str = ""


@event("ai.handed_off", personal=("note",))
class AiHandedOff(Event, frozen=True, kw_only=True):
    """It leaves the answer to a person."""

    turn_id: int
    reason: str
    prompt_version: str
    model: str
    cost_micros: int = 0
    note: str = ""


@event("ai.cancelled")
class AiCancelled(Event, frozen=True, kw_only=True):
    """Its draft is not wanted any more: the customer wrote on, or a person took over."""

    turn_id: int
    why: str


@event("conversation.handed_over")
class ConversationHandedOver(Event, frozen=True, kw_only=True):
    """From here on a person leads; nothing answers by itself."""

    why: str


@event("conversation.given_back")
class ConversationGivenBack(Event, frozen=True, kw_only=True):
    """A person lets the house's automation lead again."""

    by: int | None = None


@event("conversation.labelled")
class ConversationLabelled(Event, frozen=True, kw_only=True):
    """`labels`: all that it has now."""

    label_id: int
    why: str
    labels: tuple[int, ...] = ()


@event("conversation.unlabelled")
class ConversationUnlabelled(Event, frozen=True, kw_only=True):
    """`labels`: all that it has now."""

    label_id: int
    why: str
    labels: tuple[int, ...] = ()


@event("conversation.routed")
class ConversationRouted(Event, frozen=True, kw_only=True):
    """It belongs to this sector now; None for none."""

    sector_id: int | None
    why: str


@event("assignment.wanted")
class AssignmentWanted(Event, frozen=True, kw_only=True):
    """A brand-new conversation, and there are rules: the tenant's dispatcher is asked who gets it."""

    episode: int


@event("member.freed")
class MemberFreed(Event, frozen=True, kw_only=True):
    """A member has one conversation less: the dispatcher may give them the oldest one that waits.

    let_go: they gave this one up, and are not to have it back at once.
    """

    user_id: int
    offer_id: int
    let_go: bool = False


@event("conversation.let_go")
class ConversationLetGo(Event, frozen=True, kw_only=True):
    """It is open and nobody's again: the dispatcher looks for somebody who is free.

    had_by: who has just let go of it, and does not get it back at once; None: nobody has. waits_for: whom a rule wants
    to have it, where that was said of one that was merged into it.
    """

    had_by: int | None = None
    offer_id: int
    waits_for: int | None = None


@event("conversation.queued")
class ConversationQueued(Event, frozen=True, kw_only=True):
    """A rule wanted to assign it and nobody could take it: it waits in plain sight, oldest first."""

    why: str
    rule_id: int | None = None
    waits_for: int | None = None
    considered: tuple[Considered, ...] = ()


@event("conversation.detached")
class ConversationDetached(Event, frozen=True, kw_only=True):
    """Its contact was erased; the conversation stays, shown by its phone number."""

    contact_id: int


@event("conversation.moved")
class ConversationMoved(Event, frozen=True, kw_only=True):
    """Its contact was found to be another one (merged), or is itself again."""

    contact_id: int


@event("close.planned")
class ClosePlanned(Event, frozen=True, kw_only=True):
    """If the customer stays silent until `due`, the conversation is resolved by itself."""

    due: datetime


@event("csat.asked")
class CsatAsked(Event, frozen=True, kw_only=True):
    """The survey's question goes out; `episode` counts the conversation's resolutions."""

    asked_at: datetime
    episode: int
    user_id: int | None = None


@event("csat.rated")
class CsatRated(Event, frozen=True, kw_only=True):
    """From 1 to 5; once more when the customer corrects it. `stage`: what the survey waits for now."""

    rating: int
    rated_at: datetime
    episode: int
    stage: Literal["comment", "done"]
    why: str = ""


@event("csat.commented", personal=("comment",))
class CsatCommented(Event, frozen=True, kw_only=True):
    episode: int
    comment: str = ""


@event("csat.asked_again")
class CsatAskedAgain(Event, frozen=True, kw_only=True):
    episode: int


@event("csat.ended")
class CsatEnded(Event, frozen=True, kw_only=True):
    """Nothing (more) is waited for."""

    episode: int
    why: str


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


@event("conversation.seen")
class ConversationSeen(Event, frozen=True, kw_only=True):
    """A member has read up to this message. What they write themselves they have seen, too; that needs no event."""

    user_id: int
    upto: int
