"""Minutes of the agenda as people read them, and the other way round."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from plixa.actors.scheduling.walls import instant, minute_of
from plixa.engine.errors import Invalid

A_DAY = timedelta(days=1)


def shown(minute: int, zone: str) -> datetime:
    """An instant with the offset that a zone has then."""
    return instant(minute).astimezone(ZoneInfo(zone))


def asked(at: datetime, zone: str, field: str) -> int:
    """The minute that somebody means; without an offset it is the zone's wall clock, and of two the first.

    Raises `Invalid` on `field` where clocks skip it, or where it lies between two minutes.
    """
    if at.second or at.microsecond:
        raise Invalid({field: ["Appointments begin on whole minutes."]})
    if at.tzinfo is not None:
        return minute_of(at)
    known = at.replace(tzinfo=ZoneInfo(zone), fold=0)
    minute = minute_of(known)
    if shown(minute, zone).replace(tzinfo=None) != at:
        raise Invalid({field: [f"The clocks of {zone} skip this time."]})
    return minute


def day_begins(day: date, zone: str) -> int:
    """The minute in which a local date begins; some begin after midnight, because clocks skip it."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return minute_of(midnight)
