"""What nobody writes by mistake: long texts on which a careless pattern or loop takes its time.

`texts` are for every reader; `pumped` reads a pattern and makes those that this very pattern should fear: what may
stand before a repetition, the repeated itself again and again, and an end that does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from re import _constants as c, _parser  # type: ignore[attr-defined]
from typing import Any

LENGTH = 65_536
"""Characters that WhatsApp lets people write."""
MANY = 8
"""A repetition that may go on for so long is worth pumping."""
ENDS = ("", "\x01!")
_SAMPLES = {
    c.CATEGORY_DIGIT: "1",
    c.CATEGORY_SPACE: " ",
    c.CATEGORY_WORD: "a",
    c.CATEGORY_NOT_DIGIT: "a",
    c.CATEGORY_NOT_SPACE: "a",
    c.CATEGORY_NOT_WORD: " ",
}

_UNITS: Mapping[str, str] = {
    "blanks": " ",
    "tabs": "\t",
    "lines": "\n",
    "returns and lines": "\r\n",
    "blank lines": " \n",
    "no-break spaces": "\u00a0",
    "digits": "1",
    "digits and blanks": "1 ",
    "digits and points": "1.",
    "digits and commas": "1,",
    "digits and slashes": "1/",
    "digits and dashes": "1-",
    "digits and colons": "1:",
    "Arabic digits": "٣",
    "circled digits": "❺",
    "superscripts": "²",
    "letters": "a",
    "capitals": "A",
    "accents": "é",
    "letters and blanks": "a ",
    "letters and points": "a.",
    "letters and dashes": "a-",
    "at signs": "@",
    "addresses": "a@",
    "whole addresses": "a@b.co ",
    "hidden dots": "[.]",
    "spelt dots": "ponto com ",
    "dots with room": " (dot) ",
    "schemes": "http://",
    "links": "https://a.b ",
    "www": "www.",
    "combining marks": "\u0301",
    "stacked marks": "a\u0301\u0323\u0302",
    "marks in disorder": "\u0301\u0323",
    "emoji": "😀",
    "emoji with skin": "👍🏽",
    "families": "👩\u200d👩\u200d👧",
    "flags": "🇧🇷",
    "joiners": "\u200d",
    "selectors": "\ufe0f",
    "stars": "⭐",
    "keycaps": "1\ufe0f\u20e3",
    "expanding (U+FDFA)": "\ufdfa",
    "expanding (U+3316)": "\u3316",
    "sharp s": "ß",
    "dotted I": "İ",
    "Hangul": "각",
    "right to left": "\u202e",
    "isolates": "\u2066",
    "NUL": "\0",
    "half a surrogate": "\ud83d",
    "braces": "{",
    "half-open placeholders": "{{",
    "empty placeholders": "{{}}",
    "placeholders": "{{name}} ",
    "commas before placeholders": ", {{",
    "brackets": "[",
    "brackets and back": "[]",
    "parentheses": "(",
    "closing": "]})",
    "JSON objects": '{"a":',
    "quotes": '"',
    "single quotes": "'",
    "guillemets": "“",
    "marks of bold": "*",
    "marks": "*_~`",
    "fences": "```",
    "tags": "<",
    "open tags": "<system ",
    "hashes": "#",
    "dashes": "-",
    "plus signs": "+",
    "points": ".",
    "commas": ",",
    "semicolons": ";",
    "colons": ":",
    "bars": "|",
    "slashes": "/",
    "backslashes": "\\",
    "question marks": "?",
    "exclamation marks": "!",
    "dollars": "$",
    "percent": "%",
    "carets": "^",
    "equals": "=",
    "ampersands": "&",
    "underscores": "_",
    "wishes for a person": "falar com um ",
    "refused wishes": "nao quero falar ",
    "persons who are refused": "nao falar humano ",
    "orders": "ignore the ",
    "days": "segunda a ",
    "hours": "8h as ",
    "prices": "R$ 1.000,00 ",
    "dates": "1 de janeiro ",
    "phone numbers": "+55 (11) 91234-5678 ",
    "cards": "TEL;waid=",
    "concepts": "quanto custa o horario ",
}


def texts(length: int = LENGTH) -> Mapping[str, str]:
    """By what they are made of; each of `length` characters, with and without an end that does not fit."""
    runs = {name: _of(unit, length) for name, unit in _UNITS.items()}
    ended = {f"{name}, then a letter": f"{run[:-1]}x" for name, run in runs.items()}
    between = {f"{name} between two words": f"oi{run[:-6]}bolo" for name, run in runs.items()}
    nested = {"nested": "{[(" * (length // 6) + ")]}" * (length // 6), "random words": _words(length)}
    return runs | ended | between | nested


def _of(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


def _words(length: int) -> str:
    """Words that are all different, so that nothing is found in what was remembered."""
    return " ".join(f"{number * 7919 % 999_983:x}" for number in range(length // 4))[:length]


def pumped(pattern: re.Pattern[Any], length: int = LENGTH) -> Iterator[tuple[str, str]]:
    """Texts of `length` characters made of the pattern itself, and how each was made."""
    for before, unit in sorted(_repetitions(_source(pattern), pattern.flags)):
        runs = {"a run of": _of(unit, length), "one start and": before + _of(unit, length), "starts and": ""}
        runs["starts and"] = _of(before + unit, length)
        for how, run in runs.items():
            for end in ENDS:
                yield f"{how} {before!r} {unit!r}{' with a wrong end' if end else ''}", run[: length - len(end)] + end


def _source(pattern: re.Pattern[Any]) -> str:
    return pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")


@lru_cache
def _repetitions(source: str, flags: int) -> frozenset[tuple[str, str]]:
    return frozenset(_walk(_parser.parse(source, flags & ~re.UNICODE), ""))


def _walk(nodes: Iterable[Any], before: str) -> Iterator[tuple[str, str]]:
    """Every long repetition: a sample of what leads to it, and one of what is repeated."""
    for op, arguments in nodes:
        for inner in _inside(op, arguments):
            yield from _walk(inner, before)
        if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT) and arguments[1] >= MANY and _sample(arguments[2]):
            yield before, _sample(arguments[2])
        before += _sample([(op, arguments)])


def _inside(op: Any, arguments: Any) -> Sequence[Any]:
    match op:
        case c.MAX_REPEAT | c.MIN_REPEAT | c.POSSESSIVE_REPEAT:
            return [arguments[2]]
        case c.SUBPATTERN:
            return [arguments[3]]
        case c.BRANCH:
            return list(arguments[1])
        case c.ASSERT | c.ASSERT_NOT:
            return [arguments[1]]
        case _:
            return []


def _sample(nodes: Iterable[Any]) -> str:
    """A text that these match, as a rule; empty for what takes no room."""
    return "".join(_one(op, arguments) for op, arguments in nodes)


def _one(op: Any, arguments: Any) -> str:
    match op:
        case c.LITERAL:
            return chr(arguments)
        case c.NOT_LITERAL | c.ANY:
            return "a"
        case c.IN:
            return _member(arguments)
        case c.MAX_REPEAT | c.MIN_REPEAT | c.POSSESSIVE_REPEAT:
            return _sample(arguments[2]) * max(1, min(arguments[0], MANY))
        case c.SUBPATTERN:
            return _sample(arguments[3])
        case c.BRANCH:
            return _sample(arguments[1][0])
        case _:
            return ""


def _member(members: Sequence[Any]) -> str:
    """One character of a class."""
    if members[0][0] is c.NEGATE:
        outside = {chr(code) for op, code in members if op is c.LITERAL}
        return next(each for each in "a 1-\x02" if each not in outside)
    op, arguments = members[0]
    return _SAMPLES[arguments] if op is c.CATEGORY else chr(arguments[0] if op is c.RANGE else arguments)
