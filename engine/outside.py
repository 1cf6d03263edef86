"""Effects that may be done twice without harm, as their owners see them: over, where an owner wants to hear that.

What became of such an effect is booked in its outbox row (`engine/effects.py`). Only a kind that `tells` reports to
its owner, and only once: done, or given up. An owner with nothing of its own to say about that notes `EffectOver`, or,
where even that is no news, nothing.

`EffectBegun` and `EffectAgain` are in logs of earlier releases, which kept the tries of such effects there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plixa.engine.actor import EffectDone, EffectFailed, EffectStarting, EffectUncertain, Moment
from plixa.engine.events import Event, event

Report = EffectStarting | EffectDone | EffectFailed | EffectUncertain


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


def decide_over(_state: Any, command: Report, _: Moment) -> Sequence[Event]:
    """Note that it is over; anything else is the outbox's alone."""
    match command:
        case EffectDone():
            return [EffectOver(effect_id=command.effect_id)]
        case EffectFailed(permanent=True):
            return [EffectOver(effect_id=command.effect_id, reason=command.reason)]
        case _:
            return []


def decide_nothing(_state: Any, _command: Report, _: Moment) -> Sequence[Event]:
    """For owners that want to hear nothing: a dead letter of an earlier release may still bring a report."""
    return []
