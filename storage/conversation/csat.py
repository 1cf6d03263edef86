"""Ratings that customers gave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from plixa.storage.conversation.sight import Sight, within


async def list_ratings(
    connection: Any,
    tenant: int,
    user_id: int | None,
    sight: Sight | None,
    before: tuple[datetime, int] | None,
    limit: int,
) -> tuple[list[dict[str, Any]], tuple[datetime, int] | None]:
    """A page, newest first, and where the next begins."""
    args: list[Any] = [tenant, user_id, before[0] if before else None, before[1] if before else 0, limit + 1]
    rows = await connection.fetch(
        "select r.conversation_id, c.name as contact_name, r.rating, r.comment, r.user_id, r.rated_at "
        "from csat_ratings r left join conversations c on c.tenant_id = r.tenant_id and c.id = r.conversation_id "
        "where r.tenant_id = $1 and ($2::bigint is null or r.user_id = $2) "
        "and ($3::timestamptz is null or (r.rated_at, r.conversation_id) < ($3, $4)) "
        f"and {within(sight, args, 'c.assigned_user_id')} "
        "order by r.rated_at desc, r.conversation_id desc limit $5",
        *args,
    )
    page = [dict(row) for row in rows[:limit]]
    more = (page[-1]["rated_at"], page[-1]["conversation_id"]) if len(rows) > limit else None
    return page, more
