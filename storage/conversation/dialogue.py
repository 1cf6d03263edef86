"""The latest words of a conversation, as a dialogue."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from plixa.storage.lifetime.going import MESSAGE


class Line(NamedTuple):
    """A message: who wrote (an author's kind), as whom, what, when. Notes are not in it."""

    id: int
    author: str
    name: str
    text: str
    at: datetime


async def latest(connection: Any, tenant: int, conversation_id: int, limit: int) -> list[Line]:
    """Oldest first."""
    rows = await connection.fetch(
        "select id, author->>'kind' as author, coalesce(author->>'name', '') as name, coalesce(body, '') as body, "
        "created_at from messages m where tenant_id = $1 and conversation_id = $2 and type <> 'note' "
        f"and deleted_at is null and not {MESSAGE} order by id desc limit $3",
        tenant,
        conversation_id,
        limit,
    )
    return [Line(row["id"], row["author"], row["name"], row["body"], row["created_at"]) for row in reversed(rows)]
