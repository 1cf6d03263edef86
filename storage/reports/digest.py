"""What a digest tells of a period: the figures of the reports, added up."""

from __future__ import annotations

from datetime import date
from typing import Any

from plixa.actors.notifications.digest_config import span_of
from plixa.storage.reports.reports import report

BUSIEST = 3
# From the customer's first message to the first one of a person of the business, for conversations of this period.
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


async def digest_stats(connection: Any, tenant: int, zone: str, first: date, last: date) -> dict[str, Any]:
    """The figures of some local days, both included, as `DigestStats` has them: those of the reports of these days."""
    volume, sla, agents, csat = [
        await report(connection, tenant, name, zone, first, last) for name in ("volume", "sla", "agents", "csat")
    ]
    median = await connection.fetchval(RESPONSES, tenant, *span_of(first, last, zone))
    return {
        "conversations_opened": _sum(volume, "opened"),
        "conversations_resolved": _sum(volume, "resolved"),
        "messages_in": _sum(volume, "inbound"),
        "messages_out": _sum(volume, "outbound"),
        "sla_breaches": _sum(sla, "breaches"),
        "first_response_median": None if median is None else float(median),
        "csat_average": _average(csat),
        "csat_count": _sum(csat, "ratings"),
        "busiest": _busiest(agents),
    }


def _sum(rows: list[dict[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)


def _average(csat: list[dict[str, Any]]) -> float | None:
    """Of all ratings: a day with many counts for more."""
    ratings = _sum(csat, "ratings")
    return sum(row["ratings"] * row["average"] for row in csat if row["ratings"]) / ratings if ratings else None


def _busiest(agents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who wrote most."""
    most = sorted((row for row in agents if row["messages"]), key=lambda row: (-row["messages"], row["user_id"]))
    return [{"name": row["name"], "replies": row["messages"]} for row in most[:BUSIEST]]


def is_quiet(stats: dict[str, Any]) -> bool:
    """Whether nothing happened that would be worth a mail."""
    names = ("conversations_opened", "conversations_resolved", "messages_in", "messages_out", "sla_breaches")
    return not any(stats[name] for name in names)
