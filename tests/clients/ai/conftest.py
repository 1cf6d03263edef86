"""The scripted model's server of `openai_server`, and an answerer that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio
from openai_server import OpenAIServer

from plixa.http.ai.client.answerer import Answerer
from plixa.http.ai.client.opening import open_answerer


@pytest.fixture
async def server(nursery: trio.Nursery) -> OpenAIServer:
    server = OpenAIServer()
    await nursery.start(server.run)
    return server


@pytest.fixture
async def answerer(server: OpenAIServer) -> AsyncIterator[Answerer]:
    async with open_answerer("the-key", server.url, "gpt-4.1-mini", timeout=5) as answerer:
        yield answerer
