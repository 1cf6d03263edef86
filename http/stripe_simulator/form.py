"""Bodies of v1: forms whose names nest, `a[b][0][c]=…`; an empty value unsets."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import parse_qsl

from .errors import StripeRefusal

MOST_FIELDS = 500
Json = dict[str, Any]


def decode(text: str) -> Json:
    """The nested value of a form or a query."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise StripeRefusal(f"Invalid form: {error}") from error
    whole: Json = {}
    for name, value in pairs:
        _put(whole, name.replace("]", "").split("["), value)
    return {name: _lists(value) for name, value in whole.items()}


def _put(into: Json, path: list[str], value: str) -> None:
    for part in path[:-1]:
        inner = into.setdefault(part or str(len(into)), {})
        if not isinstance(inner, dict):
            raise StripeRefusal(f"Invalid parameter: {path[0]}", param=path[0])
        into = cast("Json", inner)
    into[path[-1] or str(len(into))] = value


def _lists(value: Any) -> Any:
    """Objects whose names are 0, 1, 2 … are lists."""
    if not isinstance(value, dict):
        return value
    inner: Json = {name: _lists(each) for name, each in cast("Json", value).items()}
    if inner and all(name.isascii() and name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
