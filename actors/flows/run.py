"""The values of a walk: where a run stands, what it hears, what it may know, and what it wants done.

`Run` and the actions hold what a customer said and is called (`fields`, `heard`, `trail`, `Say.text`,
`SetField.value`, `HandOff.summary`): events that carry them must seal them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct

from plixa.actors.flows.nodes import MediaLink
from plixa.actors.flows.words import Choice

Waiting = Literal["reply", "time", "ai", "agenda"]
TimerName = Literal["wait", "reprompt", "close"]
MAX_TRAIL = 20


class Context(Struct, frozen=True, kw_only=True):
    """What a step may know of the world, as of this moment.

    now: aware; in the workspace's time zone, so that "tomorrow" is the customer's. Timers come out in UTC.
    contact: `name`, `first_name`, `phone` and the custom fields by key; what is not known is absent.
    reprompt_after_minutes, close_after_minutes: 0 is never. reprompt_message: None repeats the question.
    """

    now: datetime
    locale: str = "en"
    hours_open: bool = True
    contact: dict[str, str] = {}  # msgspec copies an empty default
    reprompt_after_minutes: int = 0
    close_after_minutes: int = 0
    reprompt_message: str | None = None
    close_conversation_on_timeout: bool = False


class Run(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A flow under way in one conversation; plain data, kept between turns.

    node_id: where it waits. fields: what was captured or set, by field (`name`, a custom key, `flow.<key>`).
    tries: answers that did not fit this question. turns: messages that the AI has answered at this node.
    steps: nodes visited since the beginning. heard: the customer's last words.
    waiting: for the customer, for a time, for the AI, or for what the customer makes of the agenda's free times.
    wait_until: when a wait, or the patience with the AI, ends.
    prompted_at: when the customer was last asked; reprompted: that was the reminder.
    timers: what should be pending now, in UTC, by the flow's settings of the last step: the same as `timers(run, …)`,
    for who has no context at hand.
    offered: the menus that this run has put to be tapped: a tap on one of them, later on, goes back to it.
    trail: what happened, line by line in plain words, for the one who takes over.
    """

    flow_id: int
    version: int
    node_id: str
    started_at: datetime
    fields: dict[str, str] = {}
    tries: int = 0
    turns: int = 0
    steps: int = 0
    heard: str = ""
    waiting: Waiting | None = None
    wait_until: datetime | None = None
    prompted_at: datetime | None = None
    reprompted: bool = False
    timers: dict[TimerName, datetime] = {}
    trail: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()


class Said(Struct, frozen=True, tag="said"):
    """The customer wrote; `choice_id` where they pressed a button. A picture without words has an empty text.

    menu: the node whose button it was, where that is known: "" is a menu of another flow. None: it is taken for one of
    the question that waits.
    """

    text: str
    choice_id: str | None = None
    menu: str | None = None


class Woke(Struct, frozen=True, tag="woke"):
    """A timer of `run.timers` is due. One that is not, or not yet, changes nothing."""

    which: TimerName


class AiOutcome(Struct, frozen=True, tag="ai_outcome"):
    """How the AI fared with what `AskAi` asked.

    answered: it has spoken to the customer itself; `text` is not said again. handoff: it asks for a person, or failed;
    `text` is the reason, for the business.
    """

    kind: Literal["answered", "handoff"]
    text: str = ""


class AgendaOutcome(Struct, frozen=True, tag="agenda_outcome"):
    """What the customer made of the free times that `AskAgenda` let them choose from; they have been told so already.

    none: none of them, or there are none.
    """

    kind: Literal["booked", "none", "waitlisted", "person"]


Heard = Said | Woke | AiOutcome | AgendaOutcome


class Say(Struct, frozen=True, tag="say", omit_defaults=True):
    """Send this. `choices` are to be buttons (or a list); where that is not possible, number them under the text."""

    node_id: str
    text: str
    media: MediaLink | None = None
    choices: tuple[Choice, ...] = ()


class SetField(Struct, frozen=True, tag="set_field"):
    """Write to the contact: `name`, or a custom field by its key. Never a variable of the flow."""

    key: str
    value: str


class RouteTo(Struct, frozen=True, tag="route_to"):
    """The conversation belongs to this sector from now on."""

    sector_id: int


class HandOff(Struct, frozen=True, tag="hand_off", omit_defaults=True):
    """A person takes over; the run has ended. `text` goes to the customer, `summary` to the business."""

    summary: str
    sector_id: int | None = None
    text: str | None = None


class AskAi(Struct, frozen=True, tag="ask_ai"):
    """Let the AI answer the customer's last words; its outcome comes back as `AiOutcome`."""

    goal: str
    node_id: str


class AskAgenda(Struct, frozen=True, tag="ask_agenda", omit_defaults=True):
    """Let the customer choose one of a service's free times; what comes of it comes back as `AgendaOutcome`.

    day: those of this day first. again: what the customer said was none of them.
    """

    service_id: int
    node_id: str
    day: date | None = None
    again: bool = False


class End(Struct, frozen=True, tag="end", omit_defaults=True):
    """The run has ended; `resolve`: the conversation with it. `text` goes to the customer."""

    resolve: bool
    text: str | None = None


class Waits(Struct, frozen=True, tag="waits"):
    """A pause began, until this time (UTC)."""

    until: datetime


Action = Say | SetField | RouteTo | HandOff | AskAi | AskAgenda | End | Waits


class Taken(Struct, frozen=True):
    """What a step led to. `run` is None when it has ended; `actions` are in the order in which they are meant.

    why: in plain words, for the event; it never quotes the customer. path: the nodes visited in this step. fitted:
    False where the customer's words fitted nothing that was asked.
    """

    run: Run | None
    actions: tuple[Action, ...]
    why: str
    path: tuple[str, ...]
    fitted: bool = True


def timers(run: Run | None, context: Context) -> dict[TimerName, datetime]:
    """What should be pending for a run, in UTC.

    `wait` ends a pause, or the patience with the AI. While an answer is awaited: `reprompt` once, then `close`; without
    a reminder `close` counts from the question.
    """
    if run is None:
        return {}
    if run.wait_until is not None:
        return {"wait": run.wait_until}
    if run.waiting not in ("reply", "agenda") or run.prompted_at is None:
        return {}
    if context.reprompt_after_minutes > 0 and not run.reprompted:
        return {"reprompt": run.prompted_at + timedelta(minutes=context.reprompt_after_minutes)}
    if context.close_after_minutes > 0:
        return {"close": run.prompted_at + timedelta(minutes=context.close_after_minutes)}
    return {}
