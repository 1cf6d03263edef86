"""ASGI scopes and events as bytes, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from plixa.engine.ports import Owner

Message = dict[str, Any]
KEPT = (
    "type", "asgi", "http_version", "method", "scheme", "path", "raw_path", "query_string", "root_path", "headers",
    "client", "server", "subprotocols", "extensions",
)  # fmt: skip
"""What of a scope another node needs."""
ELSEWHERE = "plixa.elsewhere"
NODE, HOP = b"x-plixa-node", b"x-plixa-hop"


class Asked(msgspec.Struct, array_like=True):
    """What a stream begins with: the request's scope, and its first events.

    timed: the edge sees to how long the answer takes. That it was carried at all no header says, which anybody could
    send: it is so because it came on a stream. trace: the span that it belongs to, as `traceparent` has it. counted:
    the edge has tried it itself.
    """

    scope: dict[str, Any]
    events: list[Message]
    timed: bool = False
    trace: str = ""
    counted: bool = False


encode = msgspec.msgpack.Encoder().encode
_asked, _events = msgspec.msgpack.Decoder(Asked), msgspec.msgpack.Decoder(list[dict[str, Any]])


def asked(
    scope: Mapping[str, Any], events: Sequence[Message], *, timed: bool = False, trace: str = "", counted: bool = False
) -> bytes:
    """The beginning of a stream."""
    kept = {name: scope[name] for name in KEPT if name in scope}
    return encode(Asked(kept, list(events), timed, trace, counted))


def read_asked(data: bytes) -> Asked:
    """The same, read. Raises `msgspec.DecodeError`."""
    read = _asked.decode(data)
    read.scope["headers"] = [(name, value) for name, value in read.scope["headers"]]
    for name in ("client", "server"):
        if read.scope.get(name):
            read.scope[name] = tuple(read.scope[name])
    return read


def read_events(data: bytes) -> list[Message]:
    """Some events. Raises `msgspec.DecodeError`."""
    events = _events.decode(data)
    for event in events:
        if "headers" in event:
            event["headers"] = [(name, value) for name, value in event["headers"]]
    return events


def elsewhere(tenant: int, owner: Owner) -> Message:
    """What a node answers of a tenant that is not its own."""
    return {"type": ELSEWHERE, "tenant": tenant, "owner": list(owner)}


def by_node(start: Message, node: str) -> Message:
    """An answer's beginning that says who gives it."""
    headers = [each for each in start.get("headers", ()) if each[0] != NODE]
    return {**start, "headers": [*headers, (NODE, node.encode("latin-1", "replace"))]}


def from_outside(scope: Mapping[str, Any]) -> Message:
    """A scope without what only nodes may say to each other."""
    if not any(name in (HOP, NODE) for name, _ in scope["headers"]):
        return dict(scope)
    return {**scope, "headers": [each for each in scope["headers"] if each[0] not in (HOP, NODE)]}
