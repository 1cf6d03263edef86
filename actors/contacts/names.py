"""Names as they are looked for: without case, accents and punctuation."""

from __future__ import annotations

from functools import lru_cache

from plixa.actors import folding

LONGEST = 200


MORE = 400
"""Characters of what else a name is found by; the index over names takes no more."""


@lru_cache(maxsize=4096)  # each commit of a conversation asks for its customer's, as it was and as it is
def searchable(name: str | None) -> str:
    """The name as it is kept to be found and put in order."""
    return folding.searchable(name, LONGEST, MORE)


def folded(name: str | None) -> str:
    """ "  José d'Ávila " → "jose d avila"."""
    return folding.folded(name, LONGEST)
