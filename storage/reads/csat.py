"""Ratings that customers gave."""

from __future__ import annotations

from datetime import datetime
from typing import Any


async def list_ratings(
    connection: Any,
    tenant: int,
    user_id: int | None,
    seen_by: int | None,
    before: tuple[datetime, int] | None,
    limit: int,
) -> tuple[list[dict[str, Any]], tuple[datetime, int] | None]:
    """A page, newest first, and where the next begins."""
    rows = await connection.fetch(
        "select r.conversation_id, c.name as contact_name, r.rating, r.comment, r.user_id, r.rated_at "
        "from csat_ratings r left join conversations c on c.tenant_id = r.tenant_id and c.id = r.conversation_id "
        "where r.tenant_id = $1 and ($2::bigint is null or r.user_id = $2) "
        "and ($3::bigint is null or c.assigned_user_id is null or c.assigned_user_id = $3) "
        "and ($4::timestamptz is null or (r.rated_at, r.conversation_id) < ($4, $5)) "
        "order by r.rated_at desc, r.conversation_id desc limit $6",
        tenant,
        user_id,
        seen_by,
        before[0] if before else None,
        before[1] if before else 0,
        limit + 1,
    )
    page = [dict(row) for row in rows[:limit]]
    more = (page[-1]["rated_at"], page[-1]["conversation_id"]) if len(rows) > limit else None
    return page, more
