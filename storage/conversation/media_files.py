"""The files of messages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plixa.storage.lifetime.going import going

FORGET = """
with again as (
    update erased_files set due_at = marked_at + $3 where tenant_id = $1 and stored_as = $2 and due_at = marked_at
)
delete from erased_files where tenant_id = $1 and stored_as = $2 and due_at > marked_at
"""


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


async def erased_files(connection: Any, at: datetime, limit: int) -> list[Any]:
    """Files of erased messages that are to be looked at by now."""
    return list(
        await connection.fetch("select * from erased_files where due_at <= $1 order by random() limit $2", at, limit)
    )


async def file_was_removed(connection: Any, tenant: int, stored_as: str, later: timedelta) -> None:
    """It was looked at: once more `later`, and after that it is forgotten."""
    await connection.execute(FORGET, tenant, stored_as, later)
