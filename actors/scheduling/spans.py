"""Spans of time as pairs of whole minutes: from `start` until just before `end`. Two that touch do not overlap.

A list of spans is `in order` when it is sorted and its spans neither touch nor overlap.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

Span = tuple[int, int]
Spans = Sequence[Span]


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time, in order. Empty spans are left out."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def cut(span: Span, away: Spans) -> list[Span]:
    """What is left of a span without `away`, which is in order."""
    left, (start, end) = list[Span](), span
    for begins, stops in away[_first_after(away, start) :]:
        if begins >= end:
            break
        if begins > start:
            left.append((start, begins))
        start = max(start, stops)
    if start < end:
        left.append((start, end))
    return left


def is_clear(span: Span, taken: Spans) -> bool:
    """Whether a span overlaps nothing of `taken`, which is in order."""
    at = _first_after(taken, span[0])
    return at == len(taken) or taken[at][0] >= span[1]


def lies_within(span: Span, open_: Spans) -> bool:
    """Whether a whole span lies in one of `open_`, which is in order."""
    at = _first_after(open_, span[0])
    return at < len(open_) and open_[at][0] <= span[0] and span[1] <= open_[at][1]


def full(holders: Iterable[Span], capacity: int) -> list[Span]:
    """When at least `capacity` of the holders are there at once, in order. What is full has no unit left."""
    steps = sorted(step for start, end in holders if start < end for step in ((start, 1), (end, -1)))
    there, since, found = 0, 0, list[Span]()
    for at, change in steps:  # who leaves at a minute leaves before who comes at it
        if there < capacity <= there + change:
            since = at
        elif there >= capacity > there + change:
            found.append((since, at))
        there += change
    return joined(found)


def _first_after(spans: Spans, minute: int) -> int:
    """The index of the first span that ends after a minute."""
    at = bisect_right(spans, minute, key=_start) - 1
    return at if at >= 0 and spans[at][1] > minute else at + 1


def _start(span: Span) -> int:
    return span[0]
