"""What can be booked: one rule for what is offered and for what is guarded.

A service takes its time, and its buffers before and after it. Its time lies in what is open; what it occupies, its
buffers included, overlaps nothing that is taken and finds a unit of every resource. Buffers may stick out of what is
open: one cleans after closing time. What is taken includes the buffers of what was booked, so neighbours' buffers add
up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from plixa.actors.scheduling.rules import Openings
from plixa.actors.scheduling.spans import Span, cut, is_clear, joined, lies_within

STEP = 15
"""Minutes between two starts that are offered, or the service's length if it is shorter."""
Why = Literal["TOO_SOON", "TOO_FAR", "CLOSED_DAY", "OUTSIDE_HOURS", "PROVIDER_AWAY", "SLOT_TAKEN", "RESOURCE_FULL"]


@dataclass(frozen=True, slots=True)
class Length:
    """A service's minutes: its own, and its buffers."""

    minutes: int
    before: int = 0
    after: int = 0

    @property
    def step(self) -> int:
        """Minutes between two starts that are offered."""
        return min(STEP, self.minutes)

    def of(self, start: int) -> Span:
        """Its time, if it begins then."""
        return start, start + self.minutes

    def occupied(self, start: int) -> Span:
        """What nobody else may have, if it begins then."""
        return start - self.before, start + self.minutes + self.after


@dataclass(frozen=True, slots=True)
class Free:
    """What binds the bookings of one provider. All lists are in order.

    open: when they are there; None where nobody provides the service, or nothing is said of when. closed: days on which
    the workspace is closed. taken: what is booked of theirs, buffers included. busy: what another calendar of theirs
    has. full: when a resource that is needed has no unit left, by resource.
    """

    open: Openings | None = None
    closed: Sequence[Span] = ()
    taken: Sequence[Span] = ()
    busy: Sequence[Span] = ()
    full: Mapping[int, Sequence[Span]] = field(default_factory=dict[int, Sequence[Span]])


@dataclass(frozen=True, slots=True)
class Bounds:
    """From when until when something may begin, both included. Staff are bound by neither, nor by opening hours."""

    earliest: int
    latest: int


def refusal(free: Free, length: Length, start: int, bounds: Bounds | None) -> Why | None:
    """Why it cannot begin then; None where it can. bounds: None where staff book, who may do so outside of hours."""
    span, occupied = length.of(start), length.occupied(start)
    if bounds is not None and start < bounds.earliest:
        return "TOO_SOON"
    if bounds is not None and start > bounds.latest:
        return "TOO_FAR"
    if not is_clear(span, free.closed):
        return "CLOSED_DAY"
    if bounds is not None and free.open is not None and not lies_within(span, free.open.whole):
        return "OUTSIDE_HOURS"
    if not is_clear(occupied, free.taken):
        return "SLOT_TAKEN"
    if not is_clear(occupied, free.busy):
        return "PROVIDER_AWAY"
    return None if all(is_clear(occupied, full) for full in free.full.values()) else "RESOURCE_FULL"


def starts(free: Free, length: Length, span: Span, bounds: Bounds) -> list[int]:
    """All starts within a span that are offered, in order: each is one that `refusal` has nothing against.

    Not asked of each candidate, for there are thousands: what stands against it is a span of starts, too.
    """
    first, last = max(span[0], bounds.earliest), min(span[1], bounds.latest + 1)
    against = joined(_against(free, length, (first, last)))
    windows = [span] if free.open is None else free.open.windows
    return sorted({start for window in windows for start in _steps(window, length.step, (first, last), against)})


def _against(free: Free, length: Length, span: Span) -> Iterator[Span]:
    """The starts at which it would overlap something, or end where it is not open."""
    minutes, (first, last) = length.minutes, span
    low, high = first - length.before, last + minutes + length.after
    for begins, ends in _within(free.closed, first, last + minutes):
        yield begins - minutes + 1, ends
    for taken in (free.taken, free.busy, *free.full.values()):
        for begins, ends in _within(taken, low, high):
            yield begins - minutes - length.after + 1, ends + length.before
    if free.open is not None:
        until = first
        for begins, ends in _within(free.open.whole, first, last + minutes):
            yield until, begins
            until = max(until, ends - minutes + 1)
        yield until, last


def is_outside_hours(free: Free, length: Length, start: int) -> bool:
    """Whether staff book what is not offered to customers."""
    return free.open is not None and not lies_within(length.of(start), free.open.whole)


def _within(spans: Sequence[Span], low: int, high: int) -> Sequence[Span]:
    """Those, of spans in order, that overlap [low, high)."""
    first, last = bisect_left(spans, low, key=_end), bisect_left(spans, high, key=_start)
    at = first + 1 if first < len(spans) and spans[first][1] <= low else first
    return spans[at:last]


def _steps(window: Span, step: int, span: Span, against: Sequence[Span]) -> Iterator[int]:
    """The grid: counted from the start of each window, never from what is booked."""
    for first, last in cut((max(window[0], span[0]), min(window[1], span[1])), against):
        yield from range(first + (window[0] - first) % step, last, step)


def _start(span: Span) -> int:
    return span[0]


def _end(span: Span) -> int:
    return span[1]
