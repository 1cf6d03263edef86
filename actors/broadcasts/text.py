"""What one of many reads: the text with their name in it.

`{{name}}` and `{{first_name}}`, with or without spaces and an `@` before. They are put in once: a name that looks like
one of them stays what it is. Where there is no name, what held it goes along: "Olá, {{name}}!" is "Olá!".
"""

from __future__ import annotations

import re

LONGEST = 1024
_HOLE = re.compile(r"@?\{\{ ?(name|first_name) ?\}\}")
_HOLE_AND_BEFORE = re.compile(r"(?:, ?| )?@?\{\{ ?(?:name|first_name) ?\}\}")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]+")


def personal(body: str, name: str | None) -> str:
    """The text for somebody of this name; at most `LONGEST` characters."""
    whole = " ".join(_CONTROLS.sub(" ", name or "").split())
    if not whole:
        return _HOLE_AND_BEFORE.sub("", body).strip()[:LONGEST]
    names = {"name": whole, "first_name": whole.partition(" ")[0]}
    return _HOLE.sub(lambda found: names[found[1]], body)[:LONGEST]
