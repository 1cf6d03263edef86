"""Readers for the gateway's JSON that take every encoding its releases have used, and never raise.

Invariants: a reader given a value of the wrong type says so with None, an empty mapping or an empty sequence; text
that leaves this module holds neither NUL nor lone surrogates (Postgres takes neither) and is no longer than its reader
was told, for a webhook may have megabytes of it; integers fit in 64 bits.
The only function here that raises is `decode`, and it raises only `NotJson`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

Json = Mapping[str, object]

_MAX_INT = 2**63 - 1
_NUMERIC = re.compile(r"-?[0-9]{1,19}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_EMPTY: Json = {}

BODY = 65_536
"""Characters of what people write: as many as WhatsApp lets them."""
LINE = 1024
"""Characters of a name, a title, a label, an address or an id: more than any of WhatsApp's own has."""
QR_CODE, QR_IMAGE = 4096, 262_144
"""Characters of a QR code's content, more than one can hold, and of its picture as a data URI."""
_LONGEST_ID = 255
_LONGEST_URL = 2048
CUT = "…"


class NotJson(ValueError):
    """The body is not JSON, or is nested deeper than the interpreter's stack allows."""


def decode(body: bytes) -> object:
    """The JSON value of a request body. Raises `NotJson`, saying what was wrong with it.

    msgspec is several times as fast as the standard library, but it refuses what JavaScript happily sends: escaped
    lone surrogates, numbers past a double's range, a byte order mark. Those few bodies take the slow way.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _decode_leniently(body)


def _decode_leniently(body: bytes) -> object:
    try:
        return json.loads(body.decode("utf-8-sig", errors="replace"), parse_int=_bounded_int)
    except RecursionError:
        raise NotJson("The body is nested too deeply: expected a webhook body of a few levels.") from None
    except ValueError as error:
        raise NotJson(f"The body is not JSON ({error}): expected one JSON object in UTF-8.") from None


def _bounded_int(digits: str) -> int:
    # Python refuses to parse an int of more than 4,300 digits; no number of the gateway's has more than 20.
    return int(digits) if len(digits) <= 40 else _MAX_INT + 1


def scrub(text: str) -> str:
    """The text without NUL and without lone surrogates."""
    if _UNSTORABLE.search(text) is None:
        return text
    return _UNSTORABLE.sub("", text)


def mapping(value: object) -> Json:
    """The value when it is a JSON object, else an empty one."""
    return cast("Json", value) if isinstance(value, dict) else _EMPTY


def sequence(value: object) -> Sequence[object]:
    """The value when it is a JSON array, else an empty one."""
    return cast("Sequence[object]", value) if isinstance(value, list) else ()


def cut(text: str, most: int) -> str:
    """The text within `most` characters, with a sign where something was left out."""
    return text if len(text) <= most else text[: most - len(CUT)] + CUT


def text(value: object, most: int = LINE) -> str | None:
    """The value, scrubbed and cut, when it is a text with something other than white space in it."""
    if not isinstance(value, str):
        return None
    clean = scrub(cut(value, most))
    return clean if clean and not clean.isspace() else None


def whole(value: object, most: int = LINE) -> str | None:
    """The text, where it is no longer than `most`: for what is of no use in part, as an id, a URL or JSON."""
    return text(value, most) if isinstance(value, str) and len(value) <= most else None


def message_id(value: object) -> str | None:
    """The id of a message; None for one that no WhatsApp client makes (theirs have up to 40 characters)."""
    return whole(value, _LONGEST_ID)


def url(value: object) -> str | None:
    """An address of the net, whole or not at all."""
    return whole(value, _LONGEST_URL)


def flag(value: object) -> bool:
    """True only for JSON's `true`: what is not a boolean proves nothing."""
    return value is True


def as_int(value: object) -> int | None:
    """A whole number of at most 64 bits from a number, a numeric text or a protobuf Long; None for all else."""
    number = _any_int(value)
    return number if number is not None and -_MAX_INT <= number <= _MAX_INT else None


def _any_int(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if abs(value) < _MAX_INT else None  # false for NaN and the infinities too
    if isinstance(value, str):
        return int(value) if _NUMERIC.fullmatch(value) else None
    return _long(mapping(value))


def _long(value: Json) -> int | None:
    """{"low": 32 signed bits, "high": 32 bits}: `low` is negative when its top bit is set."""
    low, high = value.get("low"), value.get("high")
    if type(low) is not int or type(high) is not int:
        return None
    return high * 2**32 + (low & 0xFFFFFFFF)


def as_number(value: object) -> float | None:
    """A finite number; None for all else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < _MAX_INT:
        return None
    return float(value)


def as_bytes(value: object, *, limit: int) -> bytes | None:
    """Bytes from base64, an index map `{"0": 255, …}`, `{"type": "Buffer", "data": …}` or a list of numbers.

    None when it is none of these, or holds more than `limit` bytes.
    """
    if isinstance(value, str):
        return _from_base64(value, limit)
    if isinstance(value, list):
        return _from_numbers(cast("list[object]", value), limit)
    fields = mapping(value)
    if fields.get("type") == "Buffer":
        data = fields.get("data")
        return _from_base64(data, limit) if isinstance(data, str) else _from_numbers(sequence(data), limit)
    return _from_index_map(fields, limit)


def _from_base64(value: str, limit: int) -> bytes | None:
    if not value or len(value) > 4 * (limit // 3 + 1):
        return None
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if len(data) <= limit else None


def _from_index_map(value: Json, limit: int) -> bytes | None:
    if not 0 < len(value) <= limit:
        return None
    return _from_numbers([value.get(str(index)) for index in range(len(value))], limit)


def _from_numbers(values: Sequence[object], limit: int) -> bytes | None:
    if not 0 < len(values) <= limit:
        return None
    numbers = [value for value in values if type(value) is int and 0 <= value <= 255]
    return bytes(numbers) if len(numbers) == len(values) else None
