"""Lists of staff cost the same with 50,000 workspaces and 200,000 tickets as with 500 of each."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from plixa.storage.desk.reads import TicketFilter, list_tickets
from plixa.storage.postgres.bridge import Database, open_database
from plixa.storage.staff.tenants import TenantFilter, list_tenants

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ROUNDS = 25
CARDS = """
insert into tenant_cards (tenant_id, id, name, slug, country, locale, status, plan, plan_until, plan_then, owners,
                          members, numbers, founded_at, updated_at)
select n, n, 'Padaria ' || n, 'padaria-' || n, 'BR', 'pt-BR',
       case when n % 100 = 0 then 'suspended' else 'active' end,
       case when n % 50 = 0 then 'business' else 'professional' end,
       case when n % 2 = 0 then null else timestamptz '2026-01-01' end,
       case when n % 50 = 0 then 'business' else 'starter' end,
       'owner' || n || '@padaria.example', 3, 1, now(), now()
from generate_series($1::bigint, $2::bigint) n
"""
TICKETS = """
insert into tickets (tenant_id, id, subject, status, priority, requested_priority, assignee, tags, opened_by, messages,
                     last_message_id, last_author, last_at, waiting_since, response_due_at, created_at, updated_at)
select 1 + n % 500, n, 'oi', case when n % 40 = 0 then 'open' else 'closed' end,
       case when n % 100 = 0 then 'urgent' else 'normal' end, 'normal', case when n % 3 = 0 then n % 20 end,
       case when n % 200 = 0 then '{7}'::bigint[] else '{}' end, 1, 1, 1, 'user', now(),
       case when n % 40 = 0 then now() - n * interval '1 second' end, now(), now(), now()
from generate_series($1::bigint, $2::bigint) n
"""
TENANTS = {
    "all": TenantFilter(),
    "suspended": TenantFilter(status="suspended"),
    "business": TenantFilter(plan="business"),
    "starter": TenantFilter(plan="starter"),
    "by name": TenantFilter(q="padaria 499"),
    "by address": TenantFilter(q="owner123@padaria"),
    "nobody": TenantFilter(q="zzz"),
}
TICKETS_OF = {
    "all": TicketFilter(),
    "open": TicketFilter(status="open"),
    "urgent": TicketFilter(priority="urgent"),
    "mine": TicketFilter(assignee=6),
    "nobody's": TicketFilter(assignee=0),
    "tagged": TicketFilter(tag=7),
    "waiting": TicketFilter(order="waiting"),
    "of one workspace": TicketFilter(tenant=7),
}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, size=1) as database:
        yield database


async def _times(database: Database) -> dict[str, float]:
    """Seconds of a page each, the median."""

    async def measure(connection: Any) -> dict[str, float]:
        await connection.execute("analyze tenant_cards; analyze tickets")
        found = dict[str, float]()
        for name, tenants in TENANTS.items():
            found[f"workspaces, {name}"] = await _median(lambda t=tenants: list_tenants(connection, t, NOW, None, 25))
        for name, chosen in TICKETS_OF.items():
            found[f"tickets, {name}"] = await _median(lambda c=chosen: list_tickets(connection, c, None, 25, NOW))
        return found

    return await database.run(measure)


async def _median(ask: Any) -> float:
    taken = list[float]()
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await ask()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[ROUNDS // 2]


async def _fill(database: Database, first: int, tenants: int, tickets: int) -> None:
    async def fill(connection: Any) -> None:
        await connection.execute(CARDS, first, tenants)
        await connection.execute(TICKETS, first, tickets)

    await database.run(fill)


@pytest.mark.slow
async def test_a_page_costs_the_same_however_many_there_are(database: Database) -> None:
    await _fill(database, 1, 500, 500)
    few = await _times(database)
    await _fill(database, 501, 50_000, 200_000)
    many = await _times(database)
    for name in few:
        print(f"{name}: {few[name] * 1000:.1f} ms with 500, {many[name] * 1000:.1f} ms")
    slow = {name: (few[name], many[name]) for name in few if many[name] > 2 * few[name] + 0.01}
    assert slow == {}
