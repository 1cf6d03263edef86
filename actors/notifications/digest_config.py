"""The digest by e-mail at 09:00 in the workspace's time zone: daily, on Mondays, or on the first of the month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from plixa.actors.workspace.declarations import Config
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Moment
from plixa.engine.events import Event, event

Frequency = Literal["daily", "weekly", "monthly"]
AT = time(9)


class DigestConfig(Struct, frozen=True, omit_defaults=True):
    enabled: bool = False
    frequency: Frequency = "daily"


@event("digest.scheduled")
class DigestScheduled(Event, frozen=True, kw_only=True):
    """When the next one goes out; None for never."""

    due: datetime | None


def next_digest(frequency: Frequency, zone: str, after: datetime) -> datetime:
    """The first time that one is due later than `after`, in UTC."""
    day = after.astimezone(ZoneInfo(zone)).date()
    while not _is_day(frequency, day) or _at(day, zone) <= after:
        day += timedelta(days=1)
    return _at(day, zone)


def period_before(frequency: Frequency, zone: str, due: datetime) -> tuple[date, date]:
    """The first and the last day, in the workspace's time zone, of what a digest of this moment tells about.

    The days before: yesterday, the last seven, or the month that has ended. Dates, so that a day with a change of the
    clocks in it is a day like any other.
    """
    today = due.astimezone(ZoneInfo(zone)).date()
    last = today - timedelta(days=1)
    if frequency == "monthly":
        return last.replace(day=1), last
    return today - timedelta(days=7 if frequency == "weekly" else 1), last


def span_of(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """From the first moment of the first day to the end of the last one, in UTC; the end does not belong to it."""
    tz = ZoneInfo(zone)
    end = last + timedelta(days=1)
    return datetime.combine(first, time(), tz).astimezone(UTC), datetime.combine(end, time(), tz).astimezone(UTC)


def replan(workspace: Workspace, now: Moment) -> Sequence[Event]:
    """What follows when the configuration or the time zone has changed."""
    config = DIGEST.of(workspace)
    due = next_digest(config.frequency, workspace.timezone, now.at) if config.enabled else None
    return [] if due == workspace.digest_due else [DigestScheduled(due=due)]


def _is_day(frequency: Frequency, day: date) -> bool:
    return {"daily": True, "weekly": day.weekday() == 0, "monthly": day.day == 1}[frequency]


def _at(day: date, zone: str) -> datetime:
    return datetime.combine(day, AT, ZoneInfo(zone)).astimezone(UTC)


DIGEST = Config(
    name="digest",
    value=DigestConfig,
    path="/v1/digest-config",
    tag="Daily digest",
    required=("enabled",),
    read="owner",
    then=replan,
)
