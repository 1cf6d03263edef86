"""Keys of pictures."""

from __future__ import annotations

import re

_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def is_key(text: str) -> bool:
    """Whether it is a UUID as stores give them out: nothing else becomes part of a path or a URL."""
    return _KEY.fullmatch(text) is not None
