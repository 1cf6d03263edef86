"""The opening hours as people tell them: days in a row that are alike together, and the dates on which the business is
closed, in the language of the business.

The AI knows the hours in this form, and without a model they are what a customer is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from msgspec import Struct

from plixa.actors.ai.values import language
from plixa.actors.hours.week import HORIZON, Hours, Window, is_open, next_opening

SOON = timedelta(days=31)
"""Closed days so near are told with the hours, whoever asks for them."""
WEEK = timedelta(days=7)
MOST_DAYS = 40
Closures = Mapping[date, str | None]
"""Why the business is closed on these dates, where a reason was given."""


class _Words(Struct, frozen=True):
    """`days` from Monday on, as `Hours.weekly` is turned; `until` stands between the first and the last of a row."""

    days: tuple[str, ...]
    months: str
    date: str
    closed_on: str
    until: str
    every_day: str
    closed: str
    around: str
    open_now: str
    closed_now: str
    opens: str


_WORDS: Mapping[str, _Words] = {
    "en": _Words(
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "January February March April May June July August September October November December",
        "{day} {month}",
        "We are closed on {days}.",
        "to",
        "every day",
        "closed",
        "24 hours",
        "We are open now.",
        "We are closed now.",
        "We are closed now and open on {day} at {time}.",
    ),
    "pt": _Words(
        ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"),
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "{day} de {month}",
        "Fechamos em {days}.",
        "a",
        "todos os dias",
        "fechado",
        "24 horas",
        "Estamos abertos agora.",
        "Estamos fechados agora.",
        "Estamos fechados agora e abrimos {day} às {time}.",
    ),
    "es": _Words(
        ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "{day} de {month}",
        "Cerramos el {days}.",
        "a",
        "todos los días",
        "cerrado",
        "24 horas",
        "Estamos abiertos ahora.",
        "Estamos cerrados ahora.",
        "Estamos cerrados ahora y abrimos el {day} a las {time}.",
    ),
}


def hours_text(hours: Hours, locale: str, now: datetime, closures: Closures | None = None) -> str:
    """The week, the closed days to come soon, and whether it is open at `now` (which is in the business's time zone).

    Empty where no hours are kept and no day is closed.
    """
    today = now.date()
    soon = _closed_on(closures or {}, locale, today, today + SOON)
    words = _WORDS[language(locale)]
    if not hours.enabled:
        return " ".join(filter(None, (soon, "" if is_open(hours, now) else _now(hours, words, now))))
    week = "; ".join(_rows([*hours.weekly[1:], hours.weekly[0]], words))
    return " ".join(filter(None, (f"{week[0].upper()}{week[1:]}.", soon, _now(hours, words, now))))


def later_text(closures: Closures, locale: str, now: datetime) -> str:
    """The closed days that are still a while away."""
    after = now.date() + SOON
    return _closed_on(closures, locale, after + timedelta(days=1), after + HORIZON)


def _closed_on(closures: Closures, locale: str, first: date, last: date) -> str:
    words = _WORDS[language(locale)]
    days = [day for day in sorted(closures) if first <= day <= last][:MOST_DAYS]
    if not days:
        return ""
    return words.closed_on.format(days="; ".join(_dated(day, words, closures[day]) for day in days))


def _dated(day: date, words: _Words, reason: str | None) -> str:
    told = words.date.format(day=day.day, month=words.months.split()[day.month - 1])
    return f"{told} ({reason})" if reason else told


def _rows(week: Sequence[Window], words: _Words) -> Iterator[str]:
    for told, days in groupby(range(7), key=lambda day: _told(week[day], words)):
        yield f"{_named(list(days), words)}: {told}"


def _told(window: Window, words: _Words) -> str:
    if not window.enabled:
        return words.closed
    return words.around if window.open == window.close == "00:00" else f"{window.open}-{window.close}"


def _named(days: Sequence[int], words: _Words) -> str:
    first, last = words.days[days[0]], words.days[days[-1]]
    if len(days) == len(words.days):
        return words.every_day
    return first if len(days) == 1 else f"{first} {words.until} {last}"


def _now(hours: Hours, words: _Words, now: datetime) -> str:
    if is_open(hours, now):
        return words.open_now
    opens = next_opening(hours, now)
    if opens is None:
        return words.closed_now
    wall = opens.astimezone(ZoneInfo(hours.timezone))
    weekday = words.days[wall.weekday()]
    far = wall.date() - now.astimezone(wall.tzinfo).date() >= WEEK
    day = f"{weekday} ({_dated(wall.date(), words, None)})" if far else weekday
    return words.opens.format(day=day, time=f"{wall:%H:%M}")
