"""What a digest tells of a period: counted from the read models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

BUSIEST = 3
CONVERSATIONS = """
select count(*) filter (where created_at >= $2 and created_at < $3) as opened,
       count(*) filter (where resolved_at >= $2 and resolved_at < $3) as resolved,
       count(*) filter (where (sla->'first_response'->>'breached_at')::timestamptz >= $2
                          and (sla->'first_response'->>'breached_at')::timestamptz < $3)
     + count(*) filter (where (sla->'resolution'->>'breached_at')::timestamptz >= $2
                          and (sla->'resolution'->>'breached_at')::timestamptz < $3) as breaches
from conversations where tenant_id = $1
"""
MESSAGES = """
select count(*) filter (where direction = 'inbound') as came,
       count(*) filter (where direction = 'outbound' and type <> 'note') as went
from messages where tenant_id = $1 and created_at >= $2 and created_at < $3
"""
# From the customer's first message to the first one of a person of the house, for conversations of this period.
RESPONSES = """
select percentile_cont(0.5) within group (order by extract(epoch from answered.at - asked.at)) as median
from conversations c
cross join lateral (
    select min(m.created_at) as at from messages m
    where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.direction = 'inbound'
) asked
cross join lateral (
    select min(m.created_at) as at from messages m
    where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.direction = 'outbound' and m.type <> 'note'
      and m.author->>'kind' in ('user', 'phone') and m.created_at >= asked.at
) answered
where c.tenant_id = $1 and c.created_at >= $2 and c.created_at < $3 and answered.at is not null
"""
MEMBERS = f"""
select u.name, count(*) as replies from messages m
join members u on u.tenant_id = m.tenant_id and u.user_id = (m.author->>'id')::bigint
where m.tenant_id = $1 and m.created_at >= $2 and m.created_at < $3 and m.direction = 'outbound' and m.type <> 'note'
  and m.author->>'kind' = 'user'
group by u.user_id, u.name order by replies desc, u.user_id limit {BUSIEST}
"""


async def digest_stats(connection: Any, tenant: int, since: datetime, until: datetime) -> dict[str, Any]:
    """The figures of a span, `until` excluded, as `DigestStats` has them. Times in seconds."""
    span = (tenant, since, until)
    conversations = await connection.fetchrow(CONVERSATIONS, *span)
    messages = await connection.fetchrow(MESSAGES, *span)
    median = await connection.fetchval(RESPONSES, *span)
    busiest = await connection.fetch(MEMBERS, *span)
    return {
        "conversations_opened": conversations["opened"],
        "conversations_resolved": conversations["resolved"],
        "messages_in": messages["came"],
        "messages_out": messages["went"],
        "sla_breaches": conversations["breaches"],
        "first_response_median": None if median is None else float(median),
        "busiest": [dict(row) for row in busiest],
    }


def is_quiet(stats: dict[str, Any]) -> bool:
    """Whether nothing happened that would be worth a mail."""
    names = ("conversations_opened", "conversations_resolved", "messages_in", "messages_out", "sla_breaches")
    return not any(stats[name] for name in names)
