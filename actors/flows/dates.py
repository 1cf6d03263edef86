"""Reading a date as people write one: figures, ISO, words (tomorrow, amanhã, hoy, next Friday), names of months.

`1/2/2026` is the first of February in Portuguese and Spanish, the second of January in English; where that order gives
no date, the other one is taken. Without a year it is the next such day. Two figures of a year are this century, or the
last one where that would lie more than twenty years ahead. A weekday is the next one, never today.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from plixa.actors.flows.phrases import language
from plixa.actors.flows.words import fold
from plixa.actors.folding import figures

_DAYS = {
    -1: "yesterday|ontem|ayer",
    0: "today|hoje|hoy",
    1: "tomorrow|amanha|manana",
    2: "day after tomorrow|the day after tomorrow|depois de amanha|pasado manana",
}
_WORDS = {word: days for days, words in _DAYS.items() for word in words.split("|")}
_WEEK = (
    "monday segunda lunes|tuesday terca martes|wednesday quarta miercoles|thursday quinta jueves|friday sexta viernes"
)
_WEEKDAYS = {
    word: number
    for number, words in enumerate(f"{_WEEK}|saturday sabado|sunday domingo".split("|"))
    for word in words.split()
}
_YEAR = "jan ene|feb fev|mar|apr abr|may mai|jun|jul|aug ago|sep set|oct out|nov|dec dez dic"
_MONTHS = {word: number for number, words in enumerate(_YEAR.split("|"), start=1) for word in words.split()}
_MONTH_NAMES = """
jan january janeiro ene enero feb february fev fevereiro febrero mar march marco marzo apr april abr abril
may mai maio mayo jun june junho junio jul july julho julio aug august ago agosto
sep sept september set setembro septiembre setiembre oct october out outubro octubre nov november novembro noviembre
dec december dez dezembro dic diciembre
"""
_NAMES_OF_MONTHS = frozenset(_MONTH_NAMES.split())
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_KEPT = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FIGURES = re.compile(r"(\d{1,2})[-/. ](\d{1,2})(?:[-/. ](\d{4}|\d{2}))?")
_DAY_MONTH = re.compile(
    r"(?:el |o |the )?(\d{1,2})(?:st|nd|rd|th|o|a|ro|er)? (?:de |of )?([a-z]+)(?: (?:de |del )?(\d{4}))?"
)
_FIRST = re.compile(r"\b(?:primeiro|primero|first)\b")
_MONTH_DAY = re.compile(r"([a-z]+) (?:the )?(\d{1,2})(?:st|nd|rd|th)?(?: (\d{4}))?")
_AROUND_SIGN = re.compile(r"\s{1,3}([-/.])\s{0,3}|([-/.])\s{1,3}(?=\d)")
_WITHIN = re.compile(
    r"(?<![\d/.-])(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2})|\d{1,2}/\d{1,2})(?![\d/-])"
)
_LEADING = """
a as born birth birthday data date de del dia e el em es eu fecha foi for fue i in is it la me mi minha my na naci
nacimiento nascida nascido nascimento nasci no o on para pode pra quero quisiera s seria ser sera the was
"""
_LEAD_WORDS = frozenset(_LEADING.split())
_BEFORE_WEEKDAY = re.compile(r"^(?:next|on|this|na|no|proximo|proxima|el|la) (?:proximo |proxima )?")


def read_date(text: str, today: date, locale: str) -> date | None:
    """The day that is meant; None if none can be made out."""
    stripped, folded = _tidy(text), _FIRST.sub("1", fold(text[:80]))
    try:
        return (
            _spoken(folded, today)
            or _written(stripped, today, locale)
            or _named(folded, today)
            or _within(stripped, folded, today, locale)
        )
    except OverflowError:  # the end of the calendar
        return None


def _tidy(text: str) -> str:
    """In ASCII's figures, "21 / 11 / 1989" without its spaces."""
    return _AROUND_SIGN.sub(lambda found: found[1] or found[2], figures(text.strip()[:80]).strip()).strip(" .!,")


def _within(stripped: str, folded: str, today: date, locale: str) -> date | None:
    """The one date in a sentence: "nasci em 21/11/1989", "pode ser amanhã"."""
    found = [each.group() for each in _WITHIN.finditer(stripped)]
    if found:
        return _written(found[0], today, locale) if len(found) == 1 else None
    said = folded.split()
    while said and said[0] in _LEAD_WORDS:
        said = said[1:]
        if day := _spoken(" ".join(said), today) or _named(" ".join(said), today):
            return day
    return None


def shown_date(value: str, locale: str) -> str:
    """A day as it is kept (YYYY-MM-DD), as people of that locale write it; any other value as it is."""
    try:
        day = date.fromisoformat(value) if _KEPT.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None:
        return value
    # In English 5/1 is two days, one on each side of the sea: the month in words is neither's mistake.
    return f"{day:%B} {day.day}, {day.year}" if language(locale) == "en" else f"{day:%d/%m}/{day.year:04}"


def _spoken(folded: str, today: date) -> date | None:
    if folded in _WORDS:
        return today + timedelta(days=_WORDS[folded])
    word = _BEFORE_WEEKDAY.sub("", folded)
    weekday = _WEEKDAYS.get(word.removesuffix(" que vem").removesuffix(" feira").removesuffix(" que viene"))
    return None if weekday is None else today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _written(text: str, today: date, locale: str) -> date | None:
    if iso := _ISO.fullmatch(text):
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    figures = _FIGURES.fullmatch(text)
    if figures is None:
        return None
    one, two, year = int(figures[1]), int(figures[2]), figures[3]
    month_first = language(locale) == "en"
    day, month = (two, one) if month_first else (one, two)
    return _dated(day, month, year, today) or _dated(month, day, year, today)


def _named(folded: str, today: date) -> date | None:
    if found := _DAY_MONTH.fullmatch(folded):
        day, month, year = found[1], found[2], found[3]
    elif found := _MONTH_DAY.fullmatch(folded):
        month, day, year = found[1], found[2], found[3]
    else:
        return None
    return _dated(int(day), _MONTHS[month[:3]], year, today) if month in _NAMES_OF_MONTHS else None


def _dated(day: int, month: int, year: str | None, today: date) -> date | None:
    if year is not None:
        return _day(_whole(year, today), month, day)
    found = (_day(today.year + ahead, month, day) for ahead in range(9))  # 29 February may be eight years away
    return next((each for each in found if each is not None and each >= today), None)


def _whole(year: str, today: date) -> int:
    number = int(year)
    if len(year) > 2:
        return number
    number += today.year // 100 * 100
    return number if number <= today.year + 20 else number - 100


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
