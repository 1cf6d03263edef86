"""The outbox's table: what is open of it, tenant by tenant, and what became of effects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from plixa.engine.ports import Booking, Effect, Look, OpenEffects, StoredEffect, address_of
from plixa.storage.eventlog import statements as sql
from plixa.storage.eventlog.statement import Row
from plixa.storage.nodes.ownership import ELSEWHERE

OPEN = "state in ('queued', 'attempting', 'unknown')"
"""Word for word as in the index `outbox_open`."""
ALL_TENANTS = f"""
tenants as (
    (select tenant_id from outbox where {OPEN} order by tenant_id limit 1)
    union all
    select (select o.tenant_id from outbox o where {OPEN} and o.tenant_id > t.tenant_id order by o.tenant_id limit 1)
    from tenants t where t.tenant_id is not null
)
"""
"""One step of the index a tenant, however many effects each has."""
SOME_TENANTS = "tenants as (select unnest($7::bigint[]) as tenant_id)"
STRANGE = "(kind <> all($4::text[]) or stream !~ $5)"
ORDER = "o.position, o.place, o.effect_id"
LOOK = f"""
with recursive {{tenants}},
looked as materialized (
    select tenant_id from tenants t where tenant_id is not null and tenant_id <> all($6::bigint[]) and {ELSEWHERE}
)
select found.* from looked t cross join lateral (
    with open as materialized (
        select effect_id, pace, lane, position, place, not_before > $2 or {STRANGE} as later
        from outbox where tenant_id = t.tenant_id and {OPEN}
    ), held as materialized (
        select distinct on (pace, lane) effect_id, pace, lane, position, place from open where later
        order by pace, lane, position, place, effect_id
    ), ranked as (
        select o.effect_id, false as held, row_number() over (partition by o.pace order by {ORDER}) as rank
        from open o left join held h on h.pace = o.pace and h.lane = o.lane
        where h.lane is null or ({ORDER}) < (h.position, h.place, h.effect_id)
        union all
        select effect_id, true, row_number() over (partition by pace) from held
    )
    select o.*, r.held from ranked r join outbox o on o.tenant_id = t.tenant_id and o.effect_id = r.effect_id
    where r.rank <= $3
) found
order by position, place, effect_id
"""
LOOK_AT_ALL, LOOK_AT_SOME = LOOK.format(tenants=ALL_TENANTS), LOOK.format(tenants=SOME_TENANTS)
UNKNOWN = f"select count(*) from outbox where {OPEN} and (kind <> all($1::text[]) or stream !~ $2)"
HASTEN = f"update outbox set not_before = null where tenant_id = $1 and pace = $2 and not_before > now() and {OPEN}"


async def open_effects(connection: Any, node: str, look: Look) -> OpenEffects:
    """See `Store.open_effects`."""
    kinds, owners = list(look.kinds), f"^({'|'.join(map(re.escape, look.owners))})-[0-9]{{1,18}}$"
    args = (node, look.due_by, look.each, kinds, owners, list(look.without))
    if look.only is None:
        rows = await connection.fetch(LOOK_AT_ALL, *args)
        unknown = await connection.fetchval(UNKNOWN, kinds, owners)
    else:
        rows, unknown = await connection.fetch(LOOK_AT_SOME, *args, list(look.only)), 0
    return OpenEffects(
        [_effect(row) for row in rows if not row["held"]],
        [(row["tenant_id"], row["pace"], row["lane"]) for row in rows if row["held"]],
        unknown,
    )


def _effect(row: Any) -> StoredEffect:
    effect = Effect(row["effect_id"], row["kind"], row["lane"], row["pace"], row["request"], row["not_before"])
    return StoredEffect(address_of(row["tenant_id"], row["stream"]), effect, row["state"], row["attempts"])


async def hasten(connection: Any, tenant: int, pace: str) -> None:
    """See `Store.hasten`."""
    await connection.execute(HASTEN, tenant, pace)


def booked(booking: Booking) -> Row:
    """The row that a booking writes."""
    due, reason = booking.not_before, booking.reason and _text(booking.reason)
    values = (booking.tenant, booking.effect_id, booking.state, due, booking.tries, reason, booking.at)
    return sql.EFFECT_BOOKED, values


def _text(reason: str) -> str:
    """As Postgres takes it: an error's words may quote anything."""
    return reason.replace("\0", "").encode(errors="replace").decode()


FAILED = "state = 'failed' and reason is not null"
"""Given up for good, by the outbox: what an owner has given up itself is told by its events."""


async def given_up(connection: Any, tenant: int | None = None) -> list[Any]:
    """Harmless effects that were given up, oldest first."""
    query = (
        "select tenant_id, effect_id, stream, kind, attempts, reason, settled_at from outbox "
        f"where {FAILED} and ($1::bigint is null or tenant_id = $1) order by settled_at, tenant_id, effect_id"
    )
    return list(await connection.fetch(query, tenant))


async def count_given_up(connection: Any) -> int:
    """How many there are."""
    count: int = await connection.fetchval(f"select count(*) from outbox where {FAILED}")
    return count


async def retry(connection: Any, tenant: int | None = None, ids: Sequence[str] | None = None) -> int:
    """Queue these anew (None: all); the node that owns their tenant takes them up. Returns how many there were."""
    query = (
        "update outbox set state = 'queued', attempts = 0, not_before = null, reason = null, settled_at = null "
        f"where {FAILED} and ($1::bigint is null or tenant_id = $1) and ($2::text[] is null or effect_id = any($2))"
    )
    status: str = await connection.execute(query, tenant, None if ids is None else list(ids))
    return int(status.rpartition(" ")[2])
