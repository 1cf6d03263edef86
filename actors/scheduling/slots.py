"""What can be booked: one rule for what is offered and for what is guarded.

A service takes its time, and its buffers before and after it. Its time lies in what is open; what it occupies, its
buffers included, overlaps nothing that is taken and finds a unit of every resource. Buffers may stick out of what is
open: one cleans after closing time. What is taken includes the buffers of what was booked, so neighbours' buffers add
up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from plixa.actors.scheduling.rules import Openings
from plixa.actors.scheduling.spans import Span, is_clear, lies_within

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
    """All starts within a span that are offered, in order: each is one that `refusal` has nothing against."""
    return [start for start in _candidates(free, length, span) if refusal(free, length, start, bounds) is None]


def is_outside_hours(free: Free, length: Length, start: int) -> bool:
    """Whether staff book what is not offered to customers."""
    return free.open is not None and not lies_within(length.of(start), free.open.whole)


def _candidates(free: Free, length: Length, span: Span) -> list[int]:
    """The grid: counted from the start of each window, never from what is booked."""
    windows = [span] if free.open is None else free.open.windows
    return sorted({start for window in windows for start in _steps(window, length.step, span)})


def _steps(window: Span, step: int, span: Span) -> Iterator[int]:
    first, last = max(window[0], span[0]), min(window[1], span[1])
    missing = (window[0] - first) % step
    return iter(range(first + missing, last, step))
