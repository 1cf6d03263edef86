"""Which range of a workspace's log an invoice covers, and what happened in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

PERIODS = """
select p.invoice, p.position, p.closed_at, p.data, p.sums,
    coalesce(lag(p.position) over (order by p.position, p.invoice), 0) as after
from billing_periods p where p.tenant_id = $1 order by p.position, p.invoice
"""
COUNTED = """
select position, stream, type, at, data from events
where tenant_id = $1 and position > $2 and position <= $3 and type = any($4::text[])
order by position limit $5
"""


async def periods(connection: Any, tenant: int) -> Sequence[Any]:
    """All invoices of a workspace, oldest first: each covers (after, position]."""
    rows: Sequence[Any] = await connection.fetch(PERIODS, tenant)
    return rows


async def counted_events(connection: Any, tenant: int, after: int, upto: int, types: list[str], limit: int) -> Any:
    """The events of these types in (after, upto], in order."""
    return await connection.fetch(COUNTED, tenant, after, upto, types, limit)


async def unsummed(connection: Any, before: datetime, limit: int) -> Sequence[Any]:
    """Invoices that were closed before then, and of which it is not written down what they cover: the oldest first."""
    rows: Sequence[Any] = await connection.fetch(
        "select tenant_id, invoice from billing_periods where sums is null and closed_at < $1 "
        "order by closed_at limit $2",
        before,
        limit,
    )
    return rows
