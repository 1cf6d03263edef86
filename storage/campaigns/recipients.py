"""Whom a campaign goes to, and what becomes of each: a state machine a row, whose states only rise.

    queued → sending → sent → delivered | delayed | bounced | complained | suppressed
           ↘ skipped (unsubscribed meanwhile) · failed · unknown (it may have gone out; never sent again)

A row is `sending` before its mail is handed over, in a commit of its own: whatever happens then, nobody else takes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

PLAN = "case when c.plan_until is null or c.plan_until > $1 then c.plan else c.plan_then end"
CANDIDATES = f"""
select m.tenant_id, m.user_id, m.email, m.name, c.name as company, coalesce(m.locale, c.locale) as locale
from members m join tenant_cards c on c.tenant_id = m.tenant_id
where not m.removed and m.role = any($2::text[]) and c.status = any($3::text[])
  and (cardinality($4::text[]) = 0 or {PLAN} = any($4))
  and (cardinality($5::text[]) = 0 or
       case coalesce(m.locale, c.locale) when 'pt' then 'pt-BR' else coalesce(m.locale, c.locale) end = any($5))
"""
STATES = ("queued", "sending", "sent", "delayed", "delivered", "bounced", "complained", "suppressed", "failed",
          "skipped", "unknown", "cancelled")  # fmt: skip
RISES = {
    "delayed": ("sent", "unknown"),
    "delivered": ("sent", "delayed", "unknown", "sending"),
    "bounced": ("sent", "delayed", "delivered", "unknown", "sending"),
    "complained": ("sent", "delayed", "delivered", "unknown", "sending"),
    "suppressed": ("sent", "delayed", "unknown", "sending"),
    "failed": ("sent", "delayed", "unknown", "sending"),
}
"""From which states a report of the far end leads to another one: late ones never lower it."""
NONE: dict[str, int] = dict.fromkeys(STATES, 0)
Hash = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Of whom an audience consists. Empty lists mean: no matter."""

    roles: Sequence[str]
    statuses: Sequence[str]
    plans: Sequence[str]
    locales: Sequence[str]

    @property
    def args(self) -> tuple[list[str], ...]:
        """As the query takes them."""
        return list(self.roles), list(self.statuses), list(self.plans), list(self.locales)


async def count(connection: Any, chosen: Chosen, at: datetime) -> tuple[int, list[Any]]:
    """How many it would reach, and ten of them; those who want none are among them."""
    size: int = await connection.fetchval(f"select count(*) from ({CANDIDATES}) x", at, *chosen.args)
    rows = await connection.fetch(f"{CANDIDATES} order by m.tenant_id desc, m.user_id limit 10", at, *chosen.args)
    return size, list(rows)


async def freeze(connection: Any, campaign: int, chosen: Chosen, at: datetime, hashed: Hash) -> int:
    """Write down whom it goes to, an address once, without those who want none; returns how many. May be done twice."""
    async with connection.transaction():
        rows = await connection.fetch(f"{CANDIDATES} order by m.tenant_id, m.user_id", at, *chosen.args)
        hashes = [hashed(row["email"]) for row in rows]
        gone = await connection.fetch("select email_hash from mail_suppressions where email_hash = any($1)", hashes)
        unwanted = {bytes(row["email_hash"]) for row in gone}
        await connection.executemany(
            "insert into campaign_recipients (tenant_id, campaign_id, user_id, email, email_hash, name, company, "
            "locale, status, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9) "
            "on conflict (campaign_id, email_hash) do nothing",
            [
                (row["tenant_id"], campaign, row["user_id"], row["email"], hash_, row["name"], row["company"],
                 row["locale"], at)
                for row, hash_ in zip(rows, hashes, strict=True)
                if hash_ not in unwanted
            ],
        )  # fmt: skip
        size: int = await connection.fetchval(
            "select count(*) from campaign_recipients where campaign_id = $1", campaign
        )
    return size


async def sending(connection: Any) -> list[int]:
    """The campaigns that are under way."""
    rows = await connection.fetch("select id from campaigns where status = 'sending' order by id")
    return [row["id"] for row in rows]


async def claim(connection: Any, campaign: int, at: datetime) -> Any:
    """The next one, who is being sent to from now on; None: nobody is left. Who wants none meanwhile is passed over."""
    await connection.execute(
        "update campaign_recipients r set status = 'skipped', reason = s.reason, updated_at = $2 "
        "from mail_suppressions s where r.campaign_id = $1 and r.status = 'queued' and s.email_hash = r.email_hash",
        campaign,
        at,
    )
    return await connection.fetchrow(
        "update campaign_recipients set status = 'sending', claimed_at = $2, updated_at = $2 where id = ("
        "select id from campaign_recipients where campaign_id = $1 and status = 'queued' order by id limit 1 "
        "for update skip locked) returning *",
        campaign,
        at,
    )


