"""Words as they are kept for searching, and as they are asked for: both by this one function."""

from __future__ import annotations

import re

from plixa.actors.contacts.names import folded

LONGEST = 4096
_APART = re.compile(r"[\W_]+", re.ASCII)


def words_of(text: str | None) -> str | None:
    """ "Olá, R$ 45,90!" → "ola r 45 90"; None where there is no word. What is plain ASCII takes a shorter way."""
    if not text:
        return None
    found = _APART.sub(" ", text[:LONGEST].lower()).strip() if text.isascii() else folded(text, LONGEST)
    return found or None
