"""Reading payments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any


async def list_payments(connection: Any, tenant: int, limit: int, before: tuple[datetime, int] | None) -> Sequence[Any]:
    """A workspace's payments, newest first, from before this one on."""
    rows: Sequence[Any] = await connection.fetch(
        "select * from payments where tenant_id = $1 and ($3::timestamptz is null or (created_at, id) < ($3, $4)) "
        "order by created_at desc, id desc limit $2",
        tenant,
        limit,
        *(before or (None, None)),
    )
    return rows


async def find_payment(connection: Any, tenant: int, account: str, column: str, value: str) -> int | None:
    """Which payment of this workspace a session or an intent of this account is."""
    named = {"session": "session", "payment_intent": "payment_intent"}[column]
    found: int | None = await connection.fetchval(
        f"select id from payments where tenant_id = $1 and account = $2 and {named} = $3", tenant, account, value
    )
    return found


async def of_appointments(connection: Any, tenant: int, ids: Sequence[int]) -> dict[int, Any]:
    """The payments of these appointments, by their id."""
    rows = await connection.fetch(
        "select id, data from payments where tenant_id = $1 and id = any($2::bigint[])", tenant, list(ids)
    )
    return {row["id"]: row["data"] for row in rows}
