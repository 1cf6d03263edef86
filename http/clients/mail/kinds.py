"""Which letters there are, which values each takes, and how a value of each sort is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from plixa.http.clients.mail import formats
from plixa.http.clients.mail.templates.words import Letter, Locale, Words

_LONGEST = 120  # characters of one value in a letter
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]{0,30}://", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"'`\\{}|^]{1,2040}")


class BadValues(ValueError):
    """A letter cannot be written: a value is missing or of the wrong sort. Sending again does not help."""


class BusyMember(msgspec.Struct, frozen=True):
    """A member and how many messages they sent to customers."""

    name: str
    replies: int


class DigestStats(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a digest's period. first_response_median: seconds; csat_average: 1 to 5; None: there were none."""

    conversations_opened: int
    conversations_resolved: int
    messages_in: int
    messages_out: int
    sla_breaches: int
    first_response_median: float | None = None
    csat_average: float | None = None
    csat_count: int = 0
    busiest: tuple[BusyMember, ...] = ()


class Context(NamedTuple):
    """What showing a value depends on besides the value."""

    words: Words
    zone: tzinfo


Show = Callable[[Context, object], str]


class MailKind(NamedTuple):
    """The values that a letter needs, and which of them its button leads to."""

    values: Mapping[str, Show]
    link: str = ""


class Template(NamedTuple):
    """A letter that a feature brings: what it needs, and what it says in each language."""

    kind: MailKind
    letters: Mapping[Locale, Letter]


def clean(value: object) -> str:
    """A person's words on one line: what cannot be seen is gone, what is endless is cut, and a name that is a link is
    none any more, so that an invitation is no way to advertise."""
    if not isinstance(value, str):
        raise BadValues(f"expected a text, not {type(value).__name__}")
    text = _SCHEME.sub("", _SPACES.sub(" ", value.encode("utf-8", "replace").decode())).strip()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def link(value: object) -> str:
    """A link that may stand in a mail. Raises `BadValues` for all but http and https."""
    if not isinstance(value, str) or not _URL.fullmatch(value) or not _has_host(value):
        raise BadValues("expected a URL that starts with http:// or https://")
    return value


def as_time(value: object) -> datetime:
    """An aware time, or one in ISO 8601 with its offset."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BadValues(f"expected a time in ISO 8601: {error}") from error
    if at.tzinfo is None:
        raise BadValues("expected a time with an offset")
    return at


def as_date(value: object, zone: tzinfo) -> date:
    """A date, one in ISO 8601, or the date of a time in this zone."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) == len("2026-05-25"):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise BadValues(f"expected a date in ISO 8601: {error}") from error
    return as_time(value).astimezone(zone).date()


def zone_of(name: object) -> tzinfo:
    """The zone of this IANA name; UTC for none and for one that nobody knows."""
    try:
        return ZoneInfo(str(name)) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _text(context: Context, value: object) -> str:
    return clean(value)


def _link(context: Context, value: object) -> str:
    return link(value)


def _time(context: Context, value: object) -> str:
    return formats.moment(context.words, as_time(value).astimezone(context.zone))


def _date(context: Context, value: object) -> str:
    return formats.day(context.words, as_date(value, context.zone))


def _minutes(context: Context, value: object) -> str:
    if not isinstance(value, int) or value < 1:
        raise BadValues("expected a number of minutes")
    return formats.length(context.words, value)


def _period(context: Context, value: object) -> str:
    if value not in context.words.periods:
        raise BadValues(f"expected one of {', '.join(context.words.periods)}")
    return context.words.periods[str(value)]


def _stats(context: Context, value: object) -> str:
    return ""  # laid out by `render`


TEXT: Show = _text
LINK: Show = _link
TIME: Show = _time
DATE: Show = _date
MINUTES: Show = _minutes
_NOTICE: Mapping[str, Show] = {"at": _time, "url": _link}
KINDS: Mapping[str, MailKind] = {
    "invitation": MailKind(
        {"inviter": _text, "company": _text, "accept_url": _link, "expires_at": _time}, "accept_url"
    ),
    "password_reset": MailKind({"url": _link, "minutes": _minutes}, "url"),
    "email_verification": MailKind({"url": _link}, "url"),
    "email_changed": MailKind({"new_email": _text, **_NOTICE}, "url"),
    "password_changed": MailKind(_NOTICE, "url"),
    "two_factor_enabled": MailKind(_NOTICE, "url"),
    "two_factor_disabled": MailKind(_NOTICE, "url"),
    "deletion_scheduled": MailKind({"company": _text, "date": _date, "url": _link}, "url"),
    "deletion_cancelled": MailKind({"company": _text}),
    "deletion_done": MailKind({"company": _text}),
    "daily_digest": MailKind(
        {
            "company": _text,
            "period": _period,
            "from_date": _date,
            "to_date": _date,
            "stats": _stats,
            "url": _link,
            "settings_url": _link,
        },
        "url",
    ),
    "ticket_reply": MailKind({"ticket": _text, "url": _link}, "url"),
    "ticket_reply_by_mail": MailKind({"ticket": _text, "url": _link}, "url"),
    "trial_ending": MailKind({"company": _text, "ends_at": _date, "url": _link}, "url"),
    "licence_ending": MailKind({"company": _text, "ends_at": _date, "url": _link}, "url"),
    "over_limits": MailKind({"company": _text, "numbers": _text, "seats": _text, "url": _link}, "url"),
    "payment_failed": MailKind({"company": _text, "url": _link}, "url"),
    "webhook_gone": MailKind({"host": _text, "url": _link}, "url"),
    "webhook_failing": MailKind({"host": _text, "url": _link}, "url"),
}
"""Besides these values every letter takes `name` (for the greeting), `timezone` (IANA; times are shown in it) and
`logo_url` (https or http), all of them optional."""
