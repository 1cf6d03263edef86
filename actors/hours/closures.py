"""Closures: dates on which the business is closed all day, whatever its weekly hours say, and whether it keeps any.

A day is closed once: closing it again gives the closure that is there. What the owner opened again stays open, also
where it is a holiday (`configs/holidays.py`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from plixa.actors.fields import Day, Text
from plixa.actors.workspace.declarations import Item
from plixa.engine.events import Event, event


class Closure(Item, frozen=True, omit_defaults=True, kw_only=True):
    """`source`: made by hand, or by the country's holidays, which come and go with their own setting."""

    date: Day
    reason: Annotated[Text, StringConstraints(max_length=255)] | None = None
    source: Literal["manual", "holiday"] = "manual"


@event("holiday.waived")
class HolidayWaived(Event, frozen=True, kw_only=True):
    """The owner opened this date: no holiday closes it again."""

    date: Day
    why: str = "The owner opened this day."
