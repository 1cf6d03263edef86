"""Words as they are kept for searching, and as they are asked for: both by this one function."""

from __future__ import annotations

from plixa.actors.folding import searchable, sought

LONGEST = 4096


MORE = 8192
"""Characters of what else a text is found by."""


def words_of(text: str | None) -> str | None:
    """ "Olá, R$ 45,90!" → "ola r 45 90", as it is kept; None where there is no word."""
    return searchable(text, LONGEST, MORE) or None


def sought_words(text: str) -> list[str]:
    """The words that are asked for."""
    return sought(text, LONGEST)
