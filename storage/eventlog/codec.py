"""Events and states to what is stored, and back.

An event's personal fields are taken out, sealed together with the key of whom they concern, and stored under `~`.
Without the key they come back as their defaults: that is erasure.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import msgspec

from plixa.engine.actor import ActorType
from plixa.engine.errors import UnknownHere
from plixa.engine.events import Event, event_types
from plixa.storage.eventlog.sealing import seal, unseal

_encode_json = msgspec.json.Encoder().encode
_decode_json = msgspec.json.Decoder().decode


def encode_event(event: Event, key: bytes | None, belongs_to: str) -> str:
    """The event's `data` as JSON text. `key` is None exactly for events without personal fields."""
    data: dict[str, Any] = msgspec.to_builtins(event)
    if key is not None:
        secret = {name: data.pop(name) for name in event.personal if name in data}
        if secret:
            data["~"] = b64encode(seal(key, _encode_json(secret), belongs_to)).decode()
    return _encode_json(data).decode()


def decode_event(type_: str, schema: int, data: dict[str, Any], key: bytes | None, belongs_to: str) -> Event:
    """The event again; without its key, without its personal fields. Raises `UnknownHere` for a newer release's."""
    cls = event_types().get(type_)
    if cls is None or schema > cls.schema:
        raise UnknownHere(f"events {type_}, schema {schema}")
    sealed = data.pop("~", None)
    if sealed is not None and key is not None:
        data |= _decode_json(unseal(key, b64decode(sealed), belongs_to))
    if schema < cls.schema and cls.upcast is not None:
        data = cls.upcast(data, schema)
    return msgspec.convert(data, cls, str_keys=True)  # JSON has no other keys


def encode_state(state: Any, key: bytes | None, belongs_to: str) -> bytes:
    """A snapshot, sealed with the stream's key where it has one."""
    plain = msgspec.msgpack.encode(state)
    return plain if key is None else seal(key, plain, belongs_to)


def decode_state(cls: type[Any], stored: bytes, key: bytes | None, belongs_to: str) -> Any:
    """The state again."""
    plain = stored if key is None else unseal(key, stored, belongs_to)
    return msgspec.msgpack.decode(plain, type=cls)


_shapes: dict[type[Any], str] = {}
_DEFINED = "#/$defs/"


def _schema_of_free_value(cls: type[Any]) -> dict[str, Any]:
    """For `object`, the one type in states that msgspec takes and has no schema for."""
    if cls is object:
        return {"title": "object"}
    raise NotImplementedError(cls)


def shape_of(cls: type[Any]) -> str:
    """A fingerprint of a state's shape: a snapshot of another shape is ignored, the log is read instead.

    What a docstring says is no part of the shape, nor what a class is called.
    """
    if cls not in _shapes:
        schema = _without_names(_without_texts(msgspec.json.schema(cls, schema_hook=_schema_of_free_value)))
        _shapes[cls] = hashlib.sha256(_encode_json(schema)).hexdigest()[:16]
    return _shapes[cls]


def versions_of(kinds: Mapping[str, ActorType[Any]]) -> dict[type[Any], str]:
    """By a state's class, the version of its snapshots: its shape and its kind's own number."""
    states: dict[type[Any], int] = {kind.initial(1).__class__: kind.version for kind in kinds.values()}
    return {cls: f"{shape_of(cls)}.{number}" for cls, number in states.items()}


def _without_texts(schema: Any, *, names: bool = False) -> Any:
    """The schema without titles and descriptions. names: its keys are fields' names, which may be called so."""
    if isinstance(schema, list):
        return [_without_texts(each) for each in schema]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_texts(value, names=key in ("properties", "$defs") and not names)
        for key, value in cast("dict[str, Any]", schema).items()
        if names or key not in ("title", "description")
    }


def _without_names(schema: dict[str, Any]) -> list[Any]:
    """The schema, and after it its classes in the order in which they are met, each called by its place."""
    defined: dict[str, Any] = schema.pop("$defs", {})
    places: dict[str, int] = {}
    shape = [_placed(schema, places)]
    while len(shape) <= len(places):
        shape.append(_placed(defined[list(places)[len(shape) - 1]], places))
    return shape


def _placed(part: Any, places: dict[str, int]) -> Any:
    if isinstance(part, list):
        return [_placed(each, places) for each in part]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(part, dict):
        return {key: _placed(value, places) for key, value in cast("dict[str, Any]", part).items()}
    if isinstance(part, str) and part.startswith(_DEFINED):
        return places.setdefault(part.removeprefix(_DEFINED), len(places))
    return part


def as_json(value: Any) -> str | None:
    """JSON text for a column; None stays None."""
    return None if value is None else _encode_json(value).decode()


def as_time(stored: str | None) -> datetime | None:
    """A time that stands in JSON."""
    return None if stored is None else datetime.fromisoformat(stored)
