"""Opening hours for property tests: weeks, zones, days on which clocks change, and a look at the wall every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from plixa.actors.hours.week import Hours, Window

MINUTE = timedelta(minutes=1)
CHANGES = (
    ("America/Sao_Paulo", date(2018, 11, 4)),  # skips its midnight
    ("America/Sao_Paulo", date(2018, 2, 18)),  # has the last hour of the 17th twice
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/Lisbon", date(2026, 3, 29)),
    ("Europe/Lisbon", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
    ("Asia/Kathmandu", date(1986, 1, 1)),  # a quarter of an hour
    ("America/St_Johns", date(2006, 10, 29)),  # at 00:01 back to the day before
    ("America/St_Johns", date(2006, 4, 2)),
    ("UTC", date(2026, 6, 10)),
)
TIMES = st.sampled_from([f"{hour:02}:{minute:02}" for hour in (0, 1, 2, 3, 9, 18, 22, 23) for minute in (0, 1, 30, 59)])
WINDOWS = st.builds(Window, TIMES, TIMES, st.booleans())


@st.composite
def cases(draw: st.DrawFn, *, pause_sla: bool = False) -> tuple[Hours, datetime]:
    """Hours, and a minute near a day on which their clocks change."""
    zone, change = draw(st.sampled_from(CHANGES))
    days = st.integers(-3, 4).map(lambda days: change + timedelta(days=days))
    weekly = draw(st.tuples(*[WINDOWS] * 7))
    closed = draw(st.frozensets(days, max_size=3))
    near = datetime.combine(change, time(), UTC) + draw(st.integers(-2880, 2880)) * MINUTE
    kept = draw(st.sampled_from((True, True, False)))
    return Hours(kept, zone, weekly, closed, pause_sla), near


def looks_open(hours: Hours, at: datetime) -> bool:
    """By the rule's own words, without a thought for offsets."""
    wall = at.astimezone(ZoneInfo(hours.timezone)).replace(tzinfo=None)
    if wall.date() in hours.closed_dates:
        return False
    return not hours.enabled or any(_within(hours, wall, wall.date() - timedelta(days=ago)) for ago in (0, 1))


def _within(hours: Hours, wall: datetime, day: date) -> bool:
    window = hours.weekly[(day.weekday() + 1) % 7]
    opens = datetime.combine(day, time.fromisoformat(window.open))
    closes = datetime.combine(day, time.fromisoformat(window.close))
    if closes <= opens:
        closes += timedelta(days=1)
    until_its_end = window.close.endswith(":59") and window.close != window.open
    return window.enabled and opens <= wall < (closes + MINUTE if until_its_end else closes)


def open_minutes(hours: Hours, start: datetime, minutes: int) -> list[bool]:
    """For each minute from `start` on whether it is open."""
    return [looks_open(hours, start + each * MINUTE) for each in range(minutes)]
