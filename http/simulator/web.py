"""Requests, responses and routes: the little of a web framework that is needed here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

from .errors import schema_failure
from .schema import Shape, problems
from .simulator import Simulator
from .wire import JsonObject, encode
from .world import Instance

Header = tuple[bytes, bytes]


@dataclass(slots=True)
class Request:
    """One call. `argument` is the last part of the path where the route has one, decoded; `json` is the parsed body."""

    method: str
    path: str
    argument: str
    query: dict[str, str]
    headers: dict[str, str]
    json: Any
    found: Instance | None = None

    @property
    def instance(self) -> Instance:
        """The instance of the path; the guards of the route have seen to it that there is one."""
        assert self.found is not None
        return self.found

    def checked(self, shape: Shape) -> JsonObject:
        """The body, when it has this shape. Raises GatewayError 400."""
        if complaints := problems(self.json, shape):
            raise schema_failure(complaints)
        return cast("JsonObject", self.json)


@dataclass(slots=True)
class Response:
    """An answer."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: list[Header] = field(default_factory=list[Header])


Handler = Callable[[Simulator, Request], Awaitable[Response]]


class Guard(Enum):
    """Who may call a route, in the gateway's order of checks."""

    OPEN = "no key is asked for"
    GLOBAL = "the global key"
    LIST = "the global key, or an instance's for its own row"
    INSTANCE = "the instance must exist; then its key or the global one"


@dataclass(frozen=True, slots=True)
class Route:
    """What answers a method on a path. sends: a message goes out, so the answer can be lost afterwards."""

    handler: Handler
    guard: Guard
    sends: bool = False


def reply(value: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(status, encode(value))
