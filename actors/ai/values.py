"""What is asked of an answerer and what comes of it. Immutable, plain data, safe to put into an event.

`Replied.text`, `note` of either outcome, and every `DialogueTurn` hold what people wrote: an event that carries them
must seal them. Money is in micro-dollars (millionths of a US dollar), integers throughout.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

EMBEDDED = "embedded"
"""The name of the answerer that asks no model, where results name their model."""

Source = str
"""What an answer rests on: `description`, `hours`, `services`, `dialogue` (courtesy, no facts), or `faq:<id>`."""

Reason = Literal["asked_for_person", "not_grounded", "injection", "cap", "unavailable", "loop"]


class Faq(Struct, frozen=True):
    """A question that the business has answered itself."""

    id: int
    question: str
    answer: str
    position: int = 0

    @property
    def source(self) -> Source:
        """How an answer names it."""
        return f"faq:{self.id}"


class Bookable(Struct, frozen=True):
    """A service that customers can book."""

    id: int
    name: str


class Booked(Struct, frozen=True):
    """An appointment that the customer has. text: when and what."""

    id: int
    text: str


class Knowledge(Struct, frozen=True, omit_defaults=True):
    """All that may be told to a customer. hours, services: as people would read them. locale: `en`, `pt-BR`, `es`.

    bookable: what the agenda has.

    closed_later: dates on which the business will be closed, too far away to be told with the hours.
    """

    description: str = ""
    faqs: tuple[Faq, ...] = ()
    hours: str = ""
    services: str = ""
    locale: str = "en"
    company: str = ""
    closed_later: str = ""
    bookable: tuple[Bookable, ...] = ()

    @property
    def opening(self) -> str:
        """All about when the business is open: the source `hours`."""
        return " ".join(filter(None, (self.hours, self.closed_later)))


class DialogueTurn(Struct, frozen=True, omit_defaults=True):
    """One message of a dialogue. `user` is the customer, `assistant` the business: a person, a flow or a model."""

    role: Literal["user", "assistant"]
    text: str
    name: str = ""


class ReplyRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A reply is wanted. turns: oldest first, the last one the customer's. now: aware, in the business's time zone.

    goal: what a flow's AI step is there for; it narrows what is talked about and is no source of facts. booked: what
    the customer has in the agenda.
    """

    knowledge: Knowledge
    turns: tuple[DialogueTurn, ...]
    now: datetime
    customer_name: str = ""
    goal: str | None = None
    booked: tuple[Booked, ...] = ()


class Usage(Struct, frozen=True, omit_defaults=True):
    """What a call took. All zero where no model was asked. counted: the server counted the tokens, not we."""

    prompt_version: str
    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int = 0
    counted: bool = True


class Replied(Struct, frozen=True, tag="replied", omit_defaults=True, kw_only=True):
    """An answer that may be sent: it has passed every check of `grounding`. note: why this one, with the runner-up."""

    text: str
    sources: tuple[Source, ...]
    usage: Usage
    grounded: Literal[True] = True
    note: str = ""


class HandedOff(Struct, frozen=True, tag="handed_off", omit_defaults=True, kw_only=True):
    """A person must answer. note: for the people of the business, never for the customer."""

    reason: Reason
    usage: Usage
    note: str = ""


class Wished(Struct, frozen=True, tag="wished", omit_defaults=True, kw_only=True):
    """The customer wants something of the agenda, which goes on from here in its own words: nothing is done yet.

    start: on the wall's clock, `YYYY-MM-DDTHH:MM`; of a list its day alone. service_id: None lets the customer choose.
    appointment_id: one of the customer's own.
    """

    action: Literal["list", "book", "mine", "move", "cancel", "file"]
    usage: Usage
    service_id: int | None = None
    start: str | None = None
    appointment_id: int | None = None
    note: str = ""


ReplyOutcome = Replied | HandedOff | Wished


class Suggestions(Struct, frozen=True):
    """Three short replies, all different, for a person to choose from; `texts` holds exactly three."""

    texts: tuple[str, ...]
    usage: Usage


class Summary(Struct, frozen=True):
    """Three to six sentences for the people of the business."""

    text: str
    usage: Usage


class Improved(Struct, frozen=True):
    """A better business description, with no fact that the first one did not have. missing: what to add to it."""

    prompt: str
    missing: tuple[str, ...]
    usage: Usage


class Shorter(Struct, frozen=True):
    """A text in fewer words, with all its facts and no other; the text itself where there is no such."""

    text: str
    usage: Usage


class DayHours(Struct, frozen=True):
    """A day's opening hours, "HH:MM" each. Where the day is closed, they are what it would have if it opened."""

    open: str = "09:00"
    close: str = "18:00"
    enabled: bool = False


class ExtractedHours(Struct, frozen=True):
    """Opening hours as the business-hours settings take them: seven days, Sunday first.

    message: what to say when closed, if the text says it. notes: what was simplified or not understood. found: the
    text names at least one open day; without it `hours` mean nothing.
    """

    hours: tuple[DayHours, ...]
    message: str | None
    notes: tuple[str, ...]
    found: bool
    usage: Usage


class BuiltFlow(Struct, frozen=True):
    """A flow's graph as JSON text, `{"nodes": […], "edges": […]}`: not checked yet, the flow's own rules judge it."""

    graph: str
    note: str
    usage: Usage


def language(locale: str) -> Literal["en", "pt", "es"]:
    """The language of a locale; English for one that we do not speak."""
    head = locale.lower().replace("_", "-").partition("-")[0]
    return "pt" if head == "pt" else "es" if head == "es" else "en"


def unused(prompt_version: str = "none") -> Usage:
    """The usage of an answer for which no model was asked."""
    return Usage(prompt_version, EMBEDDED)
