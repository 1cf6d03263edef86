"""From the log to deliveries: how far each endpoint has got, and one step further.

A step is one transaction: the deliveries of a stretch of the log, and the cursor behind it. So each event leads to
exactly one delivery of each endpoint, whatever is cut off. Whoever changes lanes holds the rows of their feeds: what is
queued and what is over cannot miss each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from plixa.engine.events import Recorded
from plixa.storage.conversation import inbox
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.reader import head, read_range
from plixa.storage.lifetime.going import MESSAGE
from plixa.storage.nodes.ownership import OWNABLE
from plixa.storage.webhooks.forgetting import forget

CHUNK = 200
"""Events of the log in one step."""
FULL = 10_000
"""So many open deliveries of an endpoint that takes none: what else it should hear stays in the log until it does."""
ROOM = 2_000
"""A replay waits while so much of its endpoint is open."""
BEHIND = f"""
select distinct t.tenant_id from webhook_feeds t join heads h on h.tenant_id = t.tenant_id
where t.position < h.position and {OWNABLE}
union select t.tenant_id from webhook_replays t where {OWNABLE}
"""
FEEDS = """
select f.endpoint_id, f.position, f.failing_since is not null as ill, r.endpoint_id is not null as replays
from webhook_feeds f left join webhook_replays r using (tenant_id, endpoint_id)
where tenant_id = $1 and endpoint_id = any($2::bigint[])
"""
LOCKED = """
select endpoint_id, position, set_config('synchronous_commit', 'off', true) from webhook_feeds
where tenant_id = $1 and endpoint_id = any($2::bigint[]) order by endpoint_id for update
"""
"""A step is not waited for on disk: a power cut takes the cursor along with its deliveries, and it is done again."""
ADVANCE = """
update webhook_feeds set position = $3 where tenant_id = $1 and endpoint_id = any($2::bigint[]) and position < $3
"""
SKIP = """
update webhook_feeds f set position = h.position from heads h
where f.tenant_id = $1 and h.tenant_id = f.tenant_id and f.position < h.position
"""
OPEN = """
select count(*) from (
    select from webhook_deliveries where tenant_id = $1 and endpoint_id = $2 and status in ('pending', 'delivering')
    limit $3
) open
"""
CONVERSATIONS = f"{inbox.CONVERSATION.format('conversations')} and c.id = any($2::bigint[])"
MESSAGES = f"select * from messages m where tenant_id = $1 and id = any($2::bigint[]) and not {MESSAGE}"
KNOWN = "select event_id from webhook_events where tenant_id = $1 and event_id = any($2::text[])"
EVENTS_ADDED = """
insert into webhook_events (tenant_id, event_id, position, type, conversation_id, body, created_at)
select $1, u.*, $7::timestamptz
from unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bytea[]) as u on conflict do nothing
"""
DELIVERIES_ADDED = """
insert into webhook_deliveries (tenant_id, endpoint_id, event_id, type, conversation_id, next_attempt_at, began_at,
    created_at)
select $1, u.endpoint_id, u.event_id, u.type, u.conversation_id, $6, $6, $6
from unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[]) with ordinality
    as u(endpoint_id, event_id, type, conversation_id, place) order by u.place
