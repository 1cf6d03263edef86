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
            r"(?P<closed>\b(?:fechad[oa]s?|closed|closes? on|cerrad[oa]s?|nao (?:abr|funciona)\w*|no abr\w+|folga)\b)",
            r"(?P<but>\b(?:exceto|menos|except|but not|excepto|salvo)\b)",
            r"(?P<end>[;\n]|[.!?](?=\s|$))",
        )
    )
)
_BARE = re.compile(r"[\d\s–—-]+|\d+\s*(?:a|as|e|y|to|and|ate|until)\s*\d+")
_LINK = r"(?:(?:e|y|and|aos?|nos?|on|de|das?|el|los|en los)\s)*"
_GOES_ON = re.compile(
    rf"\s*(?:$|[.,;:!?)/\n-]|{_LINK}(?:{_DAY}|{'|'.join(_EVERY)}|\d|fechad\w*|closed|cerrad\w*|exce\w*|menos)\b)"
)
"""What may follow two bare numbers that are hours: not the thing that there are "2 a 3" of."""
_MESSAGE = re.compile(r"(?:mensagem|message|mensaje)[^\"“«\n]{0,60}[\"“«]([^\"”»]{1,500})[\"”»]", re.IGNORECASE)
_BESIDE_AFTER = re.compile(rf"\s*[.:,/]|\s*(?:e|y|and|das|de|from)?\s*(?:\d|\b(?:{_DAY})\b)")
_BESIDE_BEFORE = re.compile(rf"\b(?:{_DAY})\s*(?:,|/|e|y|and)\s*$")
_FIGURES = re.compile(r"\d+")
_HALF_AT_END = re.compile(rf"{_HALF}$")
_EACH_EVERY = tuple((re.compile(names), frozenset(days)) for names, days in _EVERY.items())
_EACH_DAY = tuple(map(re.compile, _DAYS))
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
        elif match["end"] != "\n" or any(not _is_days(each) for each in held):
            yield held
            held = []
    if held:
        yield held


def _is_days(match: re.Match[str]) -> bool:
    return match["first"] is not None or match["every"] is not None


def _is_real(match: re.Match[str], folded: str) -> bool:
    """Whether it is what it looks like: "2 a 3 dias" are no hours, and "ter" may be a verb."""
    after, before = folded[match.end() : match.end() + 30], folded[max(0, match.start() - 12) : match.start()]
    if match["span"]:
        return _span(match) is not None and (not _is_bare(match) or _GOES_ON.match(after) is not None)
    if match["first"] not in _SHORT or match["last"]:
        return True
    return bool(_BESIDE_AFTER.match(after) or _BESIDE_BEFORE.search(before))


def _read(tokens: Sequence[re.Match[str]], week: _Week) -> list[Span]:
    """Put a sentence's spans on its days; returns those that found no day."""
    opening = next((token for token in tokens if token["span"] or token["around"] or _is_days(token)), None)
    sentence = _Sentence(week, times_first=opening is not None and not _is_days(opening))
    for token in tokens:
        if token["but"] is not None:
            sentence.but = True
        elif _is_days(token):
            sentence.take_days(_days(token))
        elif (span := _span(token)) is not None:
            sentence.take_span(span, bare=_is_bare(token))
    return sentence.unplaced


class _Sentence:
    """Reads one sentence. `days` wait for times, or `held` times wait for days; `placed`: they have met."""

    def __init__(self, week: _Week, *, times_first: bool) -> None:
        self._week = week
        self._times_first = times_first
        self._days: Days = frozenset()
        self._held: list[Span] = []
        self._placed = False
        self.but = False
        self.unplaced: list[Span] = []

    def take_days(self, named: Days) -> None:
        """Days are named: after "except" they are closed, else they join, or follow, those named before."""
        if self.but:
            self._week.put(named, CLOSED)
            self._days, self.but = self._days - named, False
            return
        for span in self._held:
            self._week.put(named, span)
        self.unplaced = []
        joins = not self._placed or (self._times_first and self._held)
        self._days = self._days | named if joins else named
        self._placed = bool(self._held)
        if CLOSED in self._held:
            self._held = []

    def take_span(self, span: Span, *, bare: bool) -> None:
        """Times are named, or that it is closed: for the days before, or for those to come."""
        waits = self._times_first or (span == CLOSED and self._placed) or not self._days
        if not waits:
            self._week.put(self._days, span)
            self._placed = True
            return
        self._held = [span] if self._placed else [*self._held, span]
        self._days, self._placed = frozenset(), False
        if span != CLOSED and not bare:
            self.unplaced.append(span)


def _is_bare(match: re.Match[str]) -> bool:
    return match["span"] is not None and _BARE.fullmatch(match["span"].strip()) is not None


def _days(match: re.Match[str]) -> Days:
    if match["every"] is not None:
        return next(days for names, days in _EACH_EVERY if names.fullmatch(match["every"]))
    first = _weekday(match["first"])
    if match["last"] is None:
        return frozenset({first})
    length = (_weekday(match["last"]) - first) % 7
    return frozenset((first + step) % 7 for step in range(length + 1))


def _weekday(name: str) -> int:
    return next(day for day, names in enumerate(_EACH_DAY) if names.fullmatch(name))


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
    if not text[0].isdecimal():
        return _Clock(0 if text.startswith(("meia", "mid", "median")) and text != "mediodia" else 720, True)
    numbers = [int(number) for number in _FIGURES.findall(text)]
    hour, minute = numbers[0], numbers[1] if len(numbers) > 1 else 0
    half = _HALF_AT_END.search(text.strip())
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
