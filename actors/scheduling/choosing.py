"""Who gets a booking that is anybody's: whoever of the free has the fewest minutes booked that day, then whose last
booking is longest ago, then the lowest id. Why it is them is kept with the booking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import Struct


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider who is free. minutes: booked on the local day. last: when they were last given a booking; 0: never."""

    user_id: int
    minutes: int
    last: int


class Chosen(Struct, frozen=True, omit_defaults=True):
    """user_id: who. minutes: what they had that day. over: who else was free, the next best first."""

    user_id: int
    minutes: int
    over: tuple[int, ...] = ()


def choose(candidates: Iterable[Candidate]) -> Chosen | None:
    """The one who gets it; None if nobody is free."""
    ranked = sorted(candidates, key=lambda each: (each.minutes, each.last, each.user_id))
    if not ranked:
        return None
    best, *others = ranked
    return Chosen(best.user_id, best.minutes, tuple(other.user_id for other in others))
