"""Names as they are looked for: without case, accents and punctuation."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200
_SPACES = re.compile(r"[\W_]+")


def folded(name: str | None, longest: int = LONGEST) -> str:
    """ "  José d'Ávila " → "jose d avila". Words are parted by one space; what has no words is "". Idempotent."""
    if not name:
        return ""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name[:longest]).casefold())
    bare = "".join(character for character in plain if not unicodedata.combining(character))
    return _SPACES.sub(" ", bare).strip()[:longest]
