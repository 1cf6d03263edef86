"""One spelling for what reads the same, whoever typed it: without case and accents, and, if wanted, punctuation.

What is searched for, chosen in a menu, matched by a rule or compared by the AI's checks is folded by this.
"""

from __future__ import annotations

import re
import unicodedata

_APART = re.compile(r"[\W_]+")
_APART_ASCII = re.compile(r"[\W_]+", re.ASCII)


class _Bare(dict[int, int | None]):
    """For `str.translate`: marks go. Looked up once for each character there is, for texts are folded all the time."""

    def __missing__(self, code: int) -> int | None:
        self[code] = bare = None if unicodedata.category(chr(code)) in ("Mn", "Me") else code
        return bare


_bare = _Bare()


def bare(text: str) -> str:
    """Lower case without accents: "Horário" and "HORARIO" are one. Idempotent."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return plain.translate(_bare)


def folded(text: str | None, longest: int) -> str:
    """ "  José d'Ávila " → "jose d avila". Words are parted by one space; what has no words is "". Idempotent."""
    if not text:
        return ""
    plain = bare(text[:longest])
    return (_APART_ASCII if plain.isascii() else _APART).sub(" ", plain).strip()[:longest]
