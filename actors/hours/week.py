"""When a workspace is open.

What decides is the clock on the wall: at any instant it is open if the local time then reads within a window of that
weekday and the local date is not a closed one. So on the days when the clocks change, an hour that is skipped is not
counted, and an hour that comes twice is counted twice. Everything here follows from that one rule.

- `close` after `open` is a window within the day, `close` not included.
- `close` before `open` runs past midnight: 22:00-06:00 on a Friday is open until Saturday 06:00.
- `close` at a minute 59 is the end of that minute: who writes 00:00-23:59 means the whole day.
- `close` equal to `open` is around the clock: 24 hours from `open` on. 00:00-00:00 is the whole day.
- A closed date is closed from its midnight to the next, the tail of yesterday's window included; what today's window
  would have had after midnight belongs to tomorrow and stays open.
- Hours that are not enabled mean open around the clock, but for closed dates: who closes a day means it.

Times go in with any offset and come out in UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from plixa.actors.hours.business_hours import BusinessHours

HORIZON = timedelta(days=366)
"""How far ahead anything is looked for; what lies further off counts as never."""
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ZERO = timedelta(0)


class Window(Struct, frozen=True, gc=False):
    """A weekday's opening hours, `HH:MM` on the wall."""

    open: str = "09:00"
    close: str = "18:00"
    enabled: bool = True

    @property
    def opens(self) -> timedelta:
        """Since midnight."""
        return _since_midnight(self.open)

    @property
    def closes(self) -> timedelta:
        """Since midnight; of the next day, if `overnight`."""
        closes = _since_midnight(self.close)
        return closes + MINUTE if self.close.endswith(":59") and self.close != self.open else closes

    @property
    def overnight(self) -> bool:
        """Whether it goes on after midnight (or until it)."""
        return self.closes <= self.opens


class Span(Struct, frozen=True, array_like=True, gc=False):
    """From `start` until just before `end`."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


class Hours(Struct, frozen=True, gc=False):
    """`weekly`: seven windows from Sunday on. `timezone`: an IANA name; an unknown one raises where it is used.

    enabled: the week is kept; otherwise only the closed dates are.
    pause_sla: service-level clocks stand still while it is closed. Raises ValueError for other than seven windows.
    """

    enabled: bool = False
    timezone: str = "UTC"
    weekly: tuple[Window, ...] = (Window(),) * 7
    closed_dates: frozenset[date] = frozenset()
    pause_sla: bool = False

    def __post_init__(self) -> None:
        if len(self.weekly) != 7:
            raise ValueError(f"a week has 7 windows, from Sunday to Saturday, not {len(self.weekly)}")

    @property
    def closes(self) -> bool:
        """Whether it is ever closed."""
        return self.enabled or bool(self.closed_dates)


ALWAYS = Hours()


def hours_of(config: BusinessHours, timezone: str, closed_dates: Collection[date] = ()) -> Hours:
    """The hours that a workspace has configured. A week that was never set up is open around the clock."""
    weekly = tuple(Window(day.open, day.close, day.enabled) for day in config.hours)
    enabled = config.enabled and bool(weekly)
    return Hours(enabled, timezone, weekly or ALWAYS.weekly, frozenset(closed_dates), config.pause_sla)


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether it is open at that instant."""
    if not hours.closes:
        return True
    wall = at.astimezone(ZoneInfo(hours.timezone)).replace(tzinfo=None)
    reads = wall - _midnight(wall.date())
    return any(opens <= reads < closes for opens, closes in _windows(hours, wall.date()))


def next_opening(hours: Hours, at: datetime) -> datetime | None:
    """The first instant from `at` on when it is open: `at` itself if it is open now; None if not within `HORIZON`."""
    at = at.astimezone(UTC)
    first = next(_pieces(hours, at, at + HORIZON), None)
    return None if first is None else first.start


def next_closing(hours: Hours, at: datetime) -> datetime | None:
    """The first instant from `at` on when it is closed: `at` itself if it is closed now; None if not in `HORIZON`."""
    at = at.astimezone(UTC)
    first = next(open_spans(hours, at, at + HORIZON), None)
    if first is None or first.start > at:
        return at
    return first.end if first.end < at + HORIZON else None


