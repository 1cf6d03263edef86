"""Effects that stay in the business: one actor's decision that others must follow. All of them may be done twice."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from plixa.engine.errors import DeadLettered, NotFound
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services


async def ask(services: Services, stored: StoredEffect, address: Address, command: Any) -> None:
    """Tell an actor. One that crashes on it keeps it for the operators: told again, it would only crash again."""
    with suppress(DeadLettered):
        await services.bus.ask(address, command, actor="system", cause=f"effect:{stored.effect.id}")


async def tell(services: Services, stored: StoredEffect, conversation_id: int, command: Any) -> None:
    """Tell a conversation, if it has not been erased in the meantime."""
    with suppress(NotFound):
        await ask(services, stored, Address(stored.owner.tenant, "conversation", conversation_id), command)
