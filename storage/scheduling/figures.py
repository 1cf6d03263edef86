"""What became of appointments, counted by when they begin: [first, last] are the workspace's local days."""

from __future__ import annotations

from datetime import date
from typing import Any

_SPAN = """
where tenant_id = $1 and starts_at >= ($3::date::timestamp at time zone $2)
  and starts_at < (($4::date + 1)::timestamp at time zone $2)
"""
_COUNTS = """
count(*) as booked,
count(*) filter (where status = 'completed' or status = 'arrived') as came,
count(*) filter (where status = 'no_show') as no_shows,
count(*) filter (where status = 'cancelled' and cancelled_by = 'contact') as cancelled_by_customers,
count(*) filter (where status = 'cancelled' and cancelled_by = 'staff') as cancelled_by_members,
count(*) filter (where status = 'cancelled' and cancelled_by = 'system') as ended_by_themselves
"""
_BY_SERVICE = f"""
select provider_id, service_id, {_COUNTS},
  coalesce(sum(extract(epoch from ends_at - starts_at) / 60) filter (where status <> 'cancelled'), 0)::bigint as minutes
from appointments {_SPAN} group by provider_id, service_id order by provider_id nulls last, service_id
"""
_BY_REMINDER = f"""
select reminded_at is not null as reminded, {_COUNTS},
  count(confirmed_by_contact_at) as confirmed_by_customers
from appointments {_SPAN} and contact_id is not null group by 1 order by 1 desc
"""


async def by_service(connection: Any, tenant: int, zone: str, first: date, last: date) -> list[dict[str, Any]]:
    """A row for each provider and service. minutes: of what was not cancelled."""
    return [dict(row) for row in await connection.fetch(_BY_SERVICE, tenant, zone, first, last)]


async def by_reminder(connection: Any, tenant: int, zone: str, first: date, last: date) -> list[dict[str, Any]]:
    """What became of those whose customer was reminded, and of the others."""
    return [dict(row) for row in await connection.fetch(_BY_REMINDER, tenant, zone, first, last)]
