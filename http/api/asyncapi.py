"""The AsyncAPI 3 document: what comes by itself, through the WebSocket and to endpoints of the workspace's own.

Schemas are those of the OpenAPI document, made of the same models.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, Union

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from plixa.http.api.openapi import CONTRACT
from plixa.http.api.shapes import LiveEvent
from plixa.http.api.told import HEADERS, HOOKS, PROMISE

REF = "#/components/schemas/{model}"
DESCRIPTION = """\
The live push and the webhooks, which tell the same events with the same offsets. `GET /v1/events` gives those of the
live push by long poll; everything else is in the OpenAPI document.
"""


class HelloFrame(TypedDict):
    op: Literal["hello"]
    head: int
    epoch: str
    user_id: int


class EventsFrame(TypedDict):
    op: Literal["events"]
    events: list[LiveEvent]
    head: int


class LiveFrame(TypedDict):
    op: Literal["live"]
    head: int


class PingFrame(TypedDict):
    op: Literal["ping"]
    head: int


class EphemeralFrame(TypedDict, total=False):
    op: Literal["ephemeral"]
    type: Literal["typing", "viewing", "presence"]
    conversation_id: int
    user_id: int
    state: str


class AuthFrame(TypedDict):
    op: Literal["auth"]
    token: str


class ResumeFrame(TypedDict):
    op: Literal["resume"]
    after: Annotated[int, Field(ge=0)]


class SubscribeFrame(TypedDict):
    op: Literal["subscribe"]


FROM_US: Mapping[str, tuple[Any, str]] = {
    "hello": (HelloFrame, "You are signed in; the log reaches this far."),
    "events": (EventsFrame, "Events in order, each at most once a connection; `head` is how far they reach."),
    "live": (LiveFrame, "You have caught up."),
    "ping": (PingFrame, "Every 25 seconds."),
    "ephemeral": (EphemeralFrame, "What others do at this moment; in no log."),
}
FROM_YOU: Mapping[str, tuple[Any, str]] = {
    "auth": (AuthFrame, "Within 10 seconds, where no token came with the handshake; later, another token."),
    "resume": (ResumeFrame, "Go on after this offset."),
    "subscribe": (SubscribeFrame, "From now on."),
    "doing": (EphemeralFrame, "What you do at this moment."),
}


@cache
def document() -> dict[str, Any]:
    """The whole document, as JSON types."""
    frames = {**FROM_US, **FROM_YOU}
    schemas = _schemas([*(model for model, _ in frames.values()), *(hook.model for hook in HOOKS.values())])
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Plixa events", "version": CONTRACT, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {
            "api": {
                "host": "api.plixa.app",
                "protocol": "wss",
                "security": [{"$ref": "#/components/securitySchemes/bearer"}],
            },
            "yours": {
                "host": "{host}",
                "protocol": "https",
                "variables": {"host": {"description": "Your endpoint's."}},
            },
        },
        "channels": {
            "live": _channel("/v1/ws", "api", "The live push, JSON text frames.", list(frames)),
            "webhook": _channel(None, "yours", PROMISE, [_named(name) for name in HOOKS]),
        },
        "operations": {
            "push": _operation("send", "live", list(FROM_US), "What the live push sends."),
            "ask": _operation("receive", "live", list(FROM_YOU), "What it understands."),
            "deliver": _operation("send", "webhook", [_named(name) for name in HOOKS], "Deliveries to an endpoint.")
            | {"bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}}},
        },
        "components": {
            "messages": {
                **{name: _message(name, model, text) for name, (model, text) in frames.items()},
                **{_named(name): _delivery(name, hook.model, hook.text) for name, hook in HOOKS.items()},
            },
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _named(type_: str) -> str:
    """Keys hold no dots."""
    return type_.replace(".", "_")


def _schemas(models: list[Any]) -> dict[str, Any]:
    union: Any = Union[tuple(models)]  # noqa: UP007  # of as many as there are
    made: dict[str, Any] = TypeAdapter(union).json_schema(ref_template=REF, mode="serialization")["$defs"]
    return made


def _channel(address: str | None, server: str, text: str, messages: list[str]) -> dict[str, Any]:
    return {
        "address": address,
        "description": text,
        "servers": [{"$ref": f"#/servers/{server}"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
    }


def _operation(action: str, channel: str, messages: list[str], text: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": text,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
    }


def _message(name: str, model: Any, text: str) -> dict[str, Any]:
    return {"name": name, "summary": text, "payload": {"$ref": REF.format(model=model.__name__)}}


def _delivery(type_: str, model: Any, text: str) -> dict[str, Any]:
    properties = {name: {"type": "string", "description": what} for name, what in HEADERS.items()}
    headers = {"type": "object", "required": list(HEADERS), "properties": properties}
    return _message(type_, model, text) | {"headers": headers}
