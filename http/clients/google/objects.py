"""What Google answers, as far as it matters, and how its times are read. Instants are minutes since 1970 in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct, field

SCOPES = ("calendar.events.owned", "calendar.freebusy")
PREFIX = "https://www.googleapis.com/auth/"
MINE = "plixa"
"""The private property that says whose an event of ours is."""
ALWAYS_FREE = frozenset({"workingLocation", "birthday"})


class Tokens(Struct, frozen=True):
    """An answer of the token endpoint. lasts: seconds of the refresh token, where the consent was for a time only."""

    access_token: str
    expires_in: int = 3600
    refresh_token: str | None = None
    scope: str = ""
    id_token: str | None = None
    lasts: int | None = field(default=None, name="refresh_token_expires_in")

    @property
    def missing(self) -> list[str]:
        """The scopes that were asked for and not granted."""
        granted = self.scope.split()
        return [each for each in SCOPES if f"{PREFIX}{each}" not in granted and each not in granted]


class Person(Struct, frozen=True):
    """Whose account it is."""

    sub: str
    email: str = ""


class When(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A day, or an instant."""

    date: str | None = None
    date_time: str | None = None
    time_zone: str | None = None

    def minute(self, zone: str) -> int | None:
        """The instant; of a day its midnight in a calendar's zone. None for what is no time."""
        try:
            return _minute(self, zone)
        except (ValueError, OverflowError, ZoneInfoNotFoundError, OSError):
            return None


def _minute(when: When, zone: str) -> int | None:
    if when.date_time is not None:
        found = datetime.fromisoformat(when.date_time)
        found = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(when.time_zone or zone))
        return int(found.timestamp() // 60)
    if when.date is None:
        return None
    day = date.fromisoformat(when.date)
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp() // 60)


class Guest(Struct, frozen=True, rename="camel"):
    self: bool = False
    response_status: str = ""


class Properties(Struct, frozen=True):
    private: dict[str, str] = {}


class Event(Struct, frozen=True, rename="camel"):
    """Of one that is deleted only `id` is sure."""

    id: str
    etag: str = ""
    status: str = "confirmed"
    start: When | None = None
    end: When | None = None
    transparency: str = "opaque"
    event_type: str = "default"
    attendees: tuple[Guest, ...] = ()
    extended_properties: Properties = Properties()

    @property
    def gone(self) -> bool:
        return self.status == "cancelled"

    @property
    def busy(self) -> bool:
        """Whether it keeps its owner from anything else."""
        declined = any(each.self and each.response_status == "declined" for each in self.attendees)
        return not (self.gone or declined or self.transparency == "transparent" or self.event_type in ALWAYS_FREE)

    def span(self, zone: str) -> tuple[int, int] | None:
        """From when until when; None where it does not say."""
        if self.start is None or self.end is None:
            return None
        first, last = self.start.minute(zone), self.end.minute(zone)
        return None if first is None or last is None or last < first else (first, last)


class Page(Struct, frozen=True, rename="camel"):
    """next_sync_token: on the last page only."""

    items: tuple[Event, ...] = ()
    time_zone: str = "UTC"
    next_page_token: str | None = None
    next_sync_token: str | None = None


class Period(Struct, frozen=True):
    start: str
    end: str


class Wrong(Struct, frozen=True):
    reason: str = ""


class Looked(Struct, frozen=True):
    """errors: where there are some, nothing is known, and `busy` is no answer."""

    busy: tuple[Period, ...] = ()
    errors: tuple[Wrong, ...] = ()


class FreeBusy(Struct, frozen=True):
    calendars: dict[str, Looked] = {}


class Channel(Struct, frozen=True, rename="camel"):
    """expiration: Unix milliseconds."""

    id: str
    resource_id: str
    expiration: str = "0"


def instant_text(minute: int) -> str:
    """RFC 3339 in UTC."""
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def spans(periods: Sequence[Period]) -> list[tuple[int, int]]:
    """Instants of what free/busy answered; what is no time is left out."""
    found = ((When(date_time=each.start).minute("UTC"), When(date_time=each.end).minute("UTC")) for each in periods)
    return [(first, last) for first, last in found if first is not None and last is not None and first < last]


Json = dict[str, Any]