async def left_behind(connection: Any, campaign: int, before: datetime) -> list[Any]:
    """Those that were being sent to when whoever did it stopped."""
    return list(
        await connection.fetch(
            "select * from campaign_recipients where campaign_id = $1 and status = 'sending' and claimed_at < $2 "
            "order by id limit 100",
            campaign,
            before,
        )
    )


async def settle(
    connection: Any, recipient: int, status: str, at: datetime, *, mail_id: str | None = None, reason: str | None = None
) -> None:
    """What became of one that was being sent to; what the far end has reported meanwhile stays."""
    await connection.execute(
        "update campaign_recipients set status = case when status = 'sending' then $2 else status end, "
        "mail_id = coalesce($3, mail_id), reason = coalesce($4, reason), updated_at = $5 where id = $1",
        recipient,
        status,
        mail_id,
        reason and reason[:500],
        at,
    )


async def put_back(connection: Any, recipient: int, at: datetime) -> None:
    """It has certainly not gone out."""
    await connection.execute(
        "update campaign_recipients set status = 'queued', claimed_at = null, updated_at = $2 "
        "where id = $1 and status = 'sending'",
        recipient,
        at,
    )


async def is_over(connection: Any, campaign: int) -> bool:
    """Whether nobody is waiting, or being sent to."""
    return not await connection.fetchval(
        "select exists (select from campaign_recipients where campaign_id = $1 and status in ('queued', 'sending'))",
        campaign,
    )


async def cancel(connection: Any, campaign: int, at: datetime) -> None:
    """Whoever is waiting gets nothing."""
    await connection.execute(
        "update campaign_recipients set status = 'cancelled', updated_at = $2 "
        "where campaign_id = $1 and status = 'queued'",
        campaign,
        at,
    )


async def counts(connection: Any, campaign: int) -> dict[str, int]:
    """How many there are of each state."""
    rows = await connection.fetch(
        "select status, count(*) as n from campaign_recipients where campaign_id = $1 group by status", campaign
    )
    return NONE | {row["status"]: row["n"] for row in rows}


async def list_recipients(connection: Any, campaign: int, status: str | None, after: int, limit: int) -> list[Any]:
    """A page, and one more if there is."""
    return list(
        await connection.fetch(
            "select * from campaign_recipients where campaign_id = $1 and ($2::text is null or status = $2) "
            "and id > $3 order by id limit $4",
            campaign,
            status,
            after,
            limit + 1,
        )
    )


# -- what the far end, and people, say of it ---------------------------------------------------------------------------


async def hear(connection: Any, event_id: str, at: datetime) -> bool:
    """Whether a report is heard for the first time."""
    return bool(
        await connection.fetchval(
            "insert into resend_events (tenant_id, id, at) values (0, $1, $2) on conflict do nothing returning true",
            event_id,
            at,
        )
    )


async def report(connection: Any, mail_id: str, status: str, reason: str | None, at: datetime) -> Any:
    """What the far end says became of a mail; the recipient's row, or None where it is none of ours."""
    return await connection.fetchrow(
        "update campaign_recipients set status = case when status = any($3::text[]) then $2 else status end, "
        "reason = coalesce($4, reason), updated_at = $5 where mail_id = $1 returning *",
        mail_id,
        status,
        list(RISES[status]),
        reason and reason[:500],
        at,
    )


async def suppress(connection: Any, email_hash: bytes, scope: str, reason: str, at: datetime) -> None:
    """Nobody writes to this address any more; the first reason stays."""
    await connection.execute(
        "insert into mail_suppressions (tenant_id, email_hash, scope, reason, at) values (0, $1, $2, $3, $4) "
        "on conflict do nothing",
        email_hash,
        scope,
        reason,
        at,
    )


# -- campaigns ---------------------------------------------------------------------------------------------------------


async def next_campaign(connection: Any) -> int:
    """An id."""
    campaign_id: int = await connection.fetchval("select nextval('campaigns_id')")
    return campaign_id


async def list_campaigns(connection: Any, before: int | None, limit: int) -> list[Any]:
    """The newest first; one more than `limit`, if there are so many."""
    return list(
        await connection.fetch(
            "select * from campaigns where not hidden and ($1::bigint is null or id < $1) order by id desc limit $2",
            before,
            limit + 1,
        )
    )


LOST_AFTER = timedelta(minutes=2)
"""So long a mail may be on its way to the far end before whoever sends it is taken to have stopped."""
