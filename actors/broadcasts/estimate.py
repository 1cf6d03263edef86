"""How long a broadcast will take: its pace, the days' share of people who have never written, and the quiet hours.

On average, and if nothing else goes out from the number.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from plixa.actors.broadcasts.config import BroadcastConfig, loud_from, quiet_from

SLOWER = 3
"""To people who have never written, by so many times."""
DAYS = 400
"""How far anybody looks ahead."""


def ends_at(
    config: BroadcastConfig, zone: ZoneInfo, start: datetime, per_minute: float, known: int, strangers: int
) -> datetime | None:
    """When the last one is written to, those who have written before first. None: not in sight."""
    gap = timedelta(minutes=1 / per_minute) if per_minute else timedelta(0)
    at = _after(config, zone, start, gap * known)
    left = strangers if config.strangers_a_day else 0
    for _ in range(DAYS):
        at = loud_from(config, zone, at)
        today = min(left, config.strangers_a_day)
        left -= today
        at = _after(config, zone, at, gap * SLOWER * today)
        if not left:
            return at
        at = max(at, next_day(zone, at))
    return None


def _after(config: BroadcastConfig, zone: ZoneInfo, at: datetime, lasts: timedelta) -> datetime:
    """When so much time that is not quiet has passed."""
    for _ in range(DAYS):
        at = loud_from(config, zone, at)
        quiet = quiet_from(config, zone, at)
        if quiet is None or at + lasts <= quiet:
            break
        lasts -= quiet - at
        at = quiet
    return at + lasts


def next_day(zone: ZoneInfo, at: datetime) -> datetime:
    """When the next day begins there."""
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), tzinfo=zone).astimezone(at.tzinfo)


def this_day(zone: ZoneInfo, at: datetime) -> datetime:
    """When this day began there."""
    return datetime.combine(at.astimezone(zone).date(), time(0), tzinfo=zone).astimezone(at.tzinfo)
