"""Connections to one server that are kept open between requests.

httpcore's own pool looks at every connection before and after each request, with a system call for each that is idle:
with forty of them that is a third of what a request costs. Here the one that was used last is asked whether it is still
good, and the one that was used longest ago is let go when its time is over.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import cast

import httpcore
import trio

_CLOSE = 1.0  # seconds to give a connection back, or to close one


class Kept:
    """most: connections at once; wait: seconds for one of them. keep: seconds for which an idle one is used again."""

    def __init__(self, origin: httpcore.Origin, tls: ssl.SSLContext, *, most: int, wait: float, keep: float) -> None:
        network = cast("httpcore.AsyncNetworkBackend", httpcore.TrioBackend())
        self._make = partial(
            httpcore.AsyncHTTPConnection, origin, ssl_context=tls, keepalive_expiry=keep, network_backend=network
        )
        self._room = trio.Semaphore(most)
        self._wait = wait
        self._open: set[httpcore.AsyncHTTPConnection] = set()
        self._idle: list[httpcore.AsyncHTTPConnection] = []
        """The one that was used last is the last."""

    def __len__(self) -> int:
        return len(self._open)

    async def aclose(self) -> None:
        """Close all connections; requests under way fail."""
        self._idle.clear()
        while self._open:
            await self._open.pop().aclose()

    @asynccontextmanager
    async def exchange(self, request: httpcore.Request) -> AsyncGenerator[httpcore.Response]:
        """Its answer, to be read within the block. Raises httpcore's errors."""
        try:
            with trio.fail_after(self._wait):
                await self._room.acquire()
        except trio.TooSlowError:
            raise httpcore.PoolTimeout from None
        try:
            connection = await self._one()
            try:
                response = await connection.handle_async_request(request)
                try:
                    yield response
                finally:
                    with trio.CancelScope(shield=True, deadline=trio.current_time() + _CLOSE):
                        await response.aclose()
            finally:
                await self._give_back(connection)
        finally:
            self._room.release()

    async def _one(self) -> httpcore.AsyncHTTPConnection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.has_expired():
                return connection
            await self._let_go(connection)
        connection = self._make()
        self._open.add(connection)
        return connection

    async def _give_back(self, connection: httpcore.AsyncHTTPConnection) -> None:
        if connection in self._open and connection.is_available():
            self._idle.append(connection)
        else:
            await self._let_go(connection)
        if self._idle and self._idle[0].has_expired():
            await self._let_go(self._idle.pop(0))

    async def _let_go(self, connection: httpcore.AsyncHTTPConnection) -> None:
        self._open.discard(connection)
        with trio.CancelScope(shield=True, deadline=trio.current_time() + _CLOSE):
            await connection.aclose()
