"""How a contact stands to a broadcast: whether they may get it, and why not. One look for the dry run and for the turn
itself, so that what was promised is what happens.

    erased            there is no such contact (any more)
    no_whatsapp       there is no number to write to, or WhatsApp does not know it
    own_number        it is one of the workspace's own
    opted_out         they want none
    cooldown          they have had another one a moment ago
    complaint         they are unhappy, and somebody is at it: an open conversation that they rated 1 or 2
    breached_promise  they wait for an answer that is overdue
    in_conversation   they have written within the last hour
    booked            they have an appointment ahead
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plixa.storage.lifetime.going import going

TALKING = timedelta(hours=1)
_OF = "v.tenant_id = c.tenant_id and v.contact_id = c.id"
_STANDING = f"""
select c.id, c.phone, c.name, c.opted_out_at is not null as opted_out,
  (select v.id from conversations v where {_OF} and v.number_id = $2
   order by v.last_activity_at desc, v.id desc limit 1) as conversation_id,
  exists (select from conversations v join messages m on m.tenant_id = v.tenant_id and m.conversation_id = v.id
    where {_OF} and v.number_id = $2 and m.direction = 'inbound') as known,
  exists (select from numbers n where n.tenant_id = c.tenant_id and n.phone = c.phone and not n.removed) as own_number,
  $5::timestamptz is not null and exists (select from broadcast_recipients r
    where r.tenant_id = c.tenant_id and r.contact_id = c.id and r.broadcast_id <> $4 and r.queued_at > $5) as cooldown,
  exists (select from conversations v where {_OF} and v.status <> 'resolved'
    and (v.csat->>'rating')::int <= 2) as complaint,
  exists (select from conversations v join sla_clocks s on s.tenant_id = v.tenant_id and s.conversation_id = v.id
    where {_OF} and v.status <> 'resolved' and s.breached_at is not null and s.met_at is null) as breached_promise,
  exists (select from conversations v join messages m on m.tenant_id = v.tenant_id and m.conversation_id = v.id
    where {_OF} and v.last_activity_at > $6 and m.direction = 'inbound' and m.created_at > $6) as in_conversation,
  exists (select from appointments a where a.tenant_id = c.tenant_id and a.contact_id = c.id
    and a.starts_at > $7 and a.status in ('pending', 'confirmed')) as booked
from contacts c where c.tenant_id = $1 and c.merged_into is null and {{chosen}}
"""
_BY_ID = _STANDING.format(chosen="c.id = any($3::bigint[])")
REASONS = ("own_number", "opted_out", "cooldown", "complaint", "breached_promise", "in_conversation", "booked")


@dataclass(frozen=True, slots=True)
class Asking:
    """For which broadcast (0: none yet), from which number, as of when; since when another one counts (None: any)."""

    tenant: int
    number_id: int
    at: datetime
    broadcast_id: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """reason: why they get none. known: they have written to this number before."""

    contact_id: int
    phone: str | None
    name: str | None
    conversation_id: int | None
    known: bool
    reason: str | None


async def of_contacts(connection: Any, asking: Asking, ids: Sequence[int]) -> list[Standing]:
    """How these contacts stand; of one that was merged into another one, nothing."""
    rows = await connection.fetch(_BY_ID, *_args(asking, list(ids)))
    return [_standing(row) for row in rows]


def _args(asking: Asking, third: Any) -> tuple[Any, ...]:
    talking = asking.at - TALKING
    return asking.tenant, asking.number_id, third, asking.broadcast_id, asking.since, talking, asking.at


def _standing(row: Any) -> Standing:
    reason = next((name for name in REASONS if row[name]), None)
    if row["phone"] is None and row["conversation_id"] is None:
        reason = "no_whatsapp"
    return Standing(row["id"], row["phone"], row["name"], row["conversation_id"], row["known"], reason)


async def root_of(connection: Any, tenant: int, contact_id: int) -> int | None:
    """The contact that this one is a part of by now, itself mostly; None: erased."""
    root: int | None = await connection.fetchval("select contact_root($1, $2)", tenant, contact_id)
    return root


OF_LABEL = (
    "c.tenant_id = $1 and c.merged_into is null and exists (select from contact_labels l "
    "where l.tenant_id = c.tenant_id and l.contact_id = c.id and l.label_id = $2 "
    f"and not {going('contact_labels', 'l.tenant_id', 'l.label_id')})"
)


async def labelled(connection: Any, tenant: int, label_id: int, after: int, limit: int) -> list[int]:
    """Contacts with this label, by id, from `after` on."""
    rows = await connection.fetch(
        f"select c.id from contacts c where {OF_LABEL} and c.id > $3 order by c.id limit $4",
        tenant,
        label_id,
        after,
        limit,
    )
    return [row["id"] for row in rows]


async def count_labelled(connection: Any, tenant: int, label_id: int, most: int) -> int:
    """How many there are, as far as `most`."""
    count: int = await connection.fetchval(
        f"select count(*) from (select from contacts c where {OF_LABEL} limit $3) found", tenant, label_id, most
    )
    return count