def open_seconds(hours: Hours, start: datetime, end: datetime) -> float:
    """How many seconds of [start, end) it is open; 0 when `end` is not after `start`."""
    return sum((span.length for span in open_spans(hours, start, end)), ZERO).total_seconds()


def add_open_time(hours: Hours, start: datetime, seconds: float) -> tuple[datetime | None, tuple[Span, ...]]:
    """When so many open seconds will have passed since `start`, and the open spans that were counted.

    The spans add up to `seconds` and explain the due time: the last one ends with it. Where there is not enough open
    time within `HORIZON` the due time is None, and the spans are all that there is until then.
    """
    start, left = start.astimezone(UTC), timedelta(seconds=seconds)
    if left <= ZERO:
        return start, ()
    counted: list[Span] = []
    for piece in _pieces(hours, start, start + HORIZON):  # joined as it is counted: a business may never close
        begins = max(piece.start, counted[-1].end) if counted else piece.start
        taken = min(left, piece.end - begins)
        if taken <= ZERO:
            continue
        before = counted.pop().start if counted and counted[-1].end == begins else begins
        counted.append(Span(before, begins + taken))
        left -= taken
        if not left:
            return counted[-1].end, tuple(counted)
    return None, tuple(counted)


def open_spans(hours: Hours, start: datetime, end: datetime) -> Iterator[Span]:
    """The open times within [start, end), in order, each as long as can be."""
    return joined(_pieces(hours, start.astimezone(UTC), end.astimezone(UTC)))


def joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in order of their start, with those that touch or overlap made one."""
    last: Span | None = None
    for span in spans:
        if last is None:
            last = span
        elif span.start <= last.end:
            last = Span(last.start, max(last.end, span.end))
        else:
            yield last
            last = span
    if last is not None:
        yield last


def _pieces(hours: Hours, start: datetime, end: datetime) -> Iterator[Span]:
    """The windows of each local day, as far as they lie in [start, end), in order; all of it where it never closes."""
    if not hours.closes:
        if start < end:
            yield Span(start, end)
        return
    zone = ZoneInfo(hours.timezone)
    for low, high in stretches(zone, start, end):
        offset = offset_at(zone, low)
        first, last = (low + offset).replace(tzinfo=None), (high + offset).replace(tzinfo=None)
        midnight = _midnight(first.date())
        while midnight < last:
            for opens, closes in _windows(hours, midnight.date()):
                opened, closed = max(midnight + opens, first), min(midnight + closes, last)
                if opened < closed:
                    yield Span((opened - offset).replace(tzinfo=UTC), (closed - offset).replace(tzinfo=UTC))
            midnight += DAY


def _windows(hours: Hours, day: date) -> Iterator[tuple[timedelta, timedelta]]:
    """The windows on a local date, since its midnight: what yesterday's leaves over, and today's until midnight."""
    if day in hours.closed_dates:
        return
    if not hours.enabled:
        yield ZERO, DAY
        return
    weekday = day.isoweekday() % 7
    yesterday, today = hours.weekly[weekday - 1], hours.weekly[weekday]
    if yesterday.enabled and yesterday.overnight:
        yield ZERO, yesterday.closes
    if today.enabled:
        yield today.opens, DAY if today.overnight else today.closes


def stretches(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[start, end) cut so that the offset is the same all through each piece."""
    while start < end:
        stop = min(start + DAY, end)
        if offset_at(zone, stop) != offset_at(zone, start):
            stop = _change(zone, start, stop)
        yield start, stop
        start = stop


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The instant in (low, high] from which on the offset is another than at `low`. It never changes twice a day."""
    before = offset_at(zone, low)
    while high - low > timedelta.resolution:
        middle = low + (high - low) // 2
        if offset_at(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def offset_at(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or ZERO


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)


def _since_midnight(hour_minute: str) -> timedelta:
    hour, minute = hour_minute.split(":")
    return timedelta(hours=int(hour), minutes=int(minute))
