"""Broadcasts and their recipients, for people and for those who carry them out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plixa.storage.broadcasts import statements as sql
from plixa.storage.conversation.sight import Sight, within
from plixa.storage.eventlog.statement import Row

ANSWERS_WITHIN = "interval '7 days'"
BOOKED = f"""
r.state = 'replied' and exists (
    select from appointments a where a.tenant_id = r.tenant_id
    and a.contact_id = contact_root(r.tenant_id, r.contact_id)
    and a.created_at >= r.queued_at and a.created_at < r.queued_at + {ANSWERS_WITHIN}
    and not exists (
        select from broadcast_recipients later where later.tenant_id = r.tenant_id and later.contact_id = r.contact_id
        and later.state = 'replied' and later.queued_at > r.queued_at and later.queued_at <= a.created_at))
"""
"""Whoever answered it and made an appointment; of two broadcasts that they answered, the later one led to it."""
STATES = ("pending", "sent", "delivered", "read", "replied", "failed", "skipped", "unknown")
BESIDE = ("opted_out", "booked")
"""What is counted beside how the message stands."""


def list_row(tenant: int, broadcast_id: int, sealed: bytes, at: datetime) -> Row:
    """Recipients as they were handed in."""
    return sql.LIST, (tenant, broadcast_id, sealed, at)


async def get_list(connection: Any, tenant: int, broadcast_id: int) -> bytes | None:
    """The same, sealed; None once they are written down."""
    body: bytes | None = await connection.fetchval(
        "select body from broadcast_lists where tenant_id = $1 and broadcast_id = $2", tenant, broadcast_id
    )
    return body


async def list_broadcasts(
    connection: Any, tenant: int, before: int | None, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """A page, the latest first, and where the next one begins."""
    rows = await connection.fetch(
        "select * from broadcasts where tenant_id = $1 and id < $2 order by id desc limit $3",
        tenant,
        2**63 - 1 if before is None else before,
        limit + 1,
    )
    page = rows[:limit]
    counts = await _counts(connection, tenant, [row["id"] for row in page])
    more = page[-1]["id"] if len(rows) > limit else None
    return [_resource(row, counts.get(row["id"], {})) for row in page], more


async def get_broadcast(connection: Any, tenant: int, broadcast_id: int) -> dict[str, Any] | None:
    """One broadcast, or None."""
    row = await connection.fetchrow("select * from broadcasts where tenant_id = $1 and id = $2", tenant, broadcast_id)
    if row is None:
        return None
    return _resource(row, (await _counts(connection, tenant, [broadcast_id])).get(broadcast_id, {}))


async def _counts(connection: Any, tenant: int, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Recipients by state, of each of these."""
    rows = await connection.fetch(
        "select r.broadcast_id, r.state, count(*) as count, count(r.opted_out_at) as opted_out, "
        f"count(*) filter (where {BOOKED}) as booked from broadcast_recipients r "
        "where r.tenant_id = $1 and r.broadcast_id = any($2) group by r.broadcast_id, r.state",
        tenant,
        list(ids),
    )
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        of = found.setdefault(row["broadcast_id"], dict.fromkeys(BESIDE, 0))
        of[row["state"]] = row["count"]
        for name in BESIDE:
            of[name] += row[name]
    return found


def _resource(row: Any, counts: dict[str, int]) -> dict[str, Any]:
    shown = {state: counts.get(state, 0) for state in STATES}
    if row["status"] == "scheduled":  # they are written down when it starts
        shown["pending"] = row["listed"]
    total = sum(shown.values())
    return {
        "id": row["id"],
        "name": row["name"],
        "body": row["body"],
        "source": row["source"],
        "label_id": row["label_id"],
        "phone_instance_id": row["number_id"],
        "status": row["status"],
        "reason": row["reason"],
        "waits_until": row["waits_until"],
        "total": total,
        "counts": {**shown, **{name: counts.get(name, 0) for name in BESIDE}},
        "ignore_cooldown": not row["cooldown"],
        "scheduled_at": row["scheduled_at"],
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "created_by": row["created_by"],
        "created_at": row["created_at"],
    }


