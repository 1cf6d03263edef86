"""Opening hours read from a sentence, by rules: "segunda a sexta das 8h às 18h, sábado 9-13".

A text is a row of tokens: days, spans of time, "closed", "except", ends of sentences. Most people name the days first
and then the times; in a sentence that begins with a time, the days follow ("9am to 5pm, Monday to Friday"). Everything
else is skipped, so what is found is a proposal that a person checks; what was simplified stands in `notes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from plixa.actors.ai.text import fold
from plixa.actors.ai.values import DayHours, ExtractedHours, Usage, unused

RULES_VERSION = "hours-rules/1"

_DAYS = (
    "domingos?|dom|sundays?|sun",
    "segundas?(?:[ -]feiras?)?|seg|mondays?|mon|lunes|lun",
    "tercas?(?:[ -]feiras?)?|ter|tuesdays?|tues?|martes|mar",
    "quartas?(?:[ -]feiras?)?|qua|wednesdays?|wed|miercoles|mie",
    "quintas?(?:[ -]feiras?)?|qui|thursdays?|thurs?|thu|jueves|jue",
    "sextas?(?:[ -]feiras?)?|sex|fridays?|fri|viernes|vie",
    "sabados?|sab|saturdays?|sat",
)
_EVERY = {
    "todos os dias|todo dia|every ?day|daily|todos los dias|diariamente|seven days a week|7 days a week": range(7),
    "dias uteis|dias de semana|(?:on )?weekdays?|entre semana|dias habiles|dias laborales": range(1, 6),
    "(?:fins|fim|finais|final) de semana|weekends?|(?:fin|fines) de semana": (6, 0),
}
_DAY = "|".join(_DAYS)
_TO = r"\s*(?:-|–|—|\b(?:a|ate|ate a|to|through|thru|until|till|al|hasta|hasta el)\b)\s*(?:o\s|el\s)?"
_HALF = r"(?:[ap]\.?m\b\.?|da (?:manha|tarde|noite)|de la (?:manana|tarde|noche))"
_NUMBER = rf"\d{{1,2}}(?:[:h.]\d\d)?(?!\d)(?:\s?(?:horas|hrs?|hs?)\b\.?)?(?:\s?{_HALF})?"
_TIME = rf"(?:{_NUMBER}|meio[- ]dia|noon|mediodia|meia[- ]noite|midnight|medianoche)"
_UNTIL = r"\s*(?:-|–|—|\b(?:as|a|ate as|ate|to|until|till|e|and|y|y las|e as|hasta|hasta las|a las)\b)\s*"
_TOKENS = re.compile(
    "|".join(
        (
            r"(?P<around>\b24\s?(?:horas|hours|h|/\s?7)\b|\baround the clock\b)",
            rf"(?<![\d,.])(?<!\$)(?<!\$ )(?P<span>(?P<from>{_TIME}){_UNTIL}(?P<to>{_TIME}))(?![\d%])",
            rf"\b(?P<first>{_DAY})\b\.?(?:{_TO}(?P<last>{_DAY})\b)?",
            rf"\b(?P<every>{'|'.join(_EVERY)})\b",
            r"(?P<closed>\b(?:fechad[oa]s?|closed|cerrad[oa]s?|nao abr\w+|nao funciona\w*|no abr\w+|folga)\b)",
            r"(?P<but>\b(?:exceto|menos|except|but not|excepto|salvo)\b)",
            r"(?P<end>[;\n]|[.!?](?=\s|$))",
        )
    )
)
_BARE = re.compile(r"[\d\s–—-]+|\d+\s*(?:a|as|e|y|to|and|ate|until)\s*\d+")
_OF_SOMETHING = re.compile(
    r"\s*(?:x\b|%|r\$|[a-z]*\s?(?:dias?|days?|reais|min\w*|anos?|years?|pessoas|people|personas|unid\w*))"
)
_MESSAGE = re.compile(r"(?:mensagem|message|mensaje)[^\"“«\n]{0,60}[\"“«]([^\"”»]{1,500})[\"”»]", re.IGNORECASE)
_SHORT = frozenset({"ter", "mar", "sex", "sun", "sat", "dom", "vie", "seg", "mon", "wed", "fri"})
"""Short names of days that are other words, too: they need a day, a time or a colon beside them."""

Days = frozenset[int]


class Span(NamedTuple):
    """Minutes after midnight; `close` at or before `open` is on the next day."""

    open: int
    close: int


CLOSED = Span(-1, -1)


class _Week:
    """What is known of each day so far."""

    def __init__(self) -> None:
        self.spans: dict[int, list[Span]] = {}

    def put(self, days: Days, span: Span) -> None:
        """Add a span to days; `CLOSED` is final until another span comes."""
        for day in days:
            kept = [each for each in self.spans.get(day, []) if each != CLOSED]
            self.spans[day] = [CLOSED] if span == CLOSED else [*kept, span]


def parse(text: str) -> ExtractedHours:
    """The opening hours in a text, if it has any."""
    week = _Week()
    unplaced: list[Span] = []
    for sentence in _sentences(text):
        unplaced += _read(sentence, week)
    notes: list[str] = []
    if unplaced and not week.spans:
        for span in unplaced:
            week.put(frozenset(range(1, 6)), span)
        notes.append("No days are named: Monday to Friday are assumed.")
    notes += _simplified(week)
    return _result(week, text, notes, unused(RULES_VERSION))


def _sentences(text: str) -> Iterator[list[re.Match[str]]]:
    """The tokens, sentence by sentence. A line that only names days belongs to the one after it."""
    folded = fold(text)
    held: list[re.Match[str]] = []
    for match in _TOKENS.finditer(folded):
        if match["end"] is None:
            if _is_real(match, folded):
                held.append(match)
        elif any(not _is_days(each) for each in held):
            yield held
            held = []
    if held:
        yield held


def _is_days(match: re.Match[str]) -> bool:
    return match["first"] is not None or match["every"] is not None


def _is_real(match: re.Match[str], folded: str) -> bool:
    """Whether it is what it looks like: "2 a 3 dias" are no hours, and "ter" may be a verb."""
    after, before = folded[match.end() : match.end() + 16], folded[max(0, match.start() - 12) : match.start()]
    if match["span"]:
        return _span(match) is not None and not _OF_SOMETHING.match(after)
    if match["first"] not in _SHORT or match["last"]:
        return True
    return bool(
        re.match(rf"\s*[.:,/]|\s*(?:e|y|and|das|de|from)?\s*(?:\d|\b(?:{_DAY})\b)", after)
        or re.search(rf"\b(?:{_DAY})\s*(?:,|/|e|y|and)\s*$", before)
    )


def _read(tokens: Sequence[re.Match[str]], week: _Week) -> list[Span]:
    """Put a sentence's spans on its days; returns those that found no day."""
    times_first = next(
        (bool(t["span"] or t["around"]) for t in tokens if t["span"] or t["around"] or _is_days(t)), False
    )
    days, used, but = frozenset[int](), False, False
    held: list[tuple[Span, bool]] = []  # and whether it is two bare numbers
    fresh = False  # whether what is held has been put on a day
    for token in tokens:
        if token["but"] is not None:
            but = True
        elif _is_days(token):
            named = _days(token)
            if but:
                week.put(named, CLOSED)
                days, but = days - named, False
                continue
            days, used = (named if used else days | named), False
            for span, _ in held:
                week.put(named, span)
            fresh = bool(held)
            if any(span == CLOSED for span, _ in held):
                held, used = [], True
        elif (span := _span(token)) is not None:
            if times_first or (span == CLOSED and (used or not days)):
                held, fresh = [*(() if fresh else held), (span, _is_bare(token))], False
                days = frozenset()
            elif days:
                week.put(days, span)
                used = True
            else:
                held.append((span, _is_bare(token)))
    return [] if fresh or days else [span for span, bare in held if span != CLOSED and not bare]


