"""Opaque cursors of lists: a position in the list's order, as URL-safe base64 of JSON."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, TypeVar

import msgspec

from plixa.engine.errors import Invalid

T = TypeVar("T")


def encode(position: Any) -> str | None:
    """The cursor of a position; None where the list ends."""
    if position is None:
        return None
    return urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def decode(cursor: str | None, type_: type[T]) -> T | None:
    """The position again. Raises `Invalid` for what we did not make."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return msgspec.json.decode(urlsafe_b64decode(padded.encode()), type=type_)
    except (ValueError, msgspec.MsgspecError, RecursionError):
        raise Invalid(
            {"cursor": ["This is not a cursor that a list gave; leave it out to begin at the top."]}
        ) from None
