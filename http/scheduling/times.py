"""Times that people write, as minutes of the agenda."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator

from plixa.actors.scheduling.view import shown_at
from plixa.actors.scheduling.walls import minute_of
from plixa.engine.errors import Invalid
from plixa.http.api.fields import within_range

A_DAY = timedelta(days=1)


def _written(value: Any) -> Any:
    """Only text: a number would be seconds since 1970."""
    if not isinstance(value, str):
        raise ValueError("The time must be written like 2026-05-25T14:30:00-03:00.")  # pydantic's way
    return value


def _in_range(at: datetime) -> datetime:
    within_range(at if at.tzinfo else at.replace(tzinfo=UTC))
    return at


Start = Annotated[datetime, BeforeValidator(_written), AfterValidator(_in_range)]
"""With an offset, or as the wall's clock reads; a date alone is its midnight."""


def asked(at: datetime, zone: str, field: str) -> int:
    """The minute in which somebody means; without an offset it is the zone's wall clock, and of two the first.

    Raises `Invalid` on `field` where clocks skip it.
    """
    if at.tzinfo is not None:
        return minute_of(at)
    read = at.replace(second=0, microsecond=0, fold=0)
    minute = minute_of(read.replace(tzinfo=ZoneInfo(zone)))
    if shown_at(minute, zone).replace(tzinfo=None, fold=0) != read:
        raise Invalid({field: [f"The clocks of {zone} skip this time."]})
    return minute


def day_begins(day: date, zone: str) -> int:
    """The minute in which a local date begins; some begin after midnight, because clocks skip it."""
    return minute_of(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)))
