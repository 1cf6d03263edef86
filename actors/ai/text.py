"""Text as the checks see it: one spelling for what looks or means the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from plixa.actors.folding import bare

_DOTS = re.compile(r"\s*(?:\[\.\]|\(\.\)|\[dot\]|\(dot\)|[。｡․])\s*", re.IGNORECASE)
_SPELT_DOT = re.compile(
    r"(?<=[a-z0-9]) (?:dot|ponto|punto) (?=(?:com|net|org|info|app|io|me|br|es|pt|mx|ar)\b)", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"\w+")


class _Plain(dict[int, str | int | None]):
    """For `str.translate`: looked up once for each character there is, since texts are folded all the time."""

    def __missing__(self, code: int) -> str | int | None:
        char = chr(code)
        category = unicodedata.category(char)
        plain = str(unicodedata.digit(char)) if category == "Nd" else None if category == "Cf" else code
        self[code] = plain
        return plain


_plain = _Plain()


def clean(text: str) -> str:
    """Compatibility forms unified, invisible characters gone, all digits Arabic, disguised dots plain."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_plain)
    return _SPELT_DOT.sub(".", _DOTS.sub(".", plain))


def fold(text: str) -> str:
    """Lower case without accents, after `clean`: "Horário" and "HORARIO" are one."""
    return bare(clean(text))


def words(text: str) -> list[str]:
    """The folded words of a text, in order."""
    return _WORD.findall(fold(text))


def sentences(text: str) -> list[str]:
    """The sentences of a text, as they were written."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def shortened(text: str, limit: int) -> str:
    """On one line and within `limit` characters, with a sign where something was left out."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def share_a_run(one: Sequence[str], other: Sequence[str], length: int) -> bool:
    """Whether `length` words in a row stand in both."""
    runs = {tuple(other[start : start + length]) for start in range(len(other) - length + 1)}
    return any(tuple(one[start : start + length]) in runs for start in range(len(one) - length + 1))
