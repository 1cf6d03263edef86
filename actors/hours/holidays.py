"""Holidays as time goes by: what follows on the first of a month, and how the closures follow a sync."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from plixa.actors.hours.closures import HolidayWaived
from plixa.actors.hours.holiday_config import HolidaysSynced, sync
from plixa.actors.workspace.state import Workspace, evolve
from plixa.actors.workspace.upkeep import Configure
from plixa.engine.actor import Command, Moment, TimerFired
from plixa.engine.events import Event

TIMER = "holidays"


def asks(state: Workspace, command: Command) -> bool:
    """Whether this command is decided by the country's holidays, which must be loaded for that."""
    match command:
        case TimerFired(name=name):
            return name == TIMER
        case Configure(config="holidays"):
            return command.values.get("block_holidays") is True
        case Configure(config="regional"):
            return state.holidays.block_holidays
        case _:
            return False


def fired(state: Workspace, due: datetime, now: Moment) -> Sequence[Event]:
    """A month has begun."""
    return sync(state, now, "A new month began.")


@evolve.on(HolidaysSynced)
def _synced(state: Workspace, event: HolidaysSynced) -> Workspace:
    kept = {id_: each for id_, each in state.closures.items() if id_ not in event.opened}
    return replace(
        state,
        closures={**kept, **{each.id: each for each in event.closed}},
        holidays_due=event.due,
        holidays_known=event.known,
        waived=tuple(day for day in state.waived if day >= event.day),
    )


@evolve.on(HolidayWaived)
def _waived(state: Workspace, event: HolidayWaived) -> Workspace:
    return replace(state, waived=(*state.waived, event.date))
