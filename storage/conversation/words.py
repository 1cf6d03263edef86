"""Words as they are kept for searching, and as they are asked for: both by this one function."""

from __future__ import annotations

from plixa.actors.folding import folded

LONGEST = 4096


def words_of(text: str | None) -> str | None:
    """ "Olá, R$ 45,90!" → "ola r 45 90"; None where there is no word."""
    return folded(text, LONGEST) or None
