"""Names as they are looked for: without case, accents and punctuation."""

from __future__ import annotations

from plixa.actors import folding

LONGEST = 200


MORE = 400
"""Characters of what else a name is found by; the index over names takes no more."""


def searchable(name: str | None) -> str:
    """The name as it is kept to be found and put in order."""
    return folding.searchable(name, LONGEST, MORE)


def folded(name: str | None) -> str:
    """ "  José d'Ávila " → "jose d avila"."""
    return folding.folded(name, LONGEST)
