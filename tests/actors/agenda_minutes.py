"""The agenda minute by minute, without any of its code: what the wall reads decides at each minute by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from plixa.actors.scheduling.rules import Rule

DAY = timedelta(days=1)


def utc(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text).astimezone(UTC)


def minute(text: str) -> int:
    """An instant's minute."""
    return int(utc(text).timestamp()) // 60


def local(at: int, zone: str) -> datetime:
    """What the wall reads."""
    return datetime.fromtimestamp(at * 60, ZoneInfo(zone)).replace(tzinfo=None)


def is_there(
    rules: Sequence[Rule], zone: str, at: int, closed: Collection[date] = (), house: str | None = None
) -> bool:
    """Whether a provider may be booked at a minute."""
    wall = local(at, zone)
    if local(at, house or zone).date() in closed:
        return False
    return _within(rules, wall, "open") and not _within(rules, wall, "blocked")


def _within(rules: Sequence[Rule], wall: datetime, kind: str) -> bool:
    for day in (wall.date(), wall.date() - DAY):
        those = [rule for rule in rules if rule.kind == kind and _on(rule, day)]
        if kind == "open" and any(rule.date for rule in those):
            those = [rule for rule in those if rule.date]
        if any(_covers(rule, day, wall) for rule in those):
            return True
    return False


def _on(rule: Rule, day: date) -> bool:
    return rule.date == day if rule.date else rule.weekday == (day.weekday() + 1) % 7


def _covers(rule: Rule, day: date, wall: datetime) -> bool:
    start = datetime.combine(day, time.fromisoformat(rule.start_time))
    end = datetime.combine(day, time.fromisoformat(rule.end_time))
    return start <= wall < (end if end > start else end + DAY)


def busiest(holders: Iterable[tuple[int, int]], span: tuple[int, int]) -> int:
    """The most holders at once within a span."""
    held = [*holders]
    return max((sum(start <= at < end for start, end in held) for at in range(*span)), default=0)
