"""Opaque cursors of lists: a position in the list's order, as URL-safe base64 of JSON."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from plixa.engine.errors import Invalid
from plixa.http.api.fields import within_range

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
        position = msgspec.json.decode(urlsafe_b64decode(padded.encode()), type=type_)
        _must_be_storable(position)
        return position
    except (ValueError, msgspec.MsgspecError, RecursionError):
        raise Invalid(
            {"cursor": ["This is not a cursor that a list gave; leave it out to begin at the top."]}
        ) from None


def _must_be_storable(position: Any) -> None:
    """Raises ValueError for what the database cannot take."""
    for part in position if isinstance(position, tuple) else (position,):  # pyright: ignore[reportUnknownVariableType]
        if isinstance(part, datetime):
            within_range(part if part.tzinfo else part.replace(tzinfo=UTC))
        elif isinstance(part, int) and abs(part) >= 2**63:
            raise ValueError("no id")
        elif isinstance(part, str) and "\x00" in part:
            raise ValueError("no name")
