"""Opening hours. Outside of them a customer gets the closed message instead of an AI reply; on every plan."""

from __future__ import annotations

from typing import Annotated, Any, cast

from msgspec import Struct, field
from pydantic import BeforeValidator, Field, StringConstraints
from pydantic.dataclasses import dataclass

from plixa.actors.fields import HourMinute, WordsOrNone
from plixa.actors.workspace.declarations import Config
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid


@dataclass(frozen=True)
class Day:
    """One weekday. `close` at or before `open` is on the next day; both the same is around the clock."""

    open: HourMinute
    close: HourMinute
    enabled: bool


WEEK = [Day(open="09:00", close="18:00", enabled=weekday not in (0, 6)) for weekday in range(7)]


def _from_sunday_on(days: Any) -> Any:
    """In order, where each says which it is; all do or none."""
    if not isinstance(days, list):
        return days
    given = cast("list[Any]", days)
    days_ = [cast("dict[str, Any]", each) for each in given if isinstance(each, dict)]
    named = [each["weekday"] for each in days_ if "weekday" in each]
    if not named:
        return given
    if any(type(name) is not int for name in named) or sorted(named) != list(range(7)):
        raise ValueError("Each day must say its weekday, from 0 (Sunday) to 6, or none of them.")
    return [_unnamed(each) for each in sorted(given, key=lambda each: each["weekday"])]


def _unnamed(day: Any) -> dict[str, Any]:
    return {name: value for name, value in day.items() if name != "weekday"}


class BusinessHours(Struct, frozen=True, omit_defaults=True):
    """`hours`: seven days from Sunday on, or each with its `weekday` (0 is Sunday), in the workspace's time zone.

    `pause_sla`: closed time does not count.
    """

    enabled: bool = False
    message: Annotated[WordsOrNone, StringConstraints(max_length=500)] | None = None
    hours: Annotated[list[Day], Field(min_length=7, max_length=7), BeforeValidator(_from_sunday_on)] = field(
        default_factory=lambda: list(WEEK)
    )
    pause_sla: bool = False


def _open_sometimes(_workspace: Workspace, value: BusinessHours, _by: int) -> BusinessHours:
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
