"""A stored sample of every event in every schema that a release has written, kept for ever.

`python -m tests.storage.samples` appends those that are missing: of new types and new schemas. Where fields were added
that say much, there is one more with all of them. A line that is there is
never changed but for one reason: where a new schema's upcast makes something else of it, `reads` says so from then on.

    data    as it stands in the log, with every field said; personal fields are not sealed
    reads   what came of it when it was stored; a field that is added later has its default
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect
from tests.kinds import KINDS

from plixa.engine.events import Event, event_types
from plixa.storage.eventlog.codec import encode_event

FILE = Path(__file__).parents[1] / "fixtures" / "events.jsonl"
assert KINDS  # with the kinds come all their events


class Sample(msgspec.Struct, frozen=True):
    """A line of the file."""

    type: str
    schema: int
    data: dict[str, Any]
    reads: dict[str, Any]


def stored() -> list[Sample]:
    """All that are kept."""
    return [msgspec.json.decode(line, type=Sample) for line in FILE.read_bytes().splitlines()]


def registered() -> dict[tuple[str, int], type[Event]]:
    """What this release writes; not what tests register."""
    return {
        (name, cls.schema): cls for name, cls in event_types().items() if cls.__module__.partition(".")[0] == "plixa"
    }


def missing() -> set[tuple[str, int]]:
    """What this release writes and there is no sample of."""
    return registered().keys() - {(sample.type, sample.schema) for sample in stored()}


def sample_of(cls: type[Event]) -> Sample:
    """A new one."""
    event: Event = msgspec.convert(_value(inspect.type_info(cls)), cls, str_keys=True)
    data = msgspec.json.decode(encode_event(event, None, ""))
    return Sample(cls.type, cls.schema, data, plain(event))


def plain(event: Event) -> dict[str, Any]:
    """Everything that an event says, its defaults too."""
    said: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode({name: getattr(event, name) for name in event.__struct_fields__})
    )
    return said


# -- values for types -------------------------------------------------------------------------------------------------

SIMPLE: Mapping[type[inspect.Type], Any] = {
    inspect.BoolType: True,
    inspect.FloatType: 0.5,
    inspect.DateTimeType: "2026-11-30T12:00:00Z",
    inspect.DateType: "2026-11-30",
    inspect.TimeType: "12:30:00",
    inspect.BytesType: "cGxpeGE=",
    inspect.AnyType: "anything",
    inspect.CustomType: "anything",
    inspect.NoneType: None,
}


def _value(type_: inspect.Type) -> Any:
    """Something of that type, as JSON has it."""
    if type(type_) in SIMPLE:
        return SIMPLE[type(type_)]
    return MADE[type(type_)](type_)


def _struct(type_: Any) -> Any:
    fields = {field.encode_name: _value(field.type) for field in type_.fields}
    if type_.tag_field is not None:
        fields[type_.tag_field] = type_.tag
    return list(fields.values()) if type_.array_like else fields


def _union(type_: inspect.UnionType) -> Any:
    return _value(next(each for each in type_.types if not isinstance(each, inspect.NoneType)))


def _many(type_: Any) -> list[Any]:
    return [_value(type_.item_type)]


MADE: Mapping[type[Any], Callable[[Any], Any]] = {
    inspect.IntType: lambda type_: max(type_.ge or 0, min(7, type_.le or 7)),
    inspect.StrType: lambda type_: "text"[: type_.max_length],
    inspect.LiteralType: lambda type_: type_.values[-1],
    inspect.EnumType: lambda type_: list(type_.cls)[-1].value,
    inspect.StructType: _struct,
    inspect.DataclassType: _struct,
    inspect.UnionType: _union,
    inspect.ListType: _many,
    inspect.SetType: _many,
    inspect.FrozenSetType: _many,
    inspect.VarTupleType: _many,
    inspect.TupleType: lambda type_: [_value(each) for each in type_.item_types],
    inspect.DictType: lambda type_: {str(_value(type_.key_type)): _value(type_.value_type)},
}


def append() -> int:
    """Add what is missing; returns how many that is."""
    new = [sample_of(registered()[key]) for key in sorted(missing())]
    with FILE.open("ab") as file:
        file.writelines(msgspec.json.encode(sample) + b"\n" for sample in new)
    return len(new)


if __name__ == "__main__":
    FILE.touch()
    print(f"{append()} new, {len(stored())} samples")
