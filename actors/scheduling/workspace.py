"""What a workspace offers as its settings stand, for decisions and for whoever asks what is free."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plixa.actors.calendars.links import linked
from plixa.actors.hours.opening import closed_days
from plixa.actors.scheduling.catalogue import (
    BASE_SCHEDULE,
    BOOKING,
    DEFAULT_OFFSETS,
    REMINDERS,
    RESOURCES,
    SERVICES,
    rules_of,
)
from plixa.actors.scheduling.offering import Offering, Provider
from plixa.actors.scheduling.state import Agenda, Schedule
from plixa.actors.workspace.state import Workspace

REMEMBERED = 1000
"""Of so many workspaces it is not built anew for each booking."""


@dataclass(frozen=True, slots=True)
class _Built:
    workspace: Workspace
    schedules: Mapping[int, Schedule]
    offering: Offering


_built: OrderedDict[int, _Built] = OrderedDict()


def offering_of(state: Agenda, workspace: Any) -> Offering:
    """What can be booked of whom. It is built once for as long as neither settings nor schedules change."""
    if isinstance(workspace, Offering):
        return workspace
    known = _built.get(workspace.id)
    if known is None or known.workspace is not workspace or known.schedules is not state.schedules:
        known = _Built(workspace, state.schedules, _offering(workspace, state.schedules))
    _built[workspace.id] = known
    _built.move_to_end(workspace.id)
    if len(_built) > REMEMBERED:
        _built.popitem(last=False)
    return known.offering


def _offering(workspace: Workspace, schedules: Mapping[int, Schedule]) -> Offering:
    return Offering(
        zone=workspace.timezone,
        services=SERVICES.of(workspace),
        resources=RESOURCES.of(workspace),
        providers={id_: _provider(workspace, schedules.get(id_)) for id_ in workspace.members},
        closed=frozenset(closed_days(workspace)),
        cancel_before_minutes=BOOKING.of(workspace).cancel_before_minutes,
        reminders=DEFAULT_OFFSETS if (offsets := REMINDERS.of(workspace).offsets) is None else tuple(offsets),
        calendars=linked(workspace),
    )


def _provider(workspace: Workspace, own: Schedule | None) -> Provider:
    """Who has no schedule, where the business has no base schedule, is there whenever they are free."""
    schedule = schedule_of(workspace, own)
    return Provider(schedule.timezone, schedule.rules if own is not None or schedule.rules else None)


def schedule_of(workspace: Workspace, own: Schedule | None) -> Schedule:
    """A provider's, or the workspace's base schedule where they have none of their own; without rules without one."""
    base = BASE_SCHEDULE.of(workspace)
    if own is not None:
        return own
    return Schedule(base.timezone, rules_of(base)) if base.rules else Schedule(workspace.timezone)
