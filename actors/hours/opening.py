"""When a workspace is open, as its settings say: the weekly hours, but for the days that are closed."""

from __future__ import annotations

from datetime import date

from plixa.actors.hours.business_hours import BUSINESS_HOURS
from plixa.actors.hours.holiday_config import CLOSURES
from plixa.actors.hours.week import Hours, hours_of
from plixa.actors.workspace.state import Workspace


def opening_hours(workspace: Workspace) -> Hours:
    """When it is open."""
    return hours_of(BUSINESS_HOURS.of(workspace), workspace.timezone, closed_days(workspace))


def closed_days(workspace: Workspace) -> dict[date, str | None]:
    """The dates on which it is closed, and why."""
    return {each.date: each.reason for each in CLOSURES.of(workspace).values()}
