"""Effects that may be done twice without harm (a fetch, a read receipt, a set-up call): begun, over, or tried again.

Actors with nothing special to say about such effects use these events and decisions; what must not happen twice (a
message to a customer) has events of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from plixa.engine.actor import EffectDone, EffectFailed, EffectStarting, EffectUncertain, Moment
from plixa.engine.events import Event, event
from plixa.engine.ports import EffectMark

RETRY, LONGEST = timedelta(seconds=2), timedelta(minutes=5)
GROWTH = 4
"""Between two tries: 2, 8, 32, 128 and then 300 seconds. After how many it is given up: `http/tries.py`, by kind."""


@event("effect.begun")
class EffectBegun(Event, frozen=True, kw_only=True):
    """It is under way."""

    effect_id: str


@event("effect.over")
class EffectOver(Event, frozen=True, kw_only=True):
    """It is done, or given up for `reason`."""

    effect_id: str
    reason: str | None = None


@event("effect.again")
class EffectAgain(Event, frozen=True, kw_only=True):
    """It is not done, and is tried again at `at`. `away`: nobody was there, so this try does not count."""

    effect_id: str
    at: datetime
    reason: str
    away: bool = False


def marks(happened: Event) -> Iterator[EffectMark]:
    """The outbox rows that these events change."""
    match happened:
        case EffectBegun():
            yield EffectMark(happened.effect_id, "attempting")
        case EffectOver():
            yield EffectMark(happened.effect_id, "failed" if happened.reason else "done")
        case EffectAgain():
            yield EffectMark(happened.effect_id, "queued", happened.at, uncounted=happened.away)
        case _:
            pass


def decide_harmless(
    _state: Any, command: EffectStarting | EffectDone | EffectFailed | EffectUncertain, now: Moment
) -> Sequence[Event]:
    """Begin, end, try again after anything that is not permanent, each time later."""
    match command:
        case EffectStarting():
            return [EffectBegun(effect_id=command.effect_id)]
        case EffectDone():
            return [EffectOver(effect_id=command.effect_id)]
        case EffectFailed() if command.permanent:
            return [EffectOver(effect_id=command.effect_id, reason=command.reason)]
        case EffectFailed() | EffectUncertain():
            at = now.at + backoff(command.tries)
            return [EffectAgain(effect_id=command.effect_id, at=at, reason=command.reason, away=command.away)]


def backoff(tries: int) -> timedelta:
    """How long to wait after so many tries in vain."""
    factor: int = GROWTH ** min(max(tries - 1, 0), 10)
    return min(LONGEST, RETRY * factor)