def _is_bare(match: re.Match[str]) -> bool:
    return match["span"] is not None and _BARE.fullmatch(match["span"].strip()) is not None


def _days(match: re.Match[str]) -> Days:
    if match["every"] is not None:
        return frozenset(next(days for names, days in _EVERY.items() if re.fullmatch(names, match["every"])))
    first = _weekday(match["first"])
    if match["last"] is None:
        return frozenset({first})
    length = (_weekday(match["last"]) - first) % 7
    return frozenset((first + step) % 7 for step in range(length + 1))


def _weekday(name: str) -> int:
    return next(day for day, names in enumerate(_DAYS) if re.fullmatch(names, name))


def _span(match: re.Match[str]) -> Span | None:
    if match["closed"] is not None:
        return CLOSED
    if match["around"] is not None:
        return Span(0, 0)
    if match["span"] is None:
        return None
    opens, closes = _minutes(match["from"]), _minutes(match["to"])
    if opens is None or closes is None:
        return None
    return _unambiguous(opens, closes)


class _Clock(NamedTuple):
    minutes: int
    half: bool
    """Whether the text says which half of the day."""


def _minutes(text: str) -> _Clock | None:
    if not text[0].isdigit():
        return _Clock(0 if text.startswith(("meia", "mid", "median")) and text != "mediodia" else 720, True)
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    hour, minute = numbers[0], numbers[1] if len(numbers) > 1 else 0
    half = re.search(rf"{_HALF}$", text.strip())
    if hour > 24 or minute > 59 or (half and hour > 12):
        return None
    if half:
        late = half.group().startswith("p") or half.group().endswith(("tarde", "noite", "noche"))
        hour = hour % 12 + (12 if late else 0)
    return _Clock((hour % 24) * 60 + minute, bool(half))


def _unambiguous(opens: _Clock, closes: _Clock) -> Span:
    """Nine to five ends in the afternoon, and 7-10pm begins in the evening."""
    start, end = opens.minutes, closes.minutes
    if closes.half and not opens.half and start < end - 720 < 720 and start > 0:
        start += 720
    if not closes.half and end <= start and 0 < end < 720 and start < 720:
        end += 720
    return Span(start, end)


def _simplified(week: _Week) -> Iterator[str]:
    if any(len(spans) > 1 for spans in week.spans.values()):
        yield "Some days have a break: only the first opening and the last closing can be kept."


def _result(week: _Week, text: str, notes: list[str], usage: Usage) -> ExtractedHours:
    days = tuple(_day(week.spans.get(day, [])) for day in range(7))
    found = any(day.enabled for day in days)
    if not found:
        notes.append("The text names no opening hours.")
    message = _MESSAGE.search(text)
    return ExtractedHours(days, message[1].strip() if message else None, tuple(notes), found, usage)


def _day(spans: Sequence[Span]) -> DayHours:
    opened = sorted(span for span in spans if span != CLOSED)
    if not opened:
        return DayHours()
    return DayHours(_shown(opened[0].open), _shown(opened[-1].close), enabled=True)


def _shown(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
