"""Dates, numbers and durations as each language writes them. Pure."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise

from plixa.http.clients.mail.templates.words import Unit, Words


def moment(words: Words, at: datetime) -> str:
    """A point in time, in its own zone, which is named: "25 May 2026, 14:00 (UTC−03:00)"."""
    return words.moment.format(**_day(words, at), time=at.strftime("%H:%M"), zone=_zone(at))


def day(words: Words, at: date) -> str:
    """A date: "25 May 2026"."""
    return words.date.format(**_day(words, at))


def span(words: Words, first: date, last: date) -> str:
    """Some days: "18 May 2026 – 24 May 2026", or the one date."""
    return day(words, first) if first == last else f"{day(words, first)} – {day(words, last)}"


def number(words: Words, value: int) -> str:
    """A whole number: "12,345"."""
    return f"{value:,}".replace(",", words.thousands)


def average(words: Words, value: float) -> str:
    """A mean, to one decimal: "4.6"."""
    return f"{value:.1f}".replace(".", words.decimal)


def counted(words: Words, unit: Unit, count: int) -> str:
    """A unit that holds `{count}`: "1 reply", "12 replies"."""
    return (unit.one if count == 1 else unit.many).format(count=number(words, count))


def length(words: Words, minutes: int) -> str:
    """How long something is valid, in the largest unit that is exact: "60 minutes" is "1 hour"."""
    for size, unit in ((1440, words.day), (60, words.hour)):
        if minutes >= size and minutes % size == 0:
            return _of(words, unit, minutes // size)
    return _of(words, words.minute, minutes)


def seconds(value: float) -> str:
    """A measured duration, in two units: "45 s", "4 min 12 s", "1 h 5 min", "2 d 3 h"; the same in all languages."""
    whole = max(0, round(value))
    units = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    for (size, name), (smaller, smaller_name) in pairwise(units):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {name} {rest} {smaller_name}" if rest else f"{whole // size} {name}"
    return f"{whole} s"


def _of(words: Words, unit: Unit, count: int) -> str:
    return f"{number(words, count)} {unit.one if count == 1 else unit.many}"


def _day(words: Words, at: date) -> dict[str, object]:
    return {"day": words.first_day if at.day == 1 else at.day, "month": words.months[at.month - 1], "year": at.year}


def _zone(at: datetime) -> str:
    offset = at.strftime("%z")
    sign = "+" if offset.startswith("+") else "\N{MINUS SIGN}"  # a hyphen would let the line break there
    return f"UTC{sign}{offset[1:3]}:{offset[3:5]}" if offset.strip("+-0") else "UTC"