async def list_recipients(
    connection: Any,
    tenant: int,
    broadcast_id: int,
    state: str | None,
    after: int,
    limit: int,
    sight: Sight | None,
) -> tuple[list[dict[str, Any]], int | None]:
    """A page in the order of sending, and where the next one begins. Who may not see a conversation sees no name."""
    args: list[Any] = [tenant, broadcast_id, after, limit + 1, state]
    theirs = (
        "select from conversations v where v.tenant_id = r.tenant_id "
        "and v.contact_id in (select contact_family(r.tenant_id, c.id))"
    )
    seen = "true"
    if sight is not None:
        seen = f"(exists ({theirs} and {within(sight, args, 'v.assigned_user_id')}) or not exists ({theirs}))"
    rows = await connection.fetch(
        f"select r.*, c.phone, c.name, c.id as living, {seen} as seen from broadcast_recipients r "
        "left join contacts c on c.tenant_id = r.tenant_id and c.id = contact_root(r.tenant_id, r.contact_id) "
        "where r.tenant_id = $1 and r.broadcast_id = $2 and r.id > $3 and ($5::text is null or r.state = $5) "
        "order by r.id limit $4",
        *args,
    )
    page = rows[:limit]
    return [_recipient(row) for row in page], page[-1]["id"] if len(rows) > limit else None


def _recipient(row: Any) -> dict[str, Any]:
    shown = row["seen"] and row["living"] is not None
    return {
        "id": row["id"],
        "phone": row["phone"] if shown else None,
        "name": row["name"] if shown else None,
        "contact_id": row["living"] if shown else None,
        "status": row["state"],
        "reason": row["reason"],
        "message_id": row["message_id"] if shown else None,
        "conversation_id": row["conversation_id"] if shown else None,
        "opted_out_at": row["opted_out_at"],
    }


# -- for those who carry them out -------------------------------------------------------------------------------------


async def get_recipient(connection: Any, tenant: int, broadcast_id: int, place: int) -> Any:
    """A recipient's row, or None."""
    return await connection.fetchrow(
        "select * from broadcast_recipients where tenant_id = $1 and broadcast_id = $2 and id = $3",
        tenant,
        broadcast_id,
        place,
    )


async def already(connection: Any, tenant: int, broadcast_id: int, contact_ids: Sequence[int]) -> set[int]:
    """Those of these contacts who are among the recipients."""
    rows = await connection.fetch(
        "select contact_id from broadcast_recipients where tenant_id = $1 and broadcast_id = $2 "
        "and contact_id = any($3)",
        tenant,
        broadcast_id,
        contact_ids,
    )
    return {row["contact_id"] for row in rows}


async def last_queued(connection: Any, tenant: int, number_id: int) -> datetime | None:
    """When the last broadcast's message was queued on a number."""
    at: datetime | None = await connection.fetchval(
        "select max(queued_at) from broadcast_recipients where tenant_id = $1 and number_id = $2", tenant, number_id
    )
    return at


async def strangers_since(connection: Any, tenant: int, number_id: int, since: datetime) -> int:
    """How many who had never written were written to from this number."""
    count: int = await connection.fetchval(
        "select count(*) from broadcast_recipients "
        "where tenant_id = $1 and number_id = $2 and queued_at >= $3 and stranger",
        tenant,
        number_id,
        since,
    )
    return count


async def number_of(connection: Any, tenant: int, number_id: int) -> Any:
    """A number's status and its name at the gateway, or None where it is gone."""
    return await connection.fetchrow(
        "select status, instance from numbers where tenant_id = $1 and id = $2 and not removed", tenant, number_id
    )


async def waiting_for(connection: Any, tenant: int, number_id: int) -> list[int]:
    """The broadcasts that wait for this number, or for any."""
    rows = await connection.fetch(
        "select id from broadcasts where tenant_id = $1 and status = 'paused' "
        "and reason = any('{number_disconnected,number_missing}') and coalesce(number_id, $2) = $2 order by id",
        tenant,
        number_id,
    )
    return [row["id"] for row in rows]
