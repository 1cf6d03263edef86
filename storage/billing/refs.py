"""Whose a thing at Stripe is, and what was heard of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plixa.storage.billing import statements as sql
from plixa.storage.eventlog.statement import Row


async def find_tenant(connection: Any, kind: str, id_: str) -> int | None:
    """Whose this is."""
    found: int | None = await connection.fetchval(
        "select tenant_id from stripe_refs where kind = $1 and id = $2", kind, id_
    )
    return found


async def all_refs(connection: Any, kind: str, after: str, limit: int) -> Sequence[Any]:
    """Everything of a kind: id and whose it is, in the order of the ids."""
    rows: Sequence[Any] = await connection.fetch(
        "select id, tenant_id from stripe_refs where kind = $1 and id > $2 order by id limit $3", kind, after, limit
    )
    return rows


def taken_row(tenant: int, event_id: str, at: datetime) -> Row:
    """That a webhook was taken, written with what it leads to; a second one raises `Duplicate`."""
    return sql.STRIPE_EVENT, (tenant, event_id, at)


async def cursor(connection: Any, env: str) -> tuple[str, datetime] | None:
    """The last event of the list that was read, and when."""
    row = await connection.fetchrow("select last, at from stripe_cursor where env = $1", env)
    return None if row is None else (row["last"], row["at"])


async def move_cursor(connection: Any, env: str, last: str, at: datetime) -> None:
    """The list was read up to here."""
    await connection.execute(
        "insert into stripe_cursor values ($1, $2, $3) on conflict (env) do update set last = $2, at = $3",
        env,
        last,
        at,
    )
