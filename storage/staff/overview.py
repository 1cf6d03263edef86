"""Figures over all workspaces, each from an index, or counted up to a bound."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plixa.storage.staff.tenants import PLAN

MOST = 100_000
DAYS = 14
CARDS = """
select count(*) as total, count(*) filter (where status = 'active') as active,
       count(*) filter (where status = 'suspended') as suspended,
       count(*) filter (where founded_at > $1::timestamptz - interval '30 days') as founded_30d,
       count(*) filter (where plan_until > $1::timestamptz and plan_until < $1::timestamptz + interval '7 days')
           as trials_ending_7d
from tenant_cards
"""
BY_PLAN = f"select {PLAN} as plan, count(*) as n from tenant_cards c group by 1"
REVENUE = """
select case when revenue = 'none' and plan_until > $1 then 'trial' else revenue end as state, count(*) as n
from tenant_cards group by 1
"""
MESSAGES = """
select date_trunc('day', created_at at time zone 'UTC') at time zone 'UTC' as day,
       count(*) filter (where direction = 'inbound') as inbound,
       count(*) filter (where direction = 'outbound' and type <> 'note') as outbound
from (select created_at, direction, type from messages where created_at > $1 limit 1000000) m group by 1 order by 1
"""
OPEN = "state in ('queued', 'attempting', 'unknown')"
WAITING = f"""
select (select count(*) from (select 1 from outbox where {OPEN} limit {MOST}) o) as effects,
       (select extract(epoch from $1::timestamptz - min(created_at))::float8 from outbox
        where {OPEN} and not_before is null) as oldest_effect_seconds,
       (select count(*) from (select 1 from outbox where {OPEN} and state = 'unknown' limit {MOST}) o) as doubtful,
       (select count(*) from (select 1 from outbox where state = 'failed' and reason is not null limit {MOST}) o)
           as given_up,
       (select count(*) from (select 1 from timers where due_at < $1 limit {MOST}) t) as due_timers,
       (select count(*) from (select 1 from parked limit {MOST}) p) as dead_letters,
       (select count(*) from (select 1 from kept_bodies limit {MOST}) k) as kept_webhooks
"""
NUMBERS = """
select count(*) as total, count(*) filter (where status = 'connected') as connected from numbers where not removed
"""
BY_STATUS = "select status, count(*) as n from numbers where not removed group by 1"
SENDS = f"{OPEN} and kind = 'gateway.send'"
GATEWAY = f"""
select (select count(*) from (select 1 from outbox where {SENDS} limit {MOST}) o) as waiting,
       (select extract(epoch from $1::timestamptz - min(created_at))::float8 from outbox
        where {SENDS} and not_before is null) as oldest_seconds,
       (select count(*) from (select 1 from outbox where {SENDS} and state = 'unknown' limit {MOST}) o) as doubtful,
       (select count(*) from (select 1 from outbox where state = 'failed' and kind = 'gateway.send'
        and settled_at > $1::timestamptz - interval '1 hour' limit {MOST}) o) as failed_1h
"""
DESK = """
select count(*) filter (where status = 'open') as open, count(*) filter (where waiting_since is not null) as waiting,
       count(*) filter (where first_response_at is null and status = 'open' and response_due_at < $1) as overdue,
       min(waiting_since) as oldest_waiting_since
from tickets where status in ('open', 'pending')
"""
DATABASE = """
select pg_database_size(current_database()) as bytes,
       (select count(*) from pg_stat_activity where datname = current_database()) as connections,
       current_setting('max_connections')::integer as most_connections,
       (select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')
           as waiting_for_locks,
       (select extract(epoch from clock_timestamp() - min(xact_start))::float8 from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()) as oldest_transaction_seconds,
       (select deadlocks from pg_stat_database where datname = current_database()) as deadlocks
"""


async def overview(connection: Any, at: datetime) -> dict[str, Any]:
    """All of it, as it is now."""
    cards = dict(await connection.fetchrow(CARDS, at))
    plans = {row["plan"]: row["n"] for row in await connection.fetch(BY_PLAN, at)}
    messages = [dict(row) for row in await connection.fetch(MESSAGES, at - timedelta(days=DAYS))]
    return {
        "at": at,
        "workspaces": {**cards, "by_plan": plans},
        "revenue": {row["state"]: row["n"] for row in await connection.fetch(REVENUE, at)},
        "messages": messages,
        "numbers": dict(await connection.fetchrow(NUMBERS)),
        "gateway": {
            **dict(await connection.fetchrow(GATEWAY, at)),
            "numbers": {row["status"]: row["n"] for row in await connection.fetch(BY_STATUS)},
        },
        "waiting": dict(await connection.fetchrow(WAITING, at)),
        "desk": dict(await connection.fetchrow(DESK, at)),
        "campaigns_sending": await connection.fetchval("select count(*) from campaigns where status = 'sending'"),
        "database": dict(await connection.fetchrow(DATABASE)),
    }
