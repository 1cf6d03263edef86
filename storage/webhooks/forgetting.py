"""What becomes of what was told of a conversation that is erased: the bodies go, the answers too, and nothing is tried
any more."""

from __future__ import annotations

from typing import Any

from plixa.storage.lifetime.rules import Sweep, by_id

TOLD = "tenant_id = $1 and conversation_id = $2 and type <> 'conversation.deleted'"
FORGOTTEN = """, forgotten as (
    update webhook_deliveries d set response_body = null, next_attempt_at = null,
        status = case when d.ended_at is null then 'cancelled' else d.status end,
        error = case when d.ended_at is null then 'What it tells of was erased.' else d.error end,
        ended_at = coalesce(d.ended_at, now())
    from gone where d.tenant_id = gone.tenant_id and d.event_id = gone.event_id
)"""
SWEEP = Sweep("webhook_events", TOLD, by_id, FORGOTTEN)


async def forget(connection: Any, tenant: int, conversation_id: int) -> None:
    """The same at once, for who might have told of it after it was swept."""
    while await connection.fetchval(SWEEP.delete, tenant, conversation_id):
        pass
