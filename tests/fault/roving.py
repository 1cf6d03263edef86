"""A client that finds its node by trying: each request goes to the next, as behind a balancer that knows nothing."""

from __future__ import annotations

from collections.abc import Sequence

import httpx


class Roving(httpx.AsyncBaseTransport):
    """`ports` may change at any time. The answer's request says in its URL who has answered."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = ports
        self._turn = 0
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it to whose turn it is."""
        self._turn += 1
        request.url = request.url.copy_with(port=self.ports[self._turn % len(self.ports)])
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()
