"""The outbox's table: what is open of it, tenant by tenant, and what became of effects."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from plixa.engine.ports import Booking, Effect, Look, OpenEffects, StoredEffect, address_of
from plixa.storage.eventlog import statements as sql
from plixa.storage.eventlog.statement import Row
from plixa.storage.nodes.ownership import OWNABLE

OPEN = "state in ('queued', 'attempting', 'unknown')"
"""Word for word as in the index `outbox_lines`."""
ALL_TENANTS = f"""
tenants as (
    (select tenant_id from outbox where {OPEN} order by tenant_id limit 1)
    union all
    select (select o.tenant_id from outbox o where {OPEN} and o.tenant_id > t.tenant_id order by o.tenant_id limit 1)
    from tenants t where t.tenant_id is not null
)
"""
SOME_TENANTS = "tenants as (select unnest($3::bigint[]) as tenant_id)"
LINES = f"""
with recursive {{tenants}},
looked as materialized (
    select tenant_id from tenants t where tenant_id is not null and tenant_id <> all($2::bigint[]) and {OWNABLE}
), lines as (
    select tenant_id, (
        select o.pace from outbox o where {OPEN} and o.tenant_id = t.tenant_id order by o.pace limit 1
    ) as pace from looked t
    union all
    select tenant_id, (
        select o.pace from outbox o
        where {OPEN} and o.tenant_id = l.tenant_id and o.pace > l.pace order by o.pace limit 1
    ) from lines l where l.pace is not null
)
select tenant_id, pace from lines where pace is not null
"""
"""One step of the index a pace, however many effects each has."""
ALL_LINES, SOME_LINES = LINES.format(tenants=ALL_TENANTS), LINES.format(tenants=SOME_TENANTS)
ORDER = "position, place, effect_id"
WINDOW = f"""
select w.* from unnest($1::bigint[], $2::text[]) as l(tenant_id, pace) cross join lateral (
    with rows as materialized (
        select *, not is_late and (kind <> all($4::text[]) or stream !~ $5) as is_strange
        from (
            select *, coalesce(not_before > $6, false) as is_late
            from outbox where tenant_id = l.tenant_id and pace = l.pace and {OPEN} order by {ORDER} limit $3
        ) o
    ), laned as (
        select *, bool_or(is_strange or is_late) over lane as held
        from rows window lane as (partition by lane order by {ORDER})
    ), begun as (
        select *, lag(held) over lane as since, count(*) over () as seen, sum(is_strange::int) over () as strange
        from laned window lane as (partition by lane order by {ORDER})
    ), ranked as (
        select *, row_number() over (partition by held order by {ORDER}) as rank
        from begun where not held or since is not true
    )
    select * from ranked where rank <= $7
) w order by {ORDER}
"""
"""Of the beginning of each line what is due, and the first of each lane that is held: by what stands there, too."""
WIDER = 8


async def open_effects(connection: Any, node: str, look: Look) -> OpenEffects:
    """See `Store.open_effects`. Costs by what is found, and by what is held before it, not by what waits behind."""
    without = list(look.without)
    if look.only is None:
        found = await connection.fetch(ALL_LINES, node, without)
    else:
        found = await connection.fetch(SOME_LINES, node, without, list(look.only))
    lines = [(row["tenant_id"], row["pace"]) for row in found]
    each = look.each if len(lines) * look.each <= look.most else max(look.least, look.most // len(lines))
    begun = [line async for line in _beginnings(connection, lines, look, each)]
    effects = sorted((row for line in begun for row in line.due), key=_order)
    held = [lane for line in begun for lane in line.held]
    unknown = sum(line.unknown for line in begun) if look.only is None else 0
    return OpenEffects([_effect(row) for row in effects], held, unknown, each)


class _Line:
    """The beginning of one pace of a tenant. seen: how many rows it is, of which so many are `unknown`."""

    def __init__(self, rows: list[Any]) -> None:
        self.seen, self.unknown = rows[0]["seen"], rows[0]["strange"]
        self.due = [row for row in rows if not row["held"]]
        self.held = [(row["tenant_id"], row["pace"], row["lane"]) for row in rows if row["held"]]


async def _beginnings(
    connection: Any, lines: Sequence[tuple[int, str]], look: Look, each: int
) -> AsyncGenerator[_Line]:
    """Of each line as much as has so many that are due, or all of it: more and more where much of it is held."""
    window, owners = each, f"^({'|'.join(map(re.escape, look.owners))})-[0-9]{{1,18}}$"
    while lines:
        tenants, paces = [tenant for tenant, _ in lines], [pace for _, pace in lines]
        rows = await connection.fetch(WINDOW, tenants, paces, window, list(look.kinds), owners, look.due_by, each)
        by_line = dict[tuple[int, str], list[Any]]()
        for row in rows:
            by_line.setdefault((row["tenant_id"], row["pace"]), []).append(row)
        begun = {key: _Line(rows) for key, rows in by_line.items()}
        lines = [key for key, line in begun.items() if line.seen == window and len(line.due) < each]
        for key, line in begun.items():
            if key not in lines:
                yield line
        window *= WIDER


def _order(row: Any) -> tuple[int, int, str]:
    return row["position"], row["place"], row["effect_id"]


HASTEN = f"update outbox set not_before = null where tenant_id = $1 and pace = $2 and not_before is not null and {OPEN}"


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
