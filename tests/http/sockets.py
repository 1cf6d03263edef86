"""A client of the live inbox's WebSocket, as thin as it can be."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import trio
import trio_websocket as ws
from tests.harness import Json

from plixa.compose import Node

WITHIN = 5.0


class Socket:
    """One connection. `events` are all that came, `frames` how many it took."""

    def __init__(self, connection: ws.WebSocketConnection) -> None:
        self._connection = connection
        self.events: list[Json] = []
        self.ephemerals: list[Json] = []
        self.frames = 0
        self.protocol: str | None = connection.subprotocol

    async def send(self, frame: Any) -> None:
        """A frame; text is sent as it is."""
        await self._connection.send_message(frame if isinstance(frame, str) else json.dumps(frame))

    async def receive(self) -> Json:
        """The next frame."""
        with trio.fail_after(WITHIN):
            frame: Json = json.loads(await self._connection.get_message())
        self.frames += 1
        if frame["op"] == "events":
            self.events += frame["events"]
        if frame["op"] == "ephemeral":
            self.ephemerals.append(frame)
        return frame

    async def until(self, op: str) -> Json:
        """Receive up to a frame of this kind."""
        while (frame := await self.receive())["op"] != op:
            pass
        return frame

    async def until_offset(self, head: int) -> None:
        """Receive until everything up to this offset is here."""
        while not self.events or self.events[-1]["offset"] < head:
            await self.receive()

    async def resume(self, after: int) -> Json:
        """Resume after the hello; returns the frame that says that it has caught up."""
        await self.send({"op": "resume", "after": after})
        return await self.until("live")

    async def closed(self) -> int:
        """Wait for the server to close it; returns the code."""
        with trio.fail_after(WITHIN):
            try:
                while True:
                    self.frames += bool(await self._connection.get_message())
            except ws.ConnectionClosed as closed:
                code: int = closed.reason.code
                return code

    @property
    def offsets(self) -> list[int]:
        """Of all events, in the order in which they came."""
        return [event["offset"] for event in self.events]


@asynccontextmanager
async def raw(
    node: Node, protocols: Sequence[str] = (), path: str = "/v1/ws", **headers: str
) -> AsyncGenerator[Socket]:
    """A connection that has said nothing yet."""
    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    # A stream of our own, because trio_websocket leaves it open when the server closes first.
    async with await trio.open_tcp_stream("127.0.0.1", node.port) as stream, trio.open_nursery() as nursery:
        connection = await ws.wrap_client_stream(
            nursery, stream, "127.0.0.1", path, subprotocols=list(protocols), extra_headers=given
        )
        async with connection:
            yield Socket(connection)
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def signed_in(node: Node, token: str) -> AsyncGenerator[Socket]:
    """A connection whose hello has come."""
    async with raw(node, Authorization=f"Bearer {token}") as socket:
        assert (await socket.receive())["op"] == "hello"
        yield socket
