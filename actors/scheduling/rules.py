"""When a provider is there, from the rules of their schedule. What decides is the clock on the wall of their zone.

- Windows that are `open` on a date replace those of its weekday; what is `blocked`, weekly or on the date, is cut out.
- An end of `00:00` is midnight at the day's end, an end before the start is on the next day, and an end that equals the
  start is 24 hours later. A window belongs to the date on which it begins.
- A closed date of the workspace (in the workspace's zone) is closed for everybody, all day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from plixa.actors.scheduling.spans import Span, cut, joined
from plixa.actors.scheduling.walls import DAY, Wall, midnight, minutes_of_day

A_DAY = timedelta(days=1)
LocalDate = date


class Rule(Struct, frozen=True, omit_defaults=True):
    """`start_time` and `end_time` are `HH:MM` on the wall; either `weekday` (0 is Sunday) or `date` is given."""

    kind: Literal["open", "blocked"]
    start_time: str
    end_time: str
    weekday: int | None = None
    date: LocalDate | None = None

    @property
    def minutes(self) -> tuple[int, int]:
        """Since the midnight of its date; the end may be on the next day."""
        start, end = minutes_of_day(self.start_time), minutes_of_day(self.end_time)
        return start, end if end > start else end + DAY

    def holds_on(self, day: LocalDate) -> bool:
        """Whether it is about a local date."""
        return self.date == day if self.date is not None else self.weekday == day.isoweekday() % 7


class Openings(Struct, frozen=True):
    """windows: each as it begins and ends, in order of their start: starts are counted from there. They may overlap.

    whole: the same time, in order; what begins in one window may end in the next.
    """

    windows: Sequence[Span]
    whole: Sequence[Span]


@lru_cache(maxsize=4096)
def openings(rules: tuple[Rule, ...], zone: str, first: date, last: date, closed: tuple[Span, ...] = ()) -> Openings:
    """When a provider is there, for all that begins from `first` to `last` (local dates of theirs) and beyond.

    closed: what `closed_spans` gave, in order.
    """
    wall = Wall(zone, first, last)
    days = [*_days(first - 2 * A_DAY, last + A_DAY)]
    away = (span for day in days for rule in _blocked(rules, day) for span in _when(wall, day, rule))
    blocked = joined([*closed, *away])
    there = (span for day in days for rule in _open(rules, day) for span in _when(wall, day, rule))
    windows = [piece for span in there for piece in cut(span, blocked)]
    return Openings(sorted(windows), joined(windows))


def closed_spans(days: Collection[date], zone: str, first: date, last: date) -> list[Span]:
    """When the workspace is closed around a range of dates, in order."""
    wall = Wall(zone, first, last)
    near = (day for day in days if first - 2 * A_DAY <= day <= last + 2 * A_DAY)
    return joined(span for day in near for span in wall.when(midnight(day), midnight(day) + DAY))


def _open(rules: Iterable[Rule], day: date) -> list[Rule]:
    those = [rule for rule in rules if rule.kind == "open" and rule.holds_on(day)]
    return [rule for rule in those if rule.date is not None] or those


def _blocked(rules: Iterable[Rule], day: date) -> Iterator[Rule]:
    return (rule for rule in rules if rule.kind == "blocked" and rule.holds_on(day))


def _when(wall: Wall, day: date, rule: Rule) -> list[Span]:
    """One span, though clocks change in its midst; two where they make a short one come twice."""
    start, end = rule.minutes
    return joined(wall.when(midnight(day) + start, midnight(day) + end))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + A_DAY * number for number in range((last - first).days + 1))
