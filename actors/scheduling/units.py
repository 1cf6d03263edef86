"""Which unit of a resource each appointment holds: a number from 0 to capacity less one.

The database refuses two that hold one unit at once, so it judges capacities, too. There may be a unit free at every
minute and none for the whole time; then those around are given other units: as many as are held at once at most are
enough for spans (that is what sorting by start and taking the lowest free number gives).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plixa.actors.scheduling.spans import Span, joined


@dataclass(frozen=True, slots=True)
class Held:
    """What one appointment occupies of a resource."""

    span: Span
    unit: int


def free_unit(holders: Iterable[Held], span: Span, capacity: int) -> int | None:
    """The lowest number that nobody holds at any time of the span."""
    taken = {held.unit for held in holders if _overlap(held.span, span)}
    return next((unit for unit in range(capacity) if unit not in taken), None)


def dealt_anew(holders: Mapping[int, Held], newcomer: int, span: Span, capacity: int) -> dict[int, int]:
    """The newcomer's unit and those of others that change, where no unit is free for the whole span.

    holders: all of the resource's, so that nobody is given the unit of somebody out of sight. The resource must not be
    full at any minute of the span (`spans.full`). Raises ValueError where it is.
    """
    spans = {**{id_: held.span for id_, held in holders.items()}, newcomer: span}
    block = next(each for each in joined(spans.values()) if each[0] <= span[0] and span[1] <= each[1])
    dealt = _dealt({id_: each for id_, each in spans.items() if _overlap(each, block)})
    if dealt[newcomer] >= capacity:
        raise ValueError("all units are held at once")
    return {id_: unit for id_, unit in dealt.items() if id_ == newcomer or holders[id_].unit != unit}


def _dealt(spans: Mapping[int, Span]) -> dict[int, int]:
    """The lowest free unit for each, in order of their start."""
    found, ends = dict[int, int](), list[int]()
    for id_, (start, end) in sorted(spans.items(), key=lambda each: (each[1], each[0])):
        unit = next((number for number, until in enumerate(ends) if until <= start), len(ends))
        ends[unit:] = [end, *ends[unit + 1 :]]
        found[id_] = unit
    return found


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
