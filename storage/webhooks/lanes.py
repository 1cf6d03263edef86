"""Deliveries as they are carried out: whose turn it is, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plixa.storage.nodes.ownership import OWNABLE

DUE = f"""
select distinct t.tenant_id, t.endpoint_id from webhook_lanes t where t.due_at > $2 and t.due_at <= $3 and {OWNABLE}
"""
TAKE = """
with due as (
    select l.* from unnest($1::bigint[], $2::bigint[], $3::int[]) as w(tenant_id, endpoint_id, room),
    lateral (
        select * from webhook_lanes l
        where l.tenant_id = w.tenant_id and l.endpoint_id = w.endpoint_id and l.due_at <= $4
        order by l.due_at limit w.room for update skip locked
    ) l
), taken as (
    update webhook_lanes l set due_at = $5 from due
    where l.tenant_id = due.tenant_id and l.endpoint_id = due.endpoint_id and l.conversation_id = due.conversation_id
    returning l.tenant_id, l.endpoint_id, l.conversation_id
), first as (
    select w.tenant_id, w.endpoint_id, w.conversation_id, d.id, d.event_id, d.type, d.status, d.attempts, d.began_at,
        d.place
    from taken w
    left join lateral (
        select d.*, row_number() over (order by d.id) as place from (
            select * from webhook_deliveries d where d.tenant_id = w.tenant_id and d.endpoint_id = w.endpoint_id
            and d.conversation_id = w.conversation_id and d.status in ('pending', 'delivering') order by d.id limit $6
        ) d
    ) d on true
), free as (
    select d.tenant_id, d.id from webhook_deliveries d join first f on d.tenant_id = f.tenant_id and d.id = f.id
    where f.place = 1 and d.status = 'pending' for update of d skip locked
), begun as (
    update webhook_deliveries d set status = 'delivering' from free
    where d.tenant_id = free.tenant_id and d.id = free.id
)
select f.tenant_id, f.endpoint_id, f.conversation_id, f.id, f.event_id, f.type, f.attempts, f.began_at, e.body,
    set_config('synchronous_commit', 'off', true)
from first f left join webhook_events e on e.tenant_id = f.tenant_id and e.event_id = f.event_id order by f.id
"""
"""One statement, so that it costs one way to the database. A lease that a power cut loses is taken anew."""
HELD = """
select tenant_id, endpoint_id, failing_since is not null as ill, set_config('synchronous_commit', 'off', true)
from webhook_feeds f join unnest($1::bigint[], $2::bigint[]) as w(tenant_id, endpoint_id)
using (tenant_id, endpoint_id) order by tenant_id, endpoint_id for update of f
"""
BOOK = """
update webhook_deliveries d set status = u.status, attempts = u.attempts, next_attempt_at = u.next_attempt_at,
    response_status = u.response_status, response_body = u.response_body, duration_ms = u.duration_ms, error = u.error,
    delivered_at = case when u.status = 'delivered' then u.at end,
    ended_at = case when u.status not in ('pending', 'delivering') then u.at end
from unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[], $5::timestamptz[], $6::int[], $7::bytea[], $8::int[],
    $9::text[], $10::timestamptz[])
    as u(tenant_id, id, status, attempts, next_attempt_at, response_status, response_body, duration_ms, error, at)
where d.tenant_id = u.tenant_id and d.id = u.id and d.status in ('pending', 'delivering')
"""
LANES_ON = """
with w as (
    select w.*, (
        select d.next_attempt_at from webhook_deliveries d where d.tenant_id = w.tenant_id
        and d.endpoint_id = w.endpoint_id and d.conversation_id = w.conversation_id
        and d.status in ('pending', 'delivering') order by d.id limit 1
    ) as due_at
    from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as w(tenant_id, endpoint_id, conversation_id)
), over as (
    delete from webhook_lanes l using w where l.tenant_id = w.tenant_id and l.endpoint_id = w.endpoint_id
    and l.conversation_id = w.conversation_id and w.due_at is null
)
update webhook_lanes l set due_at = w.due_at from w where l.tenant_id = w.tenant_id
and l.endpoint_id = w.endpoint_id and l.conversation_id = w.conversation_id and w.due_at is not null
returning l.tenant_id, l.endpoint_id, l.due_at
"""
HEALTH = """
update webhook_feeds f set failures = case when u.well then 0 else f.failures + u.failures end,
    failing_since = case when u.well then null else coalesce(f.failing_since, u.at) end
from unnest($1::bigint[], $2::bigint[], $3::bool[], $4::int[], $5::timestamptz[])
    as u(tenant_id, endpoint_id, well, failures, at)
where f.tenant_id = u.tenant_id and f.endpoint_id = u.endpoint_id and (not u.well or f.failing_since is not null)
returning f.tenant_id, f.endpoint_id, f.failing_since, f.failures
"""
OFF_AT_ONCE = 2_000
OPEN_OFF = """
update webhook_deliveries set status = 'cancelled', error = $3, next_attempt_at = null, ended_at = $4
where tenant_id = $1 and id = any(array(
    select id from webhook_deliveries where tenant_id = $1 and endpoint_id = $2
    and status in ('pending', 'delivering') limit $5))
