"""How far a workspace has come, read from the tables that there are."""

from __future__ import annotations

from typing import Any

PROGRESS = """
select exists (select from numbers where tenant_id = $1 and not removed and status = 'connected') as connected,
       exists (select from messages where tenant_id = $1 and direction = 'inbound') as received,
       exists (select from messages where tenant_id = $1 and direction = 'outbound' and type <> 'note'
                 and author->>'kind' in ('user', 'phone', 'api')) as replied
"""


async def progress(connection: Any, tenant: int) -> Any:
    """The row (connected, received, replied). A reply is a person's or an integration's, not the automation's."""
    return await connection.fetchrow(PROGRESS, tenant)
