"""What each plan includes: the one place that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from plixa.actors.workspace.state import Workspace

TRIAL = timedelta(days=14)
Plan = Literal["starter", "professional", "business"]


@dataclass(frozen=True, slots=True)
class Limits:
    """numbers, seats: how many at most. The rest: whether it is included."""

    numbers: int
    seats: int
    api_access: bool


PLANS: dict[Plan, Limits] = {
    "starter": Limits(numbers=1, seats=3, api_access=False),
    "professional": Limits(numbers=3, seats=10, api_access=True),
    "business": Limits(numbers=10, seats=50, api_access=True),
}


def plan_of(workspace: Workspace, at: datetime) -> Plan:
    """The plan in effect: the trial's while it runs, then the smallest."""
    if workspace.trial_ends_at is not None and at < workspace.trial_ends_at:
        return "professional"
    return "starter"