"""
LANES_OFF = "delete from webhook_lanes where tenant_id = $1 and endpoint_id = $2"
REPLAY_OFF = "delete from webhook_replays where tenant_id = $1 and endpoint_id = $2"
Key = tuple[int, int]
"""Tenant and endpoint."""


@dataclass(frozen=True, slots=True)
class WaitingDelivery:
    """A delivery whose turn it is. body: sealed; None where it was erased."""

    tenant: int
    endpoint_id: int
    conversation_id: int
    id: int
    event_id: str
    type: str
    attempts: int
    began_at: datetime
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Lane:
    """A conversation of which an endpoint hears: its first deliveries, in order."""

    tenant: int
    endpoint_id: int
    conversation_id: int
    waiting: Sequence[WaitingDelivery]

    @property
    def key(self) -> Key:
        """Whose it is."""
        return self.tenant, self.endpoint_id


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try. answer: the beginning of what was answered, sealed."""

    waiting: WaitingDelivery
    status: str
    attempts: int
    at: datetime
    next_attempt_at: datetime | None = None
    response_status: int | None = None
    answer: bytes | None = None
    duration_ms: int | None = None
    error: str | None = None

    @property
    def key(self) -> Key:
        """Whose it is."""
        return self.waiting.tenant, self.waiting.endpoint_id


@dataclass(frozen=True, slots=True)
class Health:
    """Since when nothing has succeeded at an endpoint (None: the last try did), and how many tries that were."""

    failing_since: datetime | None
    failures: int


async def due(connection: Any, node: str, after: datetime, upto: datetime) -> list[Key]:
    """The endpoints with lanes whose time has come between these two."""
    return [(row["tenant_id"], row["endpoint_id"]) for row in await connection.fetch(DUE, node, after, upto)]


async def take(connection: Any, rooms: Mapping[Key, int], now: datetime, lease: timedelta, each: int) -> list[Lane]:
    """Lanes whose turn it is, at most so many of each endpoint; nobody else gets them while the lease lasts."""
    tenants, endpoints = [tenant for tenant, _ in rooms], [endpoint for _, endpoint in rooms]
    rows = await connection.fetch(TAKE, tenants, endpoints, list(rooms.values()), now, now + lease, each)
    lanes: dict[tuple[int, int, int], list[WaitingDelivery]] = {}
    for row in rows:
        waiting = lanes.setdefault((row["tenant_id"], row["endpoint_id"], row["conversation_id"]), [])
        if row["id"] is not None:
            waiting.append(_waiting(row))
    return [Lane(*key, waiting) for key, waiting in lanes.items()]


def _waiting(row: Any) -> WaitingDelivery:
    return WaitingDelivery(
        row["tenant_id"],
        row["endpoint_id"],
        row["conversation_id"],
        row["id"],
        row["event_id"],
        row["type"],
        row["attempts"],
        row["began_at"],
        row["body"],
    )


@dataclass(frozen=True, slots=True)
class Booked:
    """healths: of the endpoints whose health has changed. due: those that have a lane whose turn it is."""

    healths: Mapping[Key, Health]
    due: Collection[Key]


async def book(
    connection: Any, outcomes: Sequence[Outcome], lanes: Sequence[Lane], well: Mapping[Key, bool], at: datetime
) -> Booked:
    """Write what became of tries, and let go of their lanes. well: by endpoint, how its last one went."""
    keys = {lane.key for lane in lanes} | well.keys()
    async with connection.transaction():
        held = await connection.fetch(HELD, [tenant for tenant, _ in keys], [endpoint for _, endpoint in keys])
        await connection.execute(BOOK, *_columns(outcomes))
        left = await connection.fetch(
            LANES_ON,
            [lane.tenant for lane in lanes],
            [lane.endpoint_id for lane in lanes],
            [lane.conversation_id for lane in lanes],
        )
        ill = {(row["tenant_id"], row["endpoint_id"]) for row in held if row["ill"]}
        news = {key: each for key, each in well.items() if not each or key in ill}
        healths = await _health(connection, outcomes, news, at) if news else {}
    return Booked(healths, {(row["tenant_id"], row["endpoint_id"]) for row in left if row["due_at"] <= at})


async def _health(
    connection: Any, outcomes: Sequence[Outcome], well: Mapping[Key, bool], at: datetime
) -> dict[Key, Health]:
    failures = {key: sum(each.key == key and each.status != "delivered" for each in outcomes) for key in well}
    rows = await connection.fetch(
        HEALTH,
        [tenant for tenant, _ in well],
        [endpoint for _, endpoint in well],
        list(well.values()),
        list(failures.values()),
        [at] * len(well),
    )
    return {(row["tenant_id"], row["endpoint_id"]): Health(row["failing_since"], row["failures"]) for row in rows}


def _columns(outcomes: Sequence[Outcome]) -> list[list[Any]]:
    rows = [
        (
            each.waiting.tenant,
            each.waiting.id,
            each.status,
            each.attempts,
            each.next_attempt_at,
            each.response_status,
            each.answer,
            each.duration_ms,
            each.error,
            each.at,
        )
        for each in outcomes
    ]
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(10)]


async def call_off(connection: Any, key: Key, why: str, at: datetime) -> bool:
    """Nothing of this endpoint is tried any more. Some of it at a time; whether that was all."""
    async with connection.transaction():
        await connection.fetch(HELD, [key[0]], [key[1]])
        await connection.execute(REPLAY_OFF, *key)
        done = await connection.execute(OPEN_OFF, *key, why, at, OFF_AT_ONCE)
        over = int(done.rpartition(" ")[2]) < OFF_AT_ONCE
        if over:
            await connection.execute(LANES_OFF, *key)
    return over


async def postpone(connection: Any, key: Key, until: datetime) -> None:
    """The lanes of an endpoint that nothing may be sent to for now."""
    await connection.execute(
        "update webhook_lanes set due_at = $3 where tenant_id = $1 and endpoint_id = $2 and due_at < $3", *key, until
    )
