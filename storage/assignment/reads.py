"""What the dispatcher must know, and which conversations hold an id."""

from __future__ import annotations

from typing import Any

from plixa.actors.assignment.choice import QueuedConversation
from plixa.actors.assignment.dispatcher import QueueLookUp
from plixa.storage.lifetime.going import MESSAGE

HEAD = 200
QUEUE = """
select id, waiting_since, sector_id from (
  select id, waiting_since, sector_id, row_number() over (partition by sector_id order by waiting_since, id) as place
  from conversations where tenant_id = $1 and waiting_since is not null and status <> 'resolved') q
where place <= $2 order by waiting_since, id
"""
HOLDING = {
    "label": "$2 = any(labels)",
    "sector": "sector_id = $2",
    "member": "assigned_user_id = $2",
    "contact": "contact_id = $2",
    "number": "number_id = $2 and (id in (select substr(stream, 14)::bigint from outbox where tenant_id = $1 "
    "and state in ('queued', 'attempting', 'unknown') and kind = 'gateway.send') or id in (select "
    "substr(stream, 14)::bigint from timers where tenant_id = $1 and stream like 'conversation-%' "
    "and name like 'scheduled-%'))",
}


async def look_round(connection: Any, tenant: int, *, queue: bool) -> QueueLookUp:
    """Open conversations by member, and, if asked for, the queue: of each sector those that wait the longest."""
    loads = await connection.fetch(
        "select assigned_user_id as id, count(*) as n from conversations "
        "where tenant_id = $1 and assigned_user_id is not null and status <> 'resolved' group by 1",
        tenant,
    )
    waiting = await connection.fetch(QUEUE, tenant, HEAD) if queue else ()
    heads = tuple(QueuedConversation(row["id"], row["waiting_since"], row["sector_id"]) for row in waiting)
    return QueueLookUp({row["id"]: row["n"] for row in loads}, heads)


async def conversations_holding(
    connection: Any, tenant: int, what: str, id_: int, after: int, limit: int = 200
) -> list[int]:
    """Conversations that hold the id of a label, sector, member or contact, or that have something to send from a
    number: a page, in the order of their ids."""
    rows = await connection.fetch(
        f"select id from conversations where tenant_id = $1 and {HOLDING[what]} and id > $3 order by id limit $4",
        tenant,
        id_,
        after,
        limit,
    )
    return [row["id"] for row in rows]


async def open_conversations(connection: Any, tenant: int, after: int, limit: int = 200) -> list[int]:
    """Open conversations, any of which may wait for the business to open: a page, in the order of their ids."""
    rows = await connection.fetch(
        "select id from conversations where tenant_id = $1 and status <> 'resolved' and id > $2 order by id limit $3",
        tenant,
        after,
        limit,
    )
    return [row["id"] for row in rows]


async def first_words(connection: Any, tenant: int, conversation_id: int) -> str | None:
    """What the customer wrote first."""
    words: str | None = await connection.fetchval(
        "select body from messages m where tenant_id = $1 and conversation_id = $2 and direction = 'inbound' "
        f"and not {MESSAGE} order by id limit 1",
        tenant,
        conversation_id,
    )
    return words
