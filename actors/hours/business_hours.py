"""Opening hours. Outside of them a customer gets the closed message instead of an AI reply; on every plan."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct, field
from pydantic import Field, StringConstraints
from pydantic.dataclasses import dataclass

from plixa.actors.fields import HourMinute, WordsOrNone
from plixa.actors.workspace.declarations import Config
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid


@dataclass(frozen=True)
class Day:
    """One weekday. `close` at or before `open` is on the next day; both the same is around the clock."""

    open: HourMinute = "09:00"
    close: HourMinute = "18:00"
    enabled: bool = True


WEEK = [Day(enabled=False), *(Day() for _ in range(5)), Day(enabled=False)]


class BusinessHours(Struct, frozen=True, omit_defaults=True):
    """`hours`: seven days from Sunday on, in the workspace's time zone. `pause_sla`: closed time does not count."""

    enabled: bool = False
    message: Annotated[WordsOrNone, StringConstraints(max_length=500)] | None = None
    hours: Annotated[list[Day], Field(min_length=7, max_length=7)] = field(default_factory=lambda: list(WEEK))
    pause_sla: bool = False


def _open_sometimes(_house: Workspace, value: BusinessHours, _by: int) -> BusinessHours:
    if value.enabled and not any(day.enabled for day in value.hours):
        raise Invalid({"hours": ["At least one day must be open; to close for good, turn automation off instead."]})
    return value


BUSINESS_HOURS = Config(
    name="business_hours",
    value=BusinessHours,
    path="/v1/business-hours-config",
    tag="Business hours",
    required=("enabled", "hours"),
    check=_open_sometimes,
)
