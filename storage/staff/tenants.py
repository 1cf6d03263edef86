"""Workspaces as staff list and find them: fast however many there are, for whatever is asked an index leads to a page.

What a page tells beside a card is looked up for its rows alone, by indexes that begin with the tenant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 8
PLAN = "case when c.plan_until is null or c.plan_until > $1 then c.plan else c.plan_then end"
FEW = 2000
COUNTED = 1000
"""Past so many nobody needs the exact number."""


@dataclass(frozen=True, slots=True)
class TenantFilter:
    """What to show. None means: no matter. q: the beginnings of words of name, slug and owners' addresses."""

    status: str | None = None
    plan: str | None = None
    q: str | None = None


HEALTH = f"""
    (select count(*) from numbers n where n.tenant_id = c.tenant_id and not n.removed and n.status <> 'connected')
        as numbers_down,
    (select count(*) from (select 1 from parked p where p.tenant_id = c.tenant_id limit {COUNTED}) p) as dead_letters,
    (select count(*) from (select 1 from outbox o where o.tenant_id = c.tenant_id and o.state = 'unknown'
                           and o.state in ('queued', 'attempting', 'unknown') limit {COUNTED}) o) as doubtful_sends
"""
FACTS = """
    (select max(i.last_activity_at) from conversations i where i.tenant_id = c.tenant_id) as last_activity_at,
    coalesce((select h.position from heads h where h.tenant_id = c.tenant_id), 0) as events
"""


async def list_tenants(
    connection: Any, chosen: TenantFilter, at: datetime, before: int | None, limit: int
) -> tuple[list[Any], int | None]:
    """A page, the newest workspace first, and the id before which the next one begins."""
    where, args = ["true"], list[Any]([at, limit + 1])

    def narrow(condition: str, value: object) -> None:
        args.append(value)
        where.append(condition.format(f"${len(args)}"))

    if before is not None:
        narrow("c.tenant_id < {}", before)
    if chosen.status is not None:
        narrow("c.status = {}", chosen.status)
    if chosen.plan is not None:
        narrow("({0} in (c.plan, c.plan_then) and " + PLAN + " = {0})", chosen.plan)
    if (words := query_of(chosen.q)) is not None:
        few = await _named(connection, words)
        narrow("c.words @@ to_tsquery('simple', {})", words) if few is None else narrow("c.tenant_id = any({})", few)
    page = f"select c.* from tenant_cards c where {' and '.join(where)} order by c.tenant_id desc limit $2"
    rows = await connection.fetch(
        f"select c.*, {PLAN} as plan_now, {HEALTH}, {FACTS} from ({page}) c order by c.tenant_id desc", *args
    )
    shown = list(rows[:limit])
    return shown, shown[-1]["tenant_id"] if len(rows) > limit else None


async def _named(connection: Any, words: str) -> list[int] | None:
    """The workspaces that have these words; None where there are many, which the newest fill a page of at once.

    Postgres does not know how rare a beginning is, and would look through all cards for what nobody is called.
    """
    async with connection.transaction():
        await connection.execute("set local enable_seqscan = off")
        rows = await connection.fetch(
            f"select tenant_id from tenant_cards where words @@ to_tsquery('simple', $1) limit {FEW + 1}", words
        )
    return None if len(rows) > FEW else [row["tenant_id"] for row in rows]


def query_of(text: str | None) -> str | None:
    """A text search query for the beginnings of all of these words; None where there is no word in it."""
    words = _WORD.findall((text or "").lower())[:MOST_WORDS]
    return " & ".join(f"{word}:*" for word in words) or None


async def get_tenant(connection: Any, tenant: int, at: datetime) -> Any:
    """A workspace's card with its health and its usage; or None."""
    return await connection.fetchrow(
        f"select c.*, {PLAN} as plan_now, {HEALTH}, {FACTS}, "
        "(select count(*) from (select 1 from messages m where m.tenant_id = c.tenant_id "
        "and m.created_at > $1 - interval '30 days' limit 100000) m) as messages_30d, "
        "(select count(*) from contacts x where x.tenant_id = c.tenant_id) as contacts "
        "from tenant_cards c where c.tenant_id = $2",
        at,
        tenant,
    )
