"""A flow's graph: `{nodes: [{id, type, data, position}], edges: [{id, source, target, condition?}]}`.

Reading one demands shape and size and no more, because a draft may be saved while it is wrong: edges may lead
nowhere, texts may be empty, ids may be there twice. What makes a graph fit to go live is in `check.py`. Fields that are
not known are ignored; null counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta, Struct, structs

from plixa.actors.flows import nodes as n
from plixa.engine.errors import Invalid

MAX_NODES = 200
MAX_EDGES = 400
MAX_BYTES = 256 * 1024
_INDEX = re.compile(r"\[(\d+)\]")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_NOT_STORABLE = "The texts must not contain NUL or half a surrogate pair."
_NOT_PLAIN = "This is not plain JSON, or it is nested too deeply: a graph has a few levels."


class Edge(Struct, frozen=True, omit_defaults=True):
    """`condition` names the branch that it continues; None where a node has one way out."""

    id: Annotated[str, Meta(max_length=64)]
    source: Annotated[str, Meta(max_length=64)]
    target: Annotated[str, Meta(max_length=64)]
    condition: Annotated[str, Meta(max_length=64)] | None = None


class Graph(Struct, frozen=True):
    """Nodes and edges in the order of the JSON. Lookups scan: a graph is small, and most have a dozen nodes."""

    nodes: tuple[n.Node, ...] = ()
    edges: tuple[Edge, ...] = ()

    def node(self, node_id: str) -> n.Node | None:
        """The node of that id; None if there is none."""
        return next((node for node in self.nodes if node.id == node_id), None)

    def start(self) -> n.Start | None:
        """Where walking begins."""
        return next((node for node in self.nodes if isinstance(node, n.Start)), None)

    def leaving(self, node_id: str) -> list[Edge]:
        """The edges that leave a node."""
        return [edge for edge in self.edges if edge.source == node_id]

    def follow(self, node_id: str, branch: str | None) -> n.Node | None:
        """The node that this branch leads to; None if it leads nowhere."""
        for edge in self.edges:
            if edge.source == node_id and edge.condition == branch:
                return self.node(edge.target)
        return None


class Branches(Struct, frozen=True):
    """The ways out of a node: those it must have and those it may have. None is the plain one."""

    must: tuple[str | None, ...] = ()
    may: tuple[str, ...] = ()


def branches(node: n.Node) -> Branches:
    """The ways out of this node."""
    match node:
        case n.Menu():
            return Branches(tuple(option.id for option in node.data.options), ("else", "timeout"))
        case n.Capture():
            return Branches((None,), ("else", "timeout"))
        case n.Condition():
            return Branches(("true", "false"))
        case n.Schedule() if node.data.service_id is not None:
            return Branches(("booked", "none"), ("waitlisted", "person", "timeout"))
        case n.Schedule():
            return Branches(("open", "closed"))
        case n.Ai():
            return Branches(("answered",), ("handoff",))
        case n.Wait():
            return Branches(("answered", "timeout") if node.data.until_reply else (None,))
        case n.Handoff() | n.End():
            return Branches()
        case n.Start() | n.Message() | n.SetField() | n.Route():
            return Branches((None,))


def definition(graph: Graph) -> dict[str, Any]:
    """The graph as JSON types: what `parse` reads again."""
    return cast("dict[str, Any]", msgspec.to_builtins(graph))


def parse(value: object, at: str = "") -> Graph:
    """Read a graph from JSON types.

    at: the dotted path of the value itself, put before every path. Raises Invalid, with every wrong field at once, for
    anything that is not a graph or too large: 200 nodes, 400 edges, 4,096 characters a text, 256 KB of JSON.
    """
    reader = _Reader(at)
    try:
        graph = reader.graph(value)
    except RecursionError:
        raise Invalid({at or "definition": [_NOT_PLAIN]}) from None
    if reader.wrong:
        raise Invalid(reader.wrong)
    return graph


class _Reader:
    """Collects what is wrong on the way."""

    def __init__(self, at: str) -> None:
        self._at = at
        self.wrong: dict[str, list[str]] = {}

    def graph(self, value: object) -> Graph:
        """The graph; an empty one where nothing can be read."""
        if value is None:
            return Graph()
        if not isinstance(value, Mapping):
            self._say("", "A flow is an object with the lists `nodes` and `edges`.")
            return Graph()
        fields = cast("Mapping[object, object]", value)
        if not self._fits(fields):
            return Graph()
        nodes = [self._node(item, f"nodes.{i}") for i, item in self._items(fields.get("nodes"), "nodes", MAX_NODES)]
        edges = [self._edge(item, f"edges.{i}") for i, item in self._items(fields.get("edges"), "edges", MAX_EDGES)]
        return Graph(tuple(node for node in nodes if node), tuple(edge for edge in edges if edge))

    def _say(self, path: str, message: str) -> None:
        full = ".".join(part for part in (self._at, path) if part)
        self.wrong.setdefault(full or "definition", []).append(message)

    def _fits(self, value: Mapping[object, object]) -> bool:
        """Whether it can be stored, as far as size, depth and characters go."""
        try:
            encoded = msgspec.json.encode(value)
        except UnicodeEncodeError:
            self._say("", _NOT_STORABLE)
            return False
        except (ValueError, TypeError, OverflowError, msgspec.MsgspecError):
            self._say("", _NOT_PLAIN)
            return False
        if len(encoded) > MAX_BYTES:
            self._say("", f"A flow is at most {MAX_BYTES // 1024} KB of JSON; this one has {len(encoded)} bytes.")
        elif _NUL.search(encoded):
            self._say("", _NOT_STORABLE)
        return not self.wrong

    def _items(self, value: object, path: str, most: int) -> Iterator[tuple[int, object]]:
        if value is None:
            return
        if not isinstance(value, list | tuple):
            self._say(path, f"Expected a list of {path}.")
            return
        items = cast("list[object]", value)
        if len(items) > most:
            self._say(path, f"A flow has at most {most} {path}; this one has {len(items)}.")
            return
        yield from enumerate(items)

    def _node(self, value: object, path: str) -> n.Node | None:
        if not isinstance(value, Mapping):
            self._say(path, "A node is an object {id, type, data, position}.")
            return None
        fields = cast("Mapping[object, object]", value)
        type_ = fields.get("type")
        if not isinstance(type_, str) or type_ not in n.NODE_TYPES:
            self._say(f"{path}.type", f"Unknown node type: expected one of {', '.join(n.NODE_TYPES)}.")
            return None
        id_ = self._read(_as_text(fields.get("id")), n.NodeId, f"{path}.id")
        data = self._struct(fields.get("data"), n.DATA_TYPES[type_], f"{path}.data")
        position = self._struct(fields.get("position"), n.Position, f"{path}.position")
        if id_ is None or data is None or position is None:
            return None
        return n.NODE_TYPES[type_](id=id_, data=cast("Any", data), position=cast("Any", position))

    def _edge(self, value: object, path: str) -> Edge | None:
        if not isinstance(value, Mapping):
            self._say(path, "An edge is an object {id, source, target, condition}.")
            return None
        fields = {key: _as_text(item) for key, item in cast("Mapping[object, object]", value).items()}
        fields["condition"] = fields.get("condition") or None
        if fields.get("id") is None:
            fields["id"] = path.replace(".", "-")
        return cast("Edge | None", self._struct(fields, Edge, path))

    def _struct(self, value: object, type_: type[Struct], path: str) -> Struct | None:
        """The struct, field by field, so that every wrong one is named."""
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            self._say(path, "Expected an object.")
            return None
        given = cast("Mapping[object, object]", value)
        known: dict[str, Any] = {}
        wrong = len(self.wrong)
        for each in _fields(type_):
            item = given.get(each.encode_name)
            if item is not None:
                known[each.name] = self._read(item, each.type, f"{path}.{each.encode_name}")
            elif each.required:
                self._say(f"{path}.{each.encode_name}", "This field is required.")
        return type_(**known) if len(self.wrong) == wrong else None

    def _read(self, value: object, type_: Any, path: str) -> Any:
        try:
            return msgspec.convert(_without_nulls(value), type_)
        except msgspec.ValidationError as error:
            message, _, where = str(error).partition(" - at `$")
            self._say(path + _dotted(where), f"{message}.")
            return None


@cache
def _fields(type_: type[Struct]) -> tuple[structs.FieldInfo, ...]:
    return structs.fields(type_)


def _as_text(value: object) -> object:
    """Some editors number their nodes."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18 else value


def _without_nulls(value: object) -> object:
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {key: _without_nulls(item) for key, item in items if item is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(item) for item in cast("list[object]", value)]
    return value


def _dotted(where: str) -> str:
    """`[0].label` becomes `.0.label`; the closing back-quote goes."""
    return _INDEX.sub(r".\1", where.rstrip("`"))
