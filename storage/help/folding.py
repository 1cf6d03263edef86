"""How words are looked for: without case and accents, and with one rule for plurals, alike in text and question.

Stemmers for Portuguese and accents do not fit together: "configuracao" as typed finds no "configurações". So each word
stands in the index as it is, folded, and by its folded singular; whoever asks looks for the beginning of either.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
PLURALS = (("coes", "cao"), ("oes", "ao"), ("aes", "ao"), ("ens", "em"), ("ais", "al"), ("eis", "el"), ("ces", "z"))
SHORTEST = 4
MOST_WORDS = 8


def folded(text: str) -> str:
    """Without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def singular(word: str) -> str:
    """What a folded word is one of, near enough."""
    if len(word) <= SHORTEST:
        return word
    for many, one in PLURALS:
        if word.endswith(many):
            return word.removesuffix(many) + one
    return word.removesuffix("s")


def indexed(text: str) -> str:
    """All words of a text, folded, and the singular of those that are none."""
    return " ".join(each for word in _WORD.findall(folded(text)) for each in dict.fromkeys((word, singular(word))))


def query_of(question: str) -> str | None:
    """A text search query; None where nothing is asked."""
    words = ["(" + " | ".join(f"{each}:*" for each in either) + ")" for either in asked(question)]
    return " & ".join(words) or None


def asked(question: str) -> list[tuple[str, ...]]:
    """Each word of a question, folded, and the singular of one that is none."""
    return [tuple(dict.fromkeys((word, singular(word)))) for word in _WORD.findall(folded(question))[:MOST_WORDS]]
