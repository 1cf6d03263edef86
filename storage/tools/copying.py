"""Tables as Postgres' text, out of one snapshot of the database and into one transaction.

Not `pg_dump`: it must be as new as the server, and its files fit no older one; this is the driver that is there anyway,
counts rows, and takes one workspace as well as all. Text is what every release of Postgres reads.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

TABLES = """
select c.relname::text as name, array_agg(a.attname::text order by a.attnum) as columns
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
group by 1 order by 1
"""
TYPES = """
select attname::text as name, atttypid::regtype::text as type from pg_attribute
where attrelid = $1::text::regclass and attnum > 0 and not attisdropped
"""
SEQUENCES = """
select sequencename::text as name, last_value from pg_sequences where schemaname = 'public' order by 1
"""
Columns = tuple[str, ...]


@asynccontextmanager
async def one_moment(connection: Any) -> AsyncGenerator[None]:
    """All that is read in the block is as it was at one moment, whatever servers write meanwhile."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        yield


async def tables(connection: Any) -> dict[str, Columns]:
    """All tables, with the columns that are written: not those that Postgres computes."""
    return {row["name"]: tuple(row["columns"]) for row in await connection.fetch(TABLES)}


async def types(connection: Any, table: str) -> dict[str, str]:
    """What the columns of a table are, as Postgres calls it."""
    return {row["name"]: row["type"] for row in await connection.fetch(TYPES, table)}


async def sequences(connection: Any) -> dict[str, int]:
    """How far each has got; those that were never used are not named."""
    rows = await connection.fetch(SEQUENCES)
    return {row["name"]: row["last_value"] for row in rows if row["last_value"] is not None}


async def set_sequences(connection: Any, reached: dict[str, int]) -> None:
    """Have them go on from there. Not undone with the transaction."""
    for name, value in reached.items():
        await connection.execute("select setval($1::text::regclass, $2)", name, value)


async def copy_out(
    connection: Any, table: str, columns: Columns, write: Callable[[bytes], Awaitable[None]], tenant: int | None = None
) -> int:
    """Write the rows of a table, a workspace's or all; returns how many. write: under asyncio."""
    query = f"select {', '.join(columns)} from {table}"
    if tenant is None:
        status = await connection.copy_from_query(query, output=write)
    else:
        status = await connection.copy_from_query(f"{query} where tenant_id = $1", tenant, output=write)
    return int(status.rpartition(" ")[2])


async def copy_in(connection: Any, table: str, columns: Columns, chunks: AsyncGenerator[bytes]) -> int:
    """Read rows into a table; returns how many."""
    async with aclosing(chunks) as source:
        status = await connection.copy_to_table(table, columns=list(columns), source=source)
    return int(status.rpartition(" ")[2])


async def occupied(connection: Any) -> list[str]:
    """The tables that have any row, but for what says which migrations there were."""
    names = [name for name in await tables(connection) if name != "schema_migrations"]
    return [name for name in names if await connection.fetchval(f"select exists (select from {name})")]