"""
LANES_ADDED = """
insert into webhook_lanes (tenant_id, endpoint_id, conversation_id, due_at)
select distinct $1::bigint, u.*, $4::timestamptz from unnest($2::bigint[], $3::bigint[]) as u
on conflict (tenant_id, endpoint_id, conversation_id) do nothing
"""
REPLAYS = "select * from webhook_replays where tenant_id = $1 and endpoint_id = any($2::bigint[])"
REPLAY_ASKED = """
insert into webhook_replays (tenant_id, endpoint_id, position, upto, created_at) values ($1, $2, $3, $4, $5)
on conflict do nothing returning true
"""
REPLAY_ADVANCED = "update webhook_replays set position = $3 where tenant_id = $1 and endpoint_id = $2"
REPLAY_OVER = "delete from webhook_replays where tenant_id = $1 and endpoint_id = $2"
AT = "select at from events where tenant_id = $1 and position = $2"
Resource = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Happening:
    """Something of the log that endpoints may hear of.

    message_id: the message that it is about; None: the conversation. data: what is said of what is there no more.
    """

    position: int
    at: datetime
    conversation_id: int
    message_id: int | None = None
    type: str = ""
    data: Resource | None = None
    erased: bool = False

    @property
    def about(self) -> tuple[str, int | None]:
        """The resource that it is about."""
        if self.message_id is None:
            return "conversation", self.conversation_id
        return "message", self.message_id


@dataclass(frozen=True, slots=True)
class Told:
    """An event as endpoints hear it; `body` is sealed."""

    event_id: str
    position: int
    type: str
    conversation_id: int
    body: bytes


class Telling(Protocol):
    """What endpoints hear, and how."""

    def happenings(self, recorded: Sequence[Recorded]) -> list[Happening]:
        """What of these events concerns endpoints, in order."""
        ...

    def told(self, happening: Happening, resource: Resource | None) -> Told | None:
        """As it is told; None where there is nothing left to tell. resource: as it is now, if it is there."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """endpoints: how much is new for each that has something. reached: how far. more: there may be more to do."""

    endpoints: Mapping[int, int]
    reached: int
    more: bool


async def behind(connection: Any, node: str) -> list[int]:
    """The tenants that have endpoints which have not got as far as the log, or a replay; also those that are off."""
    return [row["tenant_id"] for row in await connection.fetch(BEHIND, node)]


async def skip(connection: Any, tenant: int) -> None:
    """Nobody hears of what has happened so far."""
    await connection.execute(SKIP, tenant)


async def groups(
    connection: Any, tenant: int, endpoints: Collection[int], waiting: MutableMapping[int, int]
) -> tuple[dict[int, list[int]], list[int]]:
    """These endpoints by how far they have got, but for those that take nothing and have enough waiting; and those of
    them that have a replay.

    waiting: how much at most waits for each that takes nothing, where it is known; counted anew where it may be full.
    """
    found: dict[int, list[int]] = {}
    rows = await connection.fetch(FEEDS, tenant, list(endpoints))
    for row in rows:
        id_ = row["endpoint_id"]
        if row["ill"] and waiting.get(id_, FULL) >= FULL:
            waiting[id_] = await connection.fetchval(OPEN, tenant, id_, FULL)
        if not row["ill"]:
            waiting.pop(id_, None)
        if waiting.get(id_, 0) < FULL:
            found.setdefault(row["position"], []).append(id_)
    return found, [row["endpoint_id"] for row in rows if row["replays"]]


async def step(
    connection: Any,
    keyring: Keyring,
    tenant: int,
    after: int,
    wanted: Mapping[int, Collection[str]],
    telling: Telling,
    now: datetime,
) -> Step:
    """Queue what comes after this position for these endpoints, which have got that far. wanted: types by endpoint."""
    async with connection.transaction():
        rows = await connection.fetch(LOCKED, tenant, list(wanted))
        there = {row["endpoint_id"]: wanted[row["endpoint_id"]] for row in rows if row["position"] == after}
        recorded = await read_range(connection, keyring, tenant, after, CHUNK)
        if not there or not recorded:
            return Step({}, after, more=False)
        touched = await _queue(connection, tenant, recorded, there, telling, now)
        await connection.execute(ADVANCE, tenant, list(there), recorded[-1].position)
    return Step(touched, recorded[-1].position, more=len(recorded) == CHUNK)


async def replay_step(
    connection: Any,
    keyring: Keyring,
    tenant: int,
    wanted: Mapping[int, Collection[str]],
    telling: Telling,
    now: datetime,
) -> Step:
    """A stretch of each replay, where there is room for it."""
    touched, more = Counter[int](), False
    async with connection.transaction():
        await connection.fetch(LOCKED, tenant, list(wanted))
        for row in await connection.fetch(REPLAYS, tenant, list(wanted)):
            id_ = row["endpoint_id"]
            if await connection.fetchval(OPEN, tenant, id_, ROOM) >= ROOM:
                continue
            limit = min(CHUNK, row["upto"] - row["position"])
            recorded = await read_range(connection, keyring, tenant, row["position"], limit)
            touched += await _queue(connection, tenant, recorded, {id_: wanted[id_]}, telling, now)
            if not recorded or recorded[-1].position >= row["upto"]:
                await connection.execute(REPLAY_OVER, tenant, id_)
            else:
                await connection.execute(REPLAY_ADVANCED, tenant, id_, recorded[-1].position)
                more = True
    return Step(touched, 0, more)


async def _queue(
    connection: Any,
    tenant: int,
    recorded: Sequence[Recorded],
    wanted: Mapping[int, Collection[str]],
    telling: Telling,
    now: datetime,
) -> Counter[int]:
    """The deliveries of these events. Returns how many each endpoint has."""
    happenings = telling.happenings(recorded)
    told = await read(connection, tenant, happenings, telling.told)
    for each in happenings:
        if each.erased:
            await forget(connection, tenant, each.conversation_id)
    pairs = [(endpoint, each) for each in told for endpoint, types in wanted.items() if each.type in types]
    if not pairs:
        return Counter()
    heard = {each.event_id: each for _, each in pairs}
    await connection.execute(
        EVENTS_ADDED,
        tenant,
        list(heard),
        [each.position for each in heard.values()],
        [each.type for each in heard.values()],
        [each.conversation_id for each in heard.values()],
        [each.body for each in heard.values()],
        now,
    )
    endpoints, conversations = [endpoint for endpoint, _ in pairs], [each.conversation_id for _, each in pairs]
    events, types = [each.event_id for _, each in pairs], [each.type for _, each in pairs]
    await connection.execute(DELIVERIES_ADDED, tenant, endpoints, events, types, conversations, now)
    await connection.execute(LANES_ADDED, tenant, endpoints, conversations, now)
    return Counter(endpoints)


async def read(
    connection: Any,
    tenant: int,
    happenings: Sequence[Happening],
    tell: Callable[[Happening, Resource | None], T | None],
) -> list[T]:
    """What happened, as it is told: with the resources as they are now, which is never older than what happened."""
    messages = {each.message_id for each in happenings if each.message_id is not None}
    conversations = {each.conversation_id for each in happenings if each.message_id is None and each.data is None}
    rows: list[Any] = await connection.fetch(MESSAGES, tenant, list(messages)) if messages else []
    found = {("message", row["id"]): inbox.message_resource(row) for row in rows}
    rows = await connection.fetch(CONVERSATIONS, tenant, list(conversations)) if conversations else []
    found |= {("conversation", row["id"]): inbox.conversation_resource(row) for row in rows}
    told = [tell(each, found.get(each.about)) for each in happenings]
    return [each for each in told if each is not None]


async def ask_replay(connection: Any, tenant: int, endpoint_id: int, after: int, upto: int, at: datetime) -> bool:
    """Tell an endpoint anew of what came after one position, up to another one. False: one is under way."""
    asked: bool | None = await connection.fetchval(REPLAY_ASKED, tenant, endpoint_id, after, upto, at)
    return bool(asked)


async def position_at(connection: Any, tenant: int, at: datetime) -> int:
    """The last position of the log before this time. The log's times go up with its positions."""
    low, high = 0, await head(connection, tenant)
    while low < high:
        middle = (low + high + 1) // 2
        when = await connection.fetchval(AT, tenant, middle)
        low, high = (middle, high) if when is not None and when < at else (low, middle - 1)
    return low
