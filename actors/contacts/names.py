"""Names as they are looked for: without case, accents and punctuation."""

from __future__ import annotations

from plixa.actors import folding

LONGEST = 200


def folded(name: str | None) -> str:
    """ "  José d'Ávila " → "jose d avila"."""
    return folding.folded(name, LONGEST)
