"""The files of messages."""

from __future__ import annotations

from typing import Any

from plixa.storage.lifetime.going import going


async def files_of(connection: Any, tenant: int, conversation_id: int) -> list[str]:
    """The files of a conversation, those that are still on their way included."""
    rows = await connection.fetch(
        "select stored_as from media_files where tenant_id = $1 and conversation_id = $2 union "
        "select id::text from messages where tenant_id = $1 and conversation_id = $2 and media is not null",
        tenant,
        conversation_id,
    )
    return [row["stored_as"] for row in rows]


async def file_is_used(connection: Any, tenant: int, stored_as: str) -> bool:
    """Whether some message still has this file."""
    used: bool = await connection.fetchval(
        "select exists (select from media_files f where tenant_id = $1 and stored_as = $2 "
        f"and not {going('media_files', 'f.tenant_id', 'f.conversation_id')})",
        tenant,
        stored_as,
    )
    return used


async def files_of_all(connection: Any, tenant: int) -> list[str]:
    """The files of a workspace that are there, by what its messages say."""
    rows = await connection.fetch("select distinct stored_as from media_files where tenant_id = $1", tenant)
    return [row["stored_as"] for row in rows]
