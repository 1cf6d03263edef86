"""Which answerer, by the settings: with a key or an address of a server the model behind it, else the embedded one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import openai
import trio

from plixa.actors.ai.budget import Price
from plixa.http.ai.client.answerer import Answerer
from plixa.http.ai.client.completions import RETRIES, Completions
from plixa.http.ai.client.embedded import EmbeddedAnswerer
from plixa.http.ai.client.model import ModelAnswerer

_CONNECT = 5.0  # seconds
_NO_KEY = "none"  # for servers of one's own, which ask for none; the SDK insists on one


@asynccontextmanager
async def open_answerer(
    api_key: str = "",
    base_url: str = "",
    model: str = "gpt-4.1-mini",
    timeout: float = 30.0,
    price: Price | None = None,
) -> AsyncGenerator[Answerer]:
    """The answerer that the settings ask for; its connections are closed when the block is left.

    base_url: of any server that speaks the protocol, with its `/v1`; empty for OpenAI's own. timeout: seconds a call.
    """
    if not api_key and not base_url:
        yield EmbeddedAnswerer()
        return
    client = openai.AsyncOpenAI(
        api_key=api_key or _NO_KEY,
        base_url=base_url or "https://api.openai.com/v1",  # given, so that no variable of the environment changes it
        timeout=openai.Timeout(timeout, connect=_CONNECT),
        max_retries=RETRIES,
    )
    try:
        yield ModelAnswerer(Completions(client, model, timeout, price))
    finally:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + 1):
            await client.close()
