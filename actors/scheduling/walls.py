"""What the clock on a wall reads, and when it reads so.

A wall's minute is what it reads as if it were UTC: days since 1970 times 1440, and the minutes of the day. When clocks
change, a reading may come twice (both count) or never (it is no time at all); no day is taken to have 24 hours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from plixa.actors.hours.week import offset_at, stretches
from plixa.actors.scheduling.spans import Span

DAY = 1440
EPOCH = date(1970, 1, 1).toordinal()
MARGIN = 2 * DAY
"""Beside a range of local dates: no zone is further from UTC, and yesterday's windows reach into today."""


class Wall:
    """A zone's clock from some days before `first` until some days after `last`, both local dates.

    Raises `ZoneInfoNotFoundError` for a zone that there is not.
    """

    def __init__(self, zone: str, first: date, last: date) -> None:
        low, high = midnight(first) - MARGIN, midnight(last) + DAY + MARGIN
        self._stretches = _stretches(zone, low, high)

    def when(self, low: int, high: int) -> list[Span]:
        """When it reads from `low` until just before `high`, in order of time; several spans if clocks change."""
        found = list[Span]()
        for start, end, offset in self._stretches:
            first, last = max(low - offset, start), min(high - offset, end)
            if first < last:
                found.append((first, last))
        return found

    def reads(self, minute: int) -> int:
        """What it reads at an instant. Raises LookupError outside its range."""
        for start, end, offset in self._stretches:
            if start <= minute < end:
                return minute + offset
        raise LookupError("this instant is outside what the clock was made for")

    def at(self, reading: int) -> int | None:
        """The first instant at which it reads so; None where clocks skip it."""
        found = self.when(reading, reading + 1)
        return found[0][0] if found else None

    def day_of(self, minute: int) -> date:
        """The local date at an instant."""
        return date.fromordinal(self.reads(minute) // DAY + EPOCH)


def midnight(day: date) -> int:
    """What a wall reads as a date begins (a day may begin later: some clocks change at midnight)."""
    return (day.toordinal() - EPOCH) * DAY


def minute_of(at: datetime) -> int:
    """The minute in which an instant lies."""
    return int(at.timestamp() // 60)


def instant(minute: int) -> datetime:
    """The instant as which a minute begins."""
    return datetime.fromtimestamp(minute * 60, UTC)


def minutes_of_day(hour_minute: str) -> int:
    """`HH:MM` since midnight."""
    hour, minute = hour_minute.split(":")
    return int(hour) * 60 + int(minute)


@lru_cache(maxsize=4096)
def _stretches(zone: str, low: int, high: int) -> tuple[tuple[int, int, int], ...]:
    """[low, high) cut so that the offset is the same all through each piece: start, end, offset in minutes."""
    known = ZoneInfo(zone)
    found = list[tuple[int, int, int]]()
    for start, end in stretches(known, instant(low), instant(high)):
        offset = int(offset_at(known, start) / timedelta(minutes=1))
        begins, stops = minute_of(start), minute_of(end)
        if found and found[-1][2] == offset:
            found[-1] = (found[-1][0], stops, offset)
        else:
            found.append((begins, stops, offset))
    return tuple(found)
