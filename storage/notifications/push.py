"""Who is told by Web Push, and the keys that this server signs its pushes with. Everything is sealed by the caller.

Unlike the read models these rows follow from no event: they are written here, each by one statement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

MOST = 20
"""Subscriptions of one person; the ones that were longest not refreshed make room."""
SAVE = """
insert into push_subscriptions values ($1, $2, $3, $4, $5, $5)
on conflict (tenant_id, user_id, endpoint_hash) do update set sealed = excluded.sealed, updated_at = excluded.updated_at
returning xmax = 0 as made
"""
MAKE_ROOM = """
delete from push_subscriptions where tenant_id = $1 and user_id = $2 and endpoint_hash in (
    select endpoint_hash from push_subscriptions where tenant_id = $1 and user_id = $2
    order by updated_at desc, endpoint_hash offset $3
)
"""
ALERT = """
select c.id, c.assigned_user_id, coalesce(n.name, c.name) as name, coalesce(n.phone, c.phone) as phone, m.body, m.type
from messages m
join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
left join contacts n on n.tenant_id = c.tenant_id and n.id = c.contact_id
where m.tenant_id = $1 and m.id = $2 and m.deleted_at is null
"""


def endpoint_hash(endpoint: str) -> bytes:
    """What an endpoint is found by."""
    return hashlib.sha256(endpoint.encode()).digest()


def belongs(tenant: int, user_id: int, hashed: bytes) -> str:
    """What a subscription is sealed with."""
    return f"push subscription {tenant} {user_id} {hashed.hex()}"


async def save(connection: Any, tenant: int, user_id: int, hashed: bytes, sealed: bytes, at: datetime) -> bool:
    """Keep a subscription, instead of an earlier one with the same endpoint; whether there was none."""
    async with connection.transaction():
        made: bool = await connection.fetchval(SAVE, tenant, user_id, hashed, sealed, at)
        if made:
            await connection.execute(MAKE_ROOM, tenant, user_id, MOST)
    return made


async def drop(connection: Any, tenant: int, user_id: int, hashed: bytes) -> None:
    """Remove a subscription, if it is there."""
    await connection.execute(
        "delete from push_subscriptions where tenant_id = $1 and user_id = $2 and endpoint_hash = $3",
        tenant,
        user_id,
        hashed,
    )


async def of_users(connection: Any, tenant: int, user_ids: Sequence[int]) -> list[Any]:
    """The subscriptions of these people."""
    return list(
        await connection.fetch(
            "select * from push_subscriptions where tenant_id = $1 and user_id = any($2::bigint[])",
            tenant,
            list(user_ids),
        )
    )


async def has_any(connection: Any, tenant: int, user_id: int) -> bool:
    """Whether somebody has a subscription."""
    return bool(
        await connection.fetchval(
            "select exists (select from push_subscriptions where tenant_id = $1 and user_id = $2)", tenant, user_id
        )
    )


async def drop_left(connection: Any) -> None:
    """Remove the subscriptions of members and staff who left."""
    await connection.execute(
        "delete from push_subscriptions s using members m "
        "where m.tenant_id = s.tenant_id and m.user_id = s.user_id and m.removed"
    )
    await connection.execute(
        "delete from push_subscriptions s using admins a "
        "where s.tenant_id = 0 and a.id = s.user_id and a.removed_at is not null"
    )


async def alert(connection: Any, tenant: int, message_id: int) -> Any:
    """Which conversation a message is in at the moment, whose that is, who wrote and what; None where it is gone."""
    return await connection.fetchrow(ALERT, tenant, message_id)


async def vapid_keys(connection: Any, sealed: bytes, at: datetime) -> bytes:
    """The sealed keys of this installation: those that are there, or else these. Of two first starts one wins."""
    await connection.execute("insert into vapid_keys values (0, $1, $2) on conflict do nothing", sealed, at)
    kept: bytes = await connection.fetchval("select sealed from vapid_keys where tenant_id = 0")
    return kept
