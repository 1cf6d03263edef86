"""One connection: it ends with its client, and waits for nothing longer than it may.

Plain requests are answered one after the other as they come (`plain.py`); with the first that is not plain the rest of
the connection is Hypercorn's.

A connection is idle while it waits for a request's head. Only then it has a time limit: `HEAD_WITHIN` for its first
request and for one that has begun, `KEEP_ALIVE` in between. While a request is answered, limits are the application's
(a body, `http/server/app.py`) and the kernel's (what is sent and not read, `TCP_USER_TIMEOUT`).
"""

from __future__ import annotations

from contextlib import suppress
from math import inf
from typing import Any

import h11
import structlog
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState, LifespanState
from wsproto.utilities import ProtocolError

from plixa.http.server.addresses import is_loopback, source_of
from plixa.http.server.connections import Connections
from plixa.http.server.early import AnyApp, whole
from plixa.http.server.limits import BODY_AT_ONCE, HEAD_BYTES, HEAD_WITHIN, JUST_NOW, KEEP_ALIVE
from plixa.http.server.plain import END, Exchange, Head, head_of, may_be_plain
from plixa.http.server.protocol import Protocol

_GONE = (OSError, trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError)
"""The client, or the connection from our side: busy is what a write is while the other half is being closed."""
log = structlog.get_logger("plixa.server")


class Connection:
    """See the module's text. `connections` are told what it does."""

    def __init__(self, stream: trio.SocketStream, connections: Connections) -> None:
        self._stream = stream
        self._connections = connections
        self._writing = trio.Lock()
        self._patience = trio.CancelScope()
        self._came, self._new = trio.current_time(), True
        self._until = self._came + HEAD_WITHIN
        self._protocol: Protocol
        self._leaving = False
        self._open = True
        self._answered = 0
        self.ahead = b""
        self.idle = True
        self.client = _address(stream.socket.getpeername())
        self._server = _address(stream.socket.getsockname())
        self.source = source(self.client)

    def hang_up(self) -> None:
        """Close it at once if it is idle; if a request has just come in all the same, after that.

        One that has only just come in is given a moment to say what it wants: its request is on its way, and whoever
        sent it would see it fail.
        """
        self._leaving = True
        self._wait_until(self._came + JUST_NOW if self._new else -inf)

    async def serve(self, app: AnyApp, config: Config, context: WorkerContext, state: LifespanState) -> None:
        """Answer requests until one side has had enough. Raises nothing: what is wrong with one ends this one alone."""
        try:
            await self._serve(app, config, context, state)
        except* (*_GONE, h11.ProtocolError, ProtocolError):
            pass  # the client is gone, or does not speak the protocol
        except* Exception as group:
            log.error("connection_failed", error=type(group.exceptions[0]).__name__, exc_info=group)
        finally:
            self._connections.left(self)
            await trio.aclose_forcefully(self._stream)

    async def _serve(self, app: AnyApp, config: Config, context: WorkerContext, state: LifespanState) -> None:
        most = config.keep_alive_max_requests
        while head := await self._plain_head():
            self._works()
            self._answered += 1
            ends = head.closes or self._leaving or self._answered >= most
            ends = await self._answer(app, head, state, ends=ends) or context.terminated.is_set()
            if ends or not self._open:
                break
            self._waits()
        else:
            if self.ahead:
                await self._serve_unusual(app, config, context, state)
                return
        self._connections.left(self)
        await self._close()

    async def _plain_head(self) -> Head | None:
        """The next request's head. None where it is not plain, which leaves it in `ahead`, or where none comes."""
        while END not in self.ahead:
            if self.ahead and not may_be_plain(self.ahead):
                return None
            if self.ahead:
                self._has_begun()
            if not (data := await self.read()):
                self.ahead = b""
                return None
            self.ahead += data
        raw, _, rest = self.ahead.partition(END)
        head = head_of(raw)
        if head is not None:
            self.ahead = rest
        return head

    async def _answer(self, app: AnyApp, head: Head, state: LifespanState, *, ends: bool) -> bool:
        """Have the application answer a plain request; whether the connection ends with that."""
        exchange = Exchange(head, self, ends=ends)
        try:
            await app(
                head.scope(client=self.client, server=self._server, state=dict(state)), exchange.receive, exchange.send
            )
        except Exception as error:  # the application's: its client is told so, if it can be
            log.error("application_failed", error=type(error).__name__, exc_info=error)
        await exchange.finish()
        return exchange.ends

    async def _serve_unusual(self, app: AnyApp, config: Config, context: WorkerContext, state: LifespanState) -> None:
        async with TaskGroup() as group:
            self._protocol = Protocol(
                ASGIWrapper(whole(app)),
                config,
                context,
                group,
                ConnectionState(state),
                False,
                self.client,
                self._server,
                self._send,
            )
            self._protocol.keep_alive_requests = self._answered
            await self._read_unusual()
            self._connections.left(self)  # its file is free, though what was under way may take a moment to end
            await self._close()
            await self._protocol.handle(Closed())

    async def _read_unusual(self) -> None:
        data = self.ahead
        while data:
            await self._protocol.handle(RawData(data))
            if self.idle and self._protocol.has_begun:
                self._has_begun()
            data = await self.read()

    def _has_begun(self) -> None:
        """A part of a head is here: the rest of it has only so long."""
        self._until = min(self._until, trio.current_time() + HEAD_WITHIN)

    async def read(self) -> bytes:
        """What comes next; nothing when the client is gone, or was waited for long enough."""
        with trio.CancelScope(deadline=self._until) as self._patience:
            try:
                return bytes(await self._stream.receive_some(HEAD_BYTES if self.idle else BODY_AT_ONCE))
            except _GONE:
                pass
        return b""

    async def _send(self, event: Event) -> None:
        match event:
            case RawData(data=data):
                await self.write(data)
                if not self._open:
                    await self._protocol.handle(Closed())
            case Updated(idle=True):
                self._waits()
            case Updated():
                self._works()
            case _:
                await self._close()
                await self._protocol.handle(Closed())

    def _waits(self) -> None:
        self.idle = True
        self._wait_until(-inf if self._leaving else trio.current_time() + KEEP_ALIVE)
        self._connections.waits(self)

    def _works(self) -> None:
        self.idle = self._new = False
        self._wait_until(inf)
        self._connections.works(self)

    async def write(self, data: bytes) -> None:
        """All or nothing, or the next answer would be taken for the rest of this one: hence the shield."""
        try:
            async with self._writing:
                with trio.CancelScope(shield=True):
                    await self._stream.send_all(data)
        except _GONE:
            self._open = False

    async def _close(self) -> None:
        with suppress(*_GONE):
            await self._stream.send_eof()
        await self._stream.aclose()

    def _wait_until(self, when: float) -> None:
        self._until = self._patience.deadline = when


def _address(name: Any) -> tuple[str, int]:
    """Host and port; of IPv6 there is more."""
    return name[0], name[1]


def source(client: tuple[str, int]) -> str | None:
    """What a client counts for; none for who is on this machine: a proxy, a benchmark, an operator."""
    return None if is_loopback(client[0]) else source_of(client[0])
