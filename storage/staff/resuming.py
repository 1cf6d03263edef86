"""What a workspace that was suspended should have sent, and has not: too old to be said any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

MOST = 500
MESSAGES = """
select stream, effect_id from outbox where tenant_id = $1 and state = 'queued' and kind = 'gateway.send'
and state in ('queued', 'attempting', 'unknown') and created_at < $2 and coalesce(not_before, created_at) < $2
order by position limit $3
"""
SCHEDULED = """
select stream, name from timers where tenant_id = $1 and stream like 'conversation-%' and name like 'scheduled-%'
and due_at < $2 order by due_at limit $3
"""


async def stale(connection: Any, tenant: int, before: datetime) -> tuple[list[Any], list[Any]]:
    """Messages that were queued, and those that should have been, before that; some of each, the oldest first."""
    messages = await connection.fetch(MESSAGES, tenant, before, MOST)
    return list(messages), list(await connection.fetch(SCHEDULED, tenant, before, MOST))
