"""The scripted gateway of `evolution_server`, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest
import trio
from evolution_server import Gateway

from plixa.http.whatsapp.evolution.client import EvolutionClient


@pytest.fixture
async def gateway(nursery: trio.Nursery) -> Gateway:
    fake = Gateway()

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            await fake.serve(stream)

    listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
    fake.port = listeners[0].socket.getsockname()[1]
    return fake


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[EvolutionClient]:
    async with EvolutionClient(gateway.url, "the-key") as client:
        yield client
