"""The opening hours as people tell them: days in a row that are alike together, in the language of the house.

The AI knows the hours in this form, and without a model they are what a customer is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from msgspec import Struct

from plixa.actors.ai.values import language
from plixa.actors.hours import Hours, Window, is_open, next_opening


class _Words(Struct, frozen=True):
    """`days` from Monday on, as `Hours.weekly` is turned; `until` stands between the first and the last of a row."""

    days: tuple[str, ...]
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
        "a",
        "todos los días",
        "cerrado",
        "24 horas",
        "Estamos abiertos ahora.",
        "Estamos cerrados ahora.",
        "Estamos cerrados ahora y abrimos el {day} a las {time}.",
    ),
}


def hours_text(hours: Hours, locale: str, now: datetime) -> str:
    """The week and whether it is open at `now`; empty where no hours are kept."""
    if not hours.enabled:
        return ""
    words = _WORDS[language(locale)]
    week = "; ".join(_rows([*hours.weekly[1:], hours.weekly[0]], words))
    return f"{week[0].upper()}{week[1:]}. {_now(hours, words, now)}"


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
    return words.opens.format(day=words.days[wall.weekday()], time=f"{wall:%H:%M}")
