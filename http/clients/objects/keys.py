"""What a key is: names with slashes between them, that mean the same in a path, in a URL and in a signature."""

from __future__ import annotations

import re

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){0,7}")


def is_key(text: str) -> bool:
    """Whether it may become part of a path or a URL: no name begins with a dot, and none is empty."""
    return _KEY.fullmatch(text) is not None


def checked(key: str) -> str:
    """The key. Raises ValueError for what is none: it comes from us, so that is a bug."""
    if not is_key(key):
        raise ValueError(f"{key!r} is no key")
    return key
