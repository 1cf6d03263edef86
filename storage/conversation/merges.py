"""Conversations that were merged into others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from plixa.actors.contacts.joining import Side
from plixa.actors.conversation.events import LastMessage


class Merge(Struct, frozen=True):
    """A merge that was decided."""

    id: int
    from_id: int
    into_id: int
    user_id: int | None


async def sides(connection: Any, tenant: int, ids: Sequence[int]) -> dict[int, Side]:
    """These conversations, as a decision on merging them needs them."""
    rows = await connection.fetch(
        "select u.id, c.number_id, contact_root(c.tenant_id, c.contact_id) as contact_id, "
        "nullif(conversation_root($1, u.id), u.id) as merged_into from unnest($2::bigint[]) as u(id) "
        "left join conversations c on c.tenant_id = $1 and c.id = u.id",
        tenant,
        list(ids),
    )
    return {
        row["id"]: Side(row["id"], row["contact_id"], row["number_id"] or 0, row["merged_into"])
        for row in rows
        if row["number_id"] is not None or row["merged_into"] is not None
    }


async def of(connection: Any, tenant: int, from_id: int) -> Merge | None:
    """The merge by which this conversation became a part of another one, or None."""
    query = "select * from conversation_merges where tenant_id = $1 and from_id = $2"
    row = await connection.fetchrow(query, tenant, from_id)
    return None if row is None else Merge(row["id"], row["from_id"], row["into_id"], row["user_id"])


async def into(connection: Any, tenant: int, into_id: int) -> list[int]:
    """The conversations that were merged into this one itself, in the order of their merges."""
    query = "select from_id from conversation_merges where tenant_id = $1 and into_id = $2 order by id"
    return [row["from_id"] for row in await connection.fetch(query, tenant, into_id)]


async def survivor(connection: Any, tenant: int, conversation_id: int) -> tuple[int, int | None] | None:
    """The conversation that this one is a part of by now, and who looks after that; None if it is none."""
    row = await connection.fetchrow(
        "select id, assigned_user_id from conversations "
        "where tenant_id = $1 and id = conversation_root($1, $2) and id <> $2",
        tenant,
        conversation_id,
    )
    return None if row is None else (row["id"], row["assigned_user_id"])


SEEN = """
with markers as (
  select u.user_id, c.id, coalesce(s.message_id, 0) as upto
  from (select distinct user_id from conversation_seen where tenant_id = $1 and conversation_id = any($2)) u
  cross join unnest($2::bigint[]) as c(id)
  left join conversation_seen s on s.tenant_id = $1 and s.conversation_id = c.id and s.user_id = u.user_id
)
select k.user_id, max(k.upto) as upto, min(f.first) as unread from markers k left join lateral (
  select min(m.id) as first from messages m
  where m.tenant_id = $1 and m.conversation_id = k.id and m.direction = 'inbound' and m.id > k.upto) f on true
group by k.user_id
"""


async def seen(connection: Any, tenant: int, ids: Sequence[int]) -> dict[int, int]:
    """Up to which message each member has read, once these are one: nothing that is unread to them is passed over."""
    rows = await connection.fetch(SEEN, tenant, list(ids))
    return {row["user_id"]: row["upto"] if row["unread"] is None else row["unread"] - 1 for row in rows}


async def last_message(connection: Any, tenant: int, message_id: int | None) -> LastMessage | None:
    """A message as lists show it, or None."""
    row = await connection.fetchrow(
        "select id, direction, type, body, created_at from messages where tenant_id = $1 and id = $2",
        tenant,
        message_id,
    )
    return None if row is None else LastMessage(**dict(row))


async def crosses(connection: Any, tenant: int, own: Sequence[int], led: Sequence[int]) -> bool:
    """Whether conversations were merged across two contacts: `own` are those that came with the one, `led` those that
    its addresses lead to since."""
    crossing: bool = await connection.fetchval(
        "select exists (select from conversation_merges where tenant_id = $1 and ("
        "(from_id = any($2::bigint[])) <> (into_id = any($2)) or into_id = any($3::bigint[])))",
        tenant,
        list(own),
        [id_ for id_ in led if id_ not in own],
    )
    return crossing
