"""The dates of a series: on the wall clock of the provider's zone, so that ten stays ten when clocks change.

A month without the day has its last day instead, counted from the first date: 31 January, 28 February, 31 March.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from dateutil.relativedelta import relativedelta

from plixa.actors.scheduling.walls import DAY, EPOCH, Wall, midnight

Repeat = Literal["daily", "weekly", "biweekly", "monthly"]
MOST = 52
STEPS: dict[Repeat, relativedelta] = {
    "daily": relativedelta(days=1),
    "weekly": relativedelta(weeks=1),
    "biweekly": relativedelta(weeks=2),
    "monthly": relativedelta(months=1),
}


def dates(first: date, repeat: Repeat, occurrences: int) -> list[date]:
    """The local dates of a series, the first one included."""
    return [first + STEPS[repeat] * number for number in range(occurrences)]


def occurrences(start: int, zone: str, repeat: Repeat, number: int) -> list[int | None]:
    """The instants of a series that begins with `start`; None for one that clocks skip."""
    reading = Wall(zone, _around(start), _around(start)).reads(start)
    first, of_day = date.fromordinal(reading // DAY + EPOCH), reading % DAY
    days = dates(first, repeat, number)
    wall = Wall(zone, days[0], days[-1])
    return [start, *(wall.at(midnight(day) + of_day) for day in days[1:])]


def _around(minute: int) -> date:
    return date.fromordinal(minute // DAY + EPOCH)
