"""Holidays as time goes by: what follows on the first of a month, and how the closures follow a sync."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from plixa.actors.hours.closures import HolidayWaived
from plixa.actors.hours.holiday_config import CLOSURES, HOLIDAYS, HolidaysSynced, sync
from plixa.actors.workspace.state import Workspace
from plixa.actors.workspace.upkeep import ConfigChanged, Configure, SettingCreated, SettingRemoved
from plixa.engine.actor import Command, Moment, TimerFired
from plixa.engine.dispatch import Evolver
from plixa.engine.events import Event
from plixa.engine.ports import Effect

evolve: Evolver[Workspace] = Evolver()

TIMER = "holidays"


def asks(state: Workspace, command: Command) -> bool:
    """Whether this command is decided by the country's holidays, which must be loaded for that."""
    match command:
        case TimerFired(name=name):
            return name == TIMER
        case Configure(config="holidays"):
            return command.values.get("block_holidays") is True
        case Configure(config="regional"):
            return HOLIDAYS.of(state).block_holidays
        case _:
            return False


def fired(state: Workspace, due: datetime, now: Moment) -> Sequence[Event]:
    """A month has begun."""
    return sync(state, now, "A new month began.")


@evolve.on(HolidaysSynced)
def _synced(state: Workspace, event: HolidaysSynced) -> Workspace:
    kept = {id_: each for id_, each in CLOSURES.of(state).items() if id_ not in event.opened}
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


def effects(_state: Workspace, happened: Event) -> Iterator[Effect]:
    """Other actors hold promises by the hours that were: they are told, by the outbox."""
    change = _change_of_hours(happened)
    if change is not None:
        hours = {"changed": "hours"}
        yield Effect(f"cascade-hours-{change}", "workspace.cascade", "cascade", "cascade", hours)


def _change_of_hours(event: Event) -> str | None:
    """What tells this change of the opening hours from others; None if it is none."""
    match event:
        case ConfigChanged(config="business_hours" | "regional"):
            return f"{event.change_id}"
        case SettingCreated(collection="closures"):
            return f"{event.item_id}"
        case SettingRemoved(collection="closures"):
            return f"{event.item_id}-removed"
        case HolidaysSynced() if event.closed or event.opened:
            return f"{event.sync_id}"
        case _:
            return None
