"""“typing…” on the customer's phone while an answer is drafted. A courtesy: what goes wrong with it is passed over."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import trio

from plixa.actors.conversation.state import Conversation
from plixa.http.api.services import Services
from plixa.http.whatsapp.evolution.errors import GatewayError
from plixa.http.whatsapp.outbound import addresses
from plixa.http.whatsapp.parts import GATEWAY

A_WHILE = 10_000
"""Milliseconds that are asked for at once; WhatsApp itself forgets it after some 25 s."""


@asynccontextmanager
async def composing(services: Services, tenant: int, conversation: Conversation) -> AsyncGenerator[None]:
    """The customer sees it for as long as the block lasts. What the block raises comes out of it as it is."""
    failed: Exception | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_show, services, tenant, conversation)
        try:
            yield
        except Exception as error:  # noqa: BLE001  # raised below, so that no nursery wraps it
            failed = error
        nursery.cancel_scope.cancel()
    if failed is not None:
        raise failed


async def _show(services: Services, tenant: int, conversation: Conversation) -> None:
    number = (await services.bus.workspace(tenant)).numbers.get(conversation.number_id)
    to = next(iter(addresses(conversation)), None)
    if number is None or to is None:
        return
    with suppress(GatewayError):
        while True:
            await services[GATEWAY].send_presence(number.instance, to, "composing", A_WHILE)
