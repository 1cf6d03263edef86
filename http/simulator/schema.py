"""The part of JSON Schema that the gateway's bodies are checked with, and the wording of its complaints.

`problems` returns every complaint at once, in the words of the validator that the gateway uses, its own quirk included:
the leading "instance." is cut off, a bare "instance" stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast


@dataclass(frozen=True)
class Shape:
    """What a value must look like. type: string, boolean, integer, number, object, array, or "" for anything."""

    type: str = ""
    required: tuple[str, ...] = ()
    fields: dict[str, Shape] = field(default_factory=dict[str, "Shape"])
    items: Shape | None = None
    choices: tuple[str, ...] = ()


ANYTHING, STRING, BOOLEAN, INTEGER = Shape(), Shape("string"), Shape("boolean"), Shape("integer")


def record(required: tuple[str, ...] = (), /, **fields: Shape) -> Shape:
    """An object with these fields; others may be there too."""
    return Shape("object", required, fields)


def array(items: Shape) -> Shape:
    """A list of such values."""
    return Shape("array", items=items)


def one_of(*choices: str) -> Shape:
    """One of these words."""
    return Shape("string", choices=choices)


def problems(value: object, shape: Shape) -> list[str]:
    """What is wrong with the value; nothing when it is as it should be."""
    return [complaint.removeprefix("instance.") for complaint in _complaints(value, shape, "instance")]


def _complaints(value: object, shape: Shape, path: str) -> Iterator[str]:
    if shape.type and not _is(value, shape.type):
        yield f"{path} is not of a type(s) {shape.type}"
        return
    if shape.choices and value not in shape.choices:
        yield f"{path} is not one of enum values: {','.join(shape.choices)}"
    if isinstance(value, dict) and shape.type == "object":
        yield from _in_object(cast("dict[str, Any]", value), shape, path)
    if isinstance(value, list) and shape.items is not None:
        for index, item in enumerate(cast("list[object]", value)):
            yield from _complaints(item, shape.items, f"{path}[{index}]")


def _in_object(value: dict[str, Any], shape: Shape, path: str) -> Iterator[str]:
    for name in shape.required:
        if name not in value:
            yield f'{path} requires property "{name}"'
    for name, inner in shape.fields.items():
        if name in value:
            yield from _complaints(value[name], inner, f"{path}.{name}")


def _is(value: object, kind: str) -> bool:
    if kind == "integer":
        return _is(value, "number") and float(cast("float", value)).is_integer()
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63
    types: dict[str, type] = {"string": str, "boolean": bool, "object": dict, "array": list}
    return isinstance(value, types[kind])
