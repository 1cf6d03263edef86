"""Text as the checks see it: one spelling for what looks or means the same.

Every function takes time in proportion to a text's length, whatever stands in it, and folding ends at `LONGEST`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from plixa.actors.folding import bare

LONGEST = 65_536
"""Characters that are folded at most: more than all of a business's knowledge that a model is shown. What people write
is cut at `folding.READ` by whoever reads it."""
GROWTH, ROOM = 3, 64
"""How many times as long a text may become, and a short one by how much more: a sign that stands for eighteen letters
is written once, and not thousands of times."""

_DOT = re.compile(r"(?:\[\.\]|\(\.\)|\[dot\]|\(dot\)|[。｡․])\s*", re.IGNORECASE)
_SPELT_DOT = re.compile(
    r"(?<=[a-z0-9]) (?:dot|ponto|punto) (?=(?:com|net|org|info|app|io|me|br|es|pt|mx|ar)\b)", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"\w+")


class _Plain(dict[int, str]):
    """For `str.translate`: looked up once for each character there is, since texts are folded all the time."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = "".join(map(_visible, unicodedata.normalize("NFKC", chr(code))))
        return plain


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    return str(unicodedata.digit(char)) if category == "Nd" else "" if category == "Cf" else char


_plain = _Plain()


def clean(text: str) -> str:
    """Compatibility forms unified, invisible characters gone, all digits Arabic, disguised dots plain."""
    plain = text if text.isascii() else text.translate(_plain)[: GROWTH * len(text) + ROOM]
    return _SPELT_DOT.sub(".", _with_dots(plain))


def _with_dots(text: str) -> str:
    """With a plain dot for each disguised one and the blanks around it. Blanks are taken from before a dot that was
    found: a pattern that began with them would look for one after each of them, and take for ever."""
    *before, last = _DOT.split(text)
    return ".".join([*(part.rstrip() for part in before), last])


def fold(text: str, longest: int = LONGEST) -> str:
    """Lower case without accents, after `clean`: "Horário" and "HORARIO" are one. At most `longest` characters of the
    text, and of the folded one."""
    return bare(clean(text[:longest])[:longest])[:longest]


def words(text: str, longest: int = LONGEST) -> list[str]:
    """The folded words of a text, in order. longest: as in `fold`."""
    return words_in(fold(text, longest))


def words_in(folded: str) -> list[str]:
    """The words of a text that is folded."""
    return _WORD.findall(folded)


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
