"""Deliveries as people look at them, and what they ask of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plixa.storage.webhooks.feeds import EVENTS_ADDED, LANES_ADDED

LISTED = """
select d.*, e.position from webhook_deliveries d
left join webhook_events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id
where d.tenant_id = $1
"""
ONE = """
select d.*, e.position, e.body from webhook_deliveries d
left join webhook_events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id
where d.tenant_id = $1 and d.id = $2
"""
HELD = "select from webhook_feeds where tenant_id = $1 and endpoint_id = $2 for update"
ANEW = """
update webhook_deliveries d set status = 'pending', attempts = 0, next_attempt_at = $3, began_at = $3, ended_at = null,
    error = null, response_status = null, response_body = null, duration_ms = null
where tenant_id = $1 and id = $2 and status = 'failed' and exists (
    select from webhook_events e where e.tenant_id = d.tenant_id and e.event_id = d.event_id)
returning endpoint_id, conversation_id
"""
SOONER = """
update webhook_lanes set due_at = $4 where tenant_id = $1 and endpoint_id = $2 and conversation_id = $3 and due_at > $4
"""
TESTED = """
insert into webhook_deliveries (tenant_id, endpoint_id, event_id, type, conversation_id, status, began_at, created_at)
values ($1, $2, $3, 'webhook.test', 0, 'delivering', $4, $4) returning id
"""
TEST_OVER = """
update webhook_deliveries set status = $3, attempts = 1, response_status = $4, response_body = $5, duration_ms = $6,
    error = $7, delivered_at = case when $3 = 'delivered' then $8::timestamptz end, ended_at = $8
where tenant_id = $1 and id = $2
"""
TESTS_LEFT = """
update webhook_deliveries set status = 'failed', error = 'The server stopped.', ended_at = $1
where conversation_id = 0 and type = 'webhook.test' and status = 'delivering' and created_at < $2
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which deliveries. None: no matter; `since` is included, `until` is not."""

    endpoint_id: int | None = None
    status: str | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def listed(
    connection: Any, tenant: int, chosen: Chosen, before: int | None, limit: int
) -> tuple[list[Any], int | None]:
    """A page, the newest first, and where the next one begins."""
    where, args = "", list[Any]([tenant])
    conditions = (
        ("d.endpoint_id =", chosen.endpoint_id),
        ("d.status =", chosen.status),
        ("d.type =", chosen.type),
        ("d.created_at >=", chosen.since),
        ("d.created_at <", chosen.until),
        ("d.id <", before),
    )
    for condition, value in conditions:
        if value is not None:
            args.append(value)
            where += f" and {condition} ${len(args)}"
    rows = await connection.fetch(f"{LISTED}{where} order by d.id desc limit {limit + 1}", *args)
    page = list(rows[:limit])
    return page, page[-1]["id"] if len(rows) > limit else None


async def one(connection: Any, tenant: int, delivery_id: int) -> Any:
    """A delivery with its body, or None."""
    return await connection.fetchrow(ONE, tenant, delivery_id)


async def again(connection: Any, tenant: int, endpoint_id: int, delivery_id: int, at: datetime) -> bool:
    """Try one that has failed for good as if it were new; false where it has not, or where its body is gone."""
    async with connection.transaction():
        await connection.fetch(HELD, tenant, endpoint_id)
        row = await connection.fetchrow(ANEW, tenant, delivery_id, at)
        if row is None:
            return False
        await connection.execute(LANES_ADDED, tenant, [row["endpoint_id"]], [row["conversation_id"]], at)
        await connection.execute(SOONER, tenant, row["endpoint_id"], row["conversation_id"], at)
    return True


async def begin_test(connection: Any, tenant: int, endpoint_id: int, event_id: str, body: bytes, at: datetime) -> int:
    """A synthetic delivery that is about to be made; returns its id. body: sealed."""
    async with connection.transaction():
        await connection.execute(EVENTS_ADDED, tenant, [event_id], [0], ["webhook.test"], [0], [body], at)
        made: int = await connection.fetchval(TESTED, tenant, endpoint_id, event_id, at)
    return made


async def end_test(connection: Any, tenant: int, delivery_id: int, *what: Any) -> None:
    """What became of it: status, the answer's status and (sealed) beginning, milliseconds, error, and when."""
    await connection.execute(TEST_OVER, tenant, delivery_id, *what)


async def left_tests(connection: Any, at: datetime, before: datetime) -> None:
    """Tests that a crash has cut off have failed."""
    await connection.execute(TESTS_LEFT, at, before)
