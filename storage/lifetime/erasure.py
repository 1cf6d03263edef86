"""The end of a workspace's rows: `fence` is the point of no return, `sweep` is what must follow it.

- `fence` makes its log's head a tombstone that no commit and no owner gets past, and takes away what could still start
  something: tokens, timers, effects, the numbers' secrets. One transaction.
- `sweep` empties every table that has a `tenant_id`, whatever tables there are by then, in small transactions. Only
  what is declared as `kept` stays: that there was a workspace of this number, and when it went.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plixa.storage.schema import Schema

BATCH = 5_000
SETTLED = timedelta(minutes=10)
"""A request that was under way at the fence may still leave a row: sweeping goes on for so long."""
TOMBSTONE = 2**63 - 1
TABLES = """
select c.table_name::text as name from information_schema.columns c
join pg_class p on p.relname = c.table_name and p.relnamespace = 'public'::regnamespace
where c.table_schema = 'public' and c.column_name = 'tenant_id' and p.relkind in ('r', 'p') and not p.relispartition
order by 1
"""


async def fence(connection: Any, schema: Schema, tenant: int, at: datetime) -> None:
    """From now on nobody can open this workspace. Doing it twice changes nothing."""
    async with connection.transaction():
        await connection.execute("update heads set epoch = $2 where tenant_id = $1", tenant, TOMBSTONE)
        await connection.execute(
            "insert into erasures (tenant_id, fenced_at) values ($1, $2) on conflict do nothing", tenant, at
        )
        for table in schema.erased("first"):
            await connection.execute(f"delete from {table} where tenant_id = $1", tenant)


async def pictures_to_delete(connection: Any, tenant: int) -> list[str]:
    """The keys of pictures that were replaced and are still there: their effects go with the fence."""
    rows = await connection.fetch(
        "select request->>'key' as key from outbox where tenant_id = $1 and kind = 'picture.delete' "
        "and state not in ('done', 'cancelled')",
        tenant,
    )
    return [row["key"] for row in rows]


async def sweep(connection: Any, schema: Schema, tenant: int, at: datetime) -> None:
    """Empty all tables of a workspace that is fenced. Raises LookupError for one that is not."""
    fenced = await connection.fetchval("select true from erasures where tenant_id = $1", tenant)
    if not fenced:
        raise LookupError(f"workspace {tenant} is not fenced: nothing of it may go")
    for table in await tables(connection, schema):
        while await _some(connection, table, tenant):
            pass
    # Answers to requests that came without a workspace (to register, to accept an invitation) stand under none.
    await connection.execute("delete from answers where tenant_id = 0 and stream = $1", f"workspace-{tenant}")
    await connection.execute(
        "update erasures set finished_at = $2 where tenant_id = $1 and fenced_at < $3", tenant, at, at - SETTLED
    )


async def tables(connection: Any, schema: Schema) -> list[str]:
    """The tables with rows of workspaces."""
    kept = schema.erased("kept")
    return [row["name"] for row in await connection.fetch(TABLES) if row["name"] not in kept]


async def unfinished(connection: Any) -> list[int]:
    """Workspaces whose rows are still going."""
    return [row["tenant_id"] for row in await connection.fetch("select * from erasures where finished_at is null")]


async def _some(connection: Any, table: str, tenant: int) -> bool:
    async with connection.transaction():
        await connection.execute("select set_config('plixa.erasing', $1, true)", str(tenant))
        done = await connection.execute(
            f"delete from {table} where tenant_id = $1 and ctid = any(array("
            f"select ctid from {table} where tenant_id = $1 limit {BATCH}))",
            tenant,
        )
    return int(done.rpartition(" ")[2]) == BATCH
