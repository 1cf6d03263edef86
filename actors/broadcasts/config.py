"""How a workspace sends to many: when nobody is disturbed, how often somebody is written to, what stops it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from pydantic import Field, StringConstraints

from plixa.actors.fields import HourMinute, Line
from plixa.actors.workspace.declarations import Config

WORDS = ("SAIR", "STOP", "PARAR", "BAJA")
Word = Annotated[Line, StringConstraints(max_length=40)]


class BroadcastConfig(Struct, frozen=True, omit_defaults=True):
    """quiet_from, quiet_until: between these times of the workspace's zone nothing goes out; equal: never quiet.

    cooldown_hours: a contact gets at most one broadcast within so many hours; 0: any number.
    strangers_a_day: people who have never written to a number get at most so many a day from it.
    opt_out_words: a reply that is one of these, whatever its case and accents, ends all broadcasts to whoever wrote it.
    """

    quiet_from: HourMinute = "21:00"
    quiet_until: HourMinute = "08:00"
    cooldown_hours: Annotated[int, Field(ge=0, le=720)] = 24
    strangers_a_day: Annotated[int, Field(ge=0, le=1000)] = 200
    opt_out_words: Annotated[list[Word], Field(min_length=1, max_length=20)] = field(default_factory=lambda: [*WORDS])


BROADCASTS = Config(
    name="broadcasts", value=BroadcastConfig, path="/v1/broadcast-config", tag="Broadcasts", feature="broadcasts"
)


def loud_from(config: BroadcastConfig, zone: ZoneInfo, at: datetime) -> datetime:
    """When something may go out, `at` or later, by the clock on the wall: the first instant that is not quiet."""
    begins, ends = _time(config.quiet_from), _time(config.quiet_until)
    local = at.astimezone(zone)
    if not _is_quiet(local.timetz().replace(tzinfo=None), begins, ends):
        return at
    day = local.date() if local.time() < ends else local.date() + timedelta(days=1)
    return max(at, datetime.combine(day, ends, tzinfo=zone).astimezone(at.tzinfo))


def quiet_from(config: BroadcastConfig, zone: ZoneInfo, at: datetime) -> datetime | None:
    """When the next quiet hours begin, after `at`, which is not quiet; None: never."""
    if config.quiet_from == config.quiet_until:
        return None
    local = at.astimezone(zone)
    begins = _time(config.quiet_from)
    day = local.date() if local.time() < begins else local.date() + timedelta(days=1)
    return datetime.combine(day, begins, tzinfo=zone).astimezone(at.tzinfo)


def _is_quiet(now: time, begins: time, ends: time) -> bool:
    return begins <= now < ends if begins <= ends else now >= begins or now < ends


def _time(written: str) -> time:
    return time.fromisoformat(written)
