"""What the business tells the customer of its own accord, like a reminder; and what they choose of its options."""

from __future__ import annotations

from datetime import date
from typing import Literal

from plixa.engine.events import Event, event


@event("notice.told")
class NoticeTold(Event, frozen=True, kw_only=True):
    """The message is queued. key: what it is for. subject: what its options are about (action, label)."""

    key: str
    message_id: int
    subject: str | None = None
    options: tuple[tuple[str, str], ...] = ()


@event("notice.answered")
class NoticeAnswered(Event, frozen=True, kw_only=True):
    """The customer chose one of the options of a notice, by tapping it or in words. message_id: theirs."""

    message_id: int
    subject: str
    action: str


@event("agenda.asked")
class AgendaAsked(Event, frozen=True, kw_only=True):
    """The customer is to choose a time, or wants to see, move or cancel what they have, or have it as a file: the
    agenda goes on from here.

    start: as they said it, on the wall's clock. again: what they said before was none of the times.
    """

    ask_id: int
    source: Literal["flow", "ai"]
    action: Literal["list", "book", "mine", "move", "cancel", "file"] = "list"
    service_id: int | None = None
    start: str | None = None
    day: date | None = None
    appointment_id: int | None = None
    again: bool = False


@event("ai.acted", personal=("note",))
class AiActed(Event, frozen=True, kw_only=True):
    """Instead of answering, the AI leaves it to the agenda, whose words follow."""

    turn_id: int
    action: str
    prompt_version: str
    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int = 0
    note: str = ""
