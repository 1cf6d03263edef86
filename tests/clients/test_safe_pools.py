"""Connections to customers' servers: a pool for each host, kept while somebody uses it."""

from __future__ import annotations

import httpx
import pytest
import trio
from tests.clients.far_end import Asked, Reply, open_far_end

from plixa.http.clients import safe_http
from plixa.http.clients.bounded import Straight, exchange
from plixa.http.clients.safe_http import SafeTransport


async def yes(_: Asked) -> Reply:
    return Reply(200, b"yes")


async def asked(client: Straight, url: str) -> bytes:
    """One exchange; the bare request goes out as it is."""
    request = httpx.Request("GET", url, headers={"host": httpx.URL(url).netloc.decode()})
    return (await exchange(client, request, within=5, limit=100)).content


async def test_a_host_keeps_its_connection_and_one_that_nobody_asks_any_more_is_let_go(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await open_far_end(nursery, yes), await open_far_end(nursery, yes)
    transport = SafeTransport(allow_loopback=True)
    pools = transport._pool._pools  # type: ignore[attr-defined]
    async with Straight(transport) as client:
        for url in (one.url, other.url, one.url, other.url):
            assert await asked(client, url) == b"yes"
        assert [len(pool.connections) for pool, _ in pools.values()] == [1, 1]
        monkeypatch.setattr(safe_http, "_POOL_KEPT_FOR", 0.0)
        await asked(client, other.url)
        assert [port for _, _, port in pools] == [other.port]
    assert not pools
