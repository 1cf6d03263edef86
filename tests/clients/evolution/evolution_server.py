"""A gateway for tests: a real server on a port of its own that answers from a script.

One step a request: a reply, or a way of not replying. What was asked is kept in `asked`.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import h11
import pytest
import trio

Step = Callable[[trio.SocketStream], Awaitable[None]]


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: Any


@dataclass
class Gateway:
    port: int = 0
    script: deque[Step] = field(default_factory=deque[Step])
    asked: list[Request] = field(default_factory=list[Request])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def will(self, *steps: Step) -> None:
        self.script.extend(steps)

    async def serve(self, stream: trio.SocketStream) -> None:
        connection = h11.Connection(h11.SERVER)
        while (request := await self._read(stream, connection)) is not None:
            self.asked.append(request)
            await self.script.popleft()(stream)
            connection = h11.Connection(h11.SERVER)

    async def _read(self, stream: trio.SocketStream, connection: h11.Connection) -> Request | None:
        head: h11.Request | None = None
        body = bytearray()
        while True:
            match connection.next_event():
                case h11.NEED_DATA:
                    try:
                        connection.receive_data(await stream.receive_some())
                    except (trio.BrokenResourceError, trio.ClosedResourceError):
                        return None
                case h11.Request() as head:
                    pass
                case h11.Data(data=data):
                    body += data
                case h11.EndOfMessage() if head is not None:
                    return _request(head, bytes(body))
                case _:
                    return None


def _request(head: h11.Request, body: bytes) -> Request:
    headers = {name.decode(): value.decode() for name, value in head.headers}
    return Request(head.method.decode(), head.target.decode(), headers, json.loads(body) if body else None)


def reply(status: int, body: object) -> Step:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def step(stream: trio.SocketStream) -> None:
        await stream.send_all(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%b" % (status, len(content), content))

    return step


async def silence(stream: trio.SocketStream) -> None:
    await stream.receive_some()  # returns when the client has given up


async def hang_up(stream: trio.SocketStream) -> None:
    await stream.aclose()


async def half_an_answer(stream: trio.SocketStream) -> None:
    await stream.send_all(b'HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{"key":')
    await stream.aclose()


async def trickle(stream: trio.SocketStream) -> None:
    await stream.send_all(b"HTTP/1.1 201 Created\r\ncontent-length: 10000\r\n\r\n")
    with pytest.raises(trio.BrokenResourceError):  # noqa: PT012 - the loop is what is to break
        while True:
            await stream.send_all(b" ")
            await trio.sleep(0.02)
