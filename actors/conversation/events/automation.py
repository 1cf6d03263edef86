"""What it does by itself: greeting, answers, flows, the AI; and who leads."""

from __future__ import annotations

from datetime import datetime

from plixa.actors.conversation.events.common import Ended, Mode
from plixa.actors.conversation.events.together import AnswerBy
from plixa.actors.flows.run import Run
from plixa.engine.events import Event, event


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
    by: AnswerBy
    why: str
    at: datetime | None = None


@event("closed.told")
class ClosedTold(Event, frozen=True, kw_only=True):
    """The customer knows that the business is closed; they are not told again before it opens at `until`.

    None: the business has opened earlier than they were told, so the next closing is news. at: when they were told.
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
    """A flow's pause or reminder came due while the business was closed: it waits until then."""

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


LEFT_BY_AI = "The AI left it to a person."
HANDED_OVER_BY_FLOW = "The flow handed it over to a person."
"""Why a person leads where `ai.handed_off` or the flow's step have said it already."""


@event("conversation.handed_over")
class ConversationHandedOver(Event, frozen=True, kw_only=True):
    """From here on a person leads; nothing answers by itself."""

    why: str


@event("conversation.given_back")
class ConversationGivenBack(Event, frozen=True, kw_only=True):
    """A person lets the business's automation lead again."""

    by: int | None = None
