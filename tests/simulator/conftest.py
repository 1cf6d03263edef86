"""A simulator and a webhook receiver, both real servers on free ports, for every test of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import trio
from hypercorn.config import Config
from hypercorn.trio import serve as serve_asgi
from simulator_harness import FAST, KEY, Gateway, Receiver, Start

from plixa.http.clients.tls import trusted
from plixa.http.simulator import SimulatorSettings, serve


@pytest.fixture
async def receiver(nursery: trio.Nursery) -> Receiver:
    receiver = Receiver()
    config = Config()
    config.bind = ["127.0.0.1:0"]
    config.errorlog = None
    binds = await nursery.start(serve_asgi, receiver, config)
    receiver.url = f"{binds[0]}/hook"
    return receiver


@pytest.fixture
async def start(nursery: trio.Nursery, receiver: Receiver) -> AsyncIterator[Start]:
    clients: list[httpx.AsyncClient] = []

    async def run(**changes: Any) -> Gateway:
        defaults: dict[str, Any] = {"pairing": "manual", "webhook": FAST, "removal_delay": 0.0}
        quick = {"server_ack_delay": 0.01, "delivery_delay": 0.01, "read_delay": 0.01}
        settings = SimulatorSettings(port=0, api_key=KEY, **(defaults | quick | changes))
        port = await nursery.start(serve, settings)
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={"apikey": KEY}, verify=trusted())
        clients.append(client)
        return Gateway(client, receiver)

    yield run
    for client in clients:
        await client.aclose()


@pytest.fixture
async def gateway(start: Start) -> Gateway:
    return await start()
