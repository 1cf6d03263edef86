"""The odd corners of the gateway's JSON: 64-bit numbers, bytes, ids, and text that is not quite Unicode.

Invariants: what `decode` accepts, `encode` can write again, lone surrogates included; both refuse NaN and Infinity.
"""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from random import Random
from typing import Any, cast

import msgspec

JsonObject = dict[str, Any]
MAX_DEPTH = 64
_TOO_DEEP = f"the JSON is nested too deep: expected {MAX_DEPTH} levels at most"


class BadJson(ValueError):
    """The bytes are no JSON that the gateway would read; the text says where."""


def decode(data: bytes) -> Any:
    """Read JSON, surrogates and all. Raises BadJson."""
    try:
        value = _decode(data)
    except RecursionError as error:
        raise BadJson(_TOO_DEEP) from error
    if _deeper_than(MAX_DEPTH, value):
        # What can just be read may be too deep to be written again, inside of something else.
        raise BadJson(_TOO_DEEP)
    return value


def _decode(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_leniently(data)


def _deeper_than(limit: int, value: object) -> bool:
    if isinstance(value, dict):
        value = list(cast("JsonObject", value).values())
    if not isinstance(value, list):
        return False
    return limit == 0 or any(_deeper_than(limit - 1, item) for item in cast("list[object]", value))


def _decode_leniently(data: bytes) -> Any:
    # JavaScript reads "\ud83d" without complaint, and so customers' messages can hold half an emoji.
    try:
        return json.loads(data, parse_constant=_refuse_constant)
    except ValueError as error:
        raise BadJson(f"Unexpected token in JSON: {error}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def encode(value: object) -> bytes:
    """Write JSON as JSON.stringify does: UTF-8, with lone surrogates as escapes."""
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, msgspec.EncodeError, OverflowError):
        return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def long(value: int, *, unsigned: bool = True) -> JsonObject:
    """A 64-bit number as 2.3.7 writes it; `low` is signed and may be negative."""
    low = value & 0xFFFFFFFF
    return {"low": low - (1 << 32) if low >> 31 else low, "high": value >> 32, "unsigned": unsigned}


def index_map(data: bytes) -> dict[str, int]:
    """Bytes as 2.3.7 writes them: `{"0": 255, "1": 216, ...}`."""
    return {str(index): byte for index, byte in enumerate(data)}


def iso(seconds: float) -> str:
    """Unix time as JavaScript's toISOString: milliseconds and a Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _base36(value: int, width: int) -> str:
    digits = ""
    while value:
        value, digit = divmod(value, 36)
        digits = _DIGITS[digit] + digits
    return digits.rjust(width, "0")


class Ids:
    """Ids in the forms by which receivers guess their source: android AC…, ios 3A…, web 3EB0…"""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._rows = 0

    def message(self, source: str) -> str:
        """A WhatsApp message id."""
        prefix, digits = {"android": ("AC", 30), "ios": ("3A", 18)}.get(source, ("3EB0", 18))
        return prefix + f"{self._random.getrandbits(digits * 4):0{digits}X}"

    def row(self) -> str:
        """The id of a row in the gateway's database: a cuid, which grows with time."""
        self._rows += 1
        moment, number = _base36(time.time_ns() // 1_000_000, 8), _base36(self._rows % 36**4, 4)
        return f"c{moment}{number}" + "".join(self._random.choices(_DIGITS, k=12))

    def uuid(self) -> str:
        """A random UUID, lower case."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def data(self, length: int) -> dict[str, int]:
        """Random bytes as an index map: keys and hashes that nobody can check."""
        return index_map(self._random.randbytes(length))
