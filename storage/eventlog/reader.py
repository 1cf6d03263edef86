"""Reading the log back: one stream for its actor, or a tenant's whole log for whoever resumes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import structlog
import trio

from plixa.engine.errors import PlixaError, Unavailable, UnknownHere
from plixa.engine.events import Event, Recorded, UnknownEvent
from plixa.engine.mailbox import Reply
from plixa.engine.ports import Address, Loaded
from plixa.storage.eventlog.codec import decode_event, decode_state
from plixa.storage.eventlog.keyring import Keyring, Owner
from plixa.storage.eventlog.sealing import WrongKey
from plixa.storage.postgres.bridge import Database

GROUP, GROUPS_AT_ONCE = 128, 3
PAGE, OF_STREAM = 2_000, 64
"""Events of one query: at least `OF_STREAM` of each stream."""
TURN = 200
"""Events that are decoded before others have a turn."""
log = structlog.get_logger("plixa.log")

# One round trip for a whole group of actors: where each one's snapshot stands, then what came after it.
SNAPSHOTS = """
select w.tenant_id, w.stream, s.revision, s.state, k.sealed
from unnest($1::bigint[], $2::text[], $3::text[]) as w(tenant_id, stream, version)
left join state_snapshots s on s.tenant_id = w.tenant_id and s.stream = w.stream and s.version = w.version
left join stream_keys k on k.tenant_id = w.tenant_id and k.stream = w.stream
"""
TAILS = """
select e.tenant_id, e.position, e.stream, e.revision, e.type, e.schema, e.at, e.actor, e.cause, e.key_id, e.data
from unnest($1::bigint[], $2::text[], $3::bigint[]) as w(tenant_id, stream, revision),
lateral (
    select * from events where tenant_id = w.tenant_id and stream = w.stream and revision > w.revision
    order by revision limit $4
) e
"""
TIMERS = """
select t.tenant_id, t.stream, t.name, t.due_at
from unnest($1::bigint[], $2::text[]) as w(tenant_id, stream) join timers t using (tenant_id, stream)
"""
RANGE = """
select tenant_id, position, stream, revision, type, schema, at, actor, cause, key_id, data
from events where tenant_id = $1 and position > $2 order by position limit $3
"""


class Loader:
    """Activates actors in groups: those who ask while reads are under way are served by the next one.

    A few groups are read at once, so that a long stream holds up only those that were asked for together with it.
    """

    def __init__(
        self, database: Database, keyring: Keyring, states: dict[str, type[Any]], versions: Mapping[type[Any], str]
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._states = states
        self._versions = versions
        self._waiting: list[tuple[Address, Reply[Loaded]]] = []
        self._wake = trio.Event()

    async def load(self, address: Address) -> Loaded:
        """See `Store.load`."""
        reply: Reply[Loaded] = Reply()
        self._waiting.append((address, reply))
        self._wake.set()
        return await reply.get()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        limit = trio.Semaphore(GROUPS_AT_ONCE)
        async with trio.open_nursery() as nursery:
            task_status.started()
            while True:
                await self._wake.wait()
                self._wake = trio.Event()
                while self._waiting:
                    await limit.acquire()
                    group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                    nursery.start_soon(self._serve_one, group, limit)

    async def _serve_one(self, group: list[tuple[Address, Reply[Loaded]]], limit: trio.Semaphore) -> None:
        try:
            await self._serve(group)
        finally:
            limit.release()
            for _, reply in group:  # where this loop ends, nobody waits for ever; the first answer counts
                reply.fail(Unavailable("This could not be read just now. Try again shortly."))

    async def _serve(self, group: list[tuple[Address, Reply[Loaded]]]) -> None:
        try:
            # Each once: whoever asks for the same stream at the same time shares the answer.
            found = await self._database.run(self._read, list(dict.fromkeys(address for address, _ in group)))
        except PlixaError as error:
            if isinstance(error, UnknownHere):
                await self._one_by_one(group, error)
                return
            for _, reply in group:
                reply.fail(error)
            return
        except Exception as error:  # noqa: BLE001  # one stream that cannot be read must not take the others along
            await self._one_by_one(group, error)
            return
        for address, reply in group:
            reply.set(found[address])

    async def _one_by_one(self, group: list[tuple[Address, Reply[Loaded]]], error: Exception) -> None:
        if len(group) == 1:
            group[0][1].fail(error)
            return
        for each in group:
            await self._serve([each])

    async def _read(self, connection: Any, addresses: Sequence[Address]) -> dict[Address, Loaded]:
        tenants, streams = [a.tenant for a in addresses], [a.stream for a in addresses]
        versions = [self._versions[self._states[a.kind]] for a in addresses]
        starts = {
            (row["tenant_id"], row["stream"]): self._start(row)
            for row in await connection.fetch(SNAPSHOTS, tenants, streams, versions)
        }
        tails = await self._tails(connection, {key: revision for key, (_, revision) in starts.items()})
        timers: dict[tuple[int, str], dict[str, datetime]] = {}
        for row in await connection.fetch(TIMERS, tenants, streams):
            timers.setdefault((row["tenant_id"], row["stream"]), {})[row["name"]] = row["due_at"]
        keys = {address: (address.tenant, address.stream) for address in addresses}
        return {a: Loaded(*starts[key], tails.get(key, ()), timers.get(key, {})) for a, key in keys.items()}

    async def _tails(self, connection: Any, after: dict[Owner, int]) -> dict[Owner, list[Recorded]]:
        """What came after these revisions, page by page: a stream may be as long as its tenant is old."""
        tails: dict[Owner, list[Recorded]] = {}
        while after:
            limit = max(OF_STREAM, PAGE // len(after))
            tenants, streams = [tenant for tenant, _ in after], [stream for _, stream in after]
            rows = await connection.fetch(TAILS, tenants, streams, list(after.values()), limit)
            await fetch_keys(connection, self._keyring, rows)
            for start in range(0, len(rows), TURN):
                for recorded in decode_rows(self._keyring, rows[start : start + TURN]):
                    tails.setdefault((recorded.tenant, recorded.stream), []).append(recorded)
                await asyncio.sleep(0)
            counts = Counter((row["tenant_id"], row["stream"]) for row in rows)
            after = {key: tails[key][-1].revision for key, count in counts.items() if count == limit}
        return tails

    def _start(self, row: Any) -> tuple[Any, int]:
        owner = (row["tenant_id"], row["stream"])
        key = None
        if row["sealed"] is not None:
            key = self._keyring.get(owner) or self._keyring.put(owner, row["sealed"])
        cls = self._states[row["stream"].rpartition("-")[0]]
        if row["state"] is None:
            return None, 0
        try:
            return decode_state(cls, row["state"], key, f"{owner[0]}/{owner[1]}/state"), row["revision"]
        except (WrongKey, msgspec.MsgspecError):
            log.warning("snapshot_ignored", tenant=owner[0], stream=owner[1])  # the log has it all
            return None, 0


async def fetch_keys(connection: Any, keyring: Keyring, rows: Sequence[Any]) -> None:
    """Bring up the keys that rows of `events` are sealed with, where those still exist."""
    await keyring.fetch(connection, {(row["tenant_id"], row["key_id"]) for row in rows if row["key_id"]})


def decode_rows(keyring: Keyring, rows: Sequence[Any], *, strict: bool = True) -> list[Recorded]:
    """Rows of `events` as events, opened with the keys that `fetch_keys` found.

    strict: raise what is wrong with a row: `UnknownHere` where this release does not know it. Else it is an
    `UnknownEvent`: whoever only tells others what happened goes on without it.
    """
    return [
        Recorded(
            row["tenant_id"],
            row["position"],
            row["stream"],
            row["revision"],
            row["at"],
            row["actor"],
            row["cause"],
            _event(keyring, row) if strict else _event_or_unknown(keyring, row),
        )
        for row in rows
    ]


def _event_or_unknown(keyring: Keyring, row: Any) -> Event:
    try:
        return _event(keyring, row)
    except (UnknownHere, WrongKey, msgspec.MsgspecError) as error:
        log.warning("event_unreadable", tenant=row["tenant_id"], position=row["position"], error=type(error).__name__)
        return UnknownEvent(named=row["type"], why=type(error).__name__)


def _event(keyring: Keyring, row: Any) -> Event:
    key = keyring.get((row["tenant_id"], row["key_id"])) if row["key_id"] else None
    belongs_to = f"{row['tenant_id']}/{row['stream']}/{row['revision']}"
    return decode_event(row["type"], row["schema"], row["data"], key, belongs_to)


async def read_range(
    connection: Any, keyring: Keyring, tenant: int, after: int, limit: int, *, strict: bool = False
) -> list[Recorded]:
    """A tenant's events after a position, in order. strict: see `decode_rows`."""
    rows = await connection.fetch(RANGE, tenant, after, limit)
    await fetch_keys(connection, keyring, rows)
    return decode_rows(keyring, rows, strict=strict)


async def read_streams(
    connection: Any, keyring: Keyring, tenant: int, streams: Sequence[str], after: int, upto: int, limit: int
) -> list[Recorded]:
    """The events of these streams with positions in (after, upto], in order."""
    query = (
        "select * from events where tenant_id = $1 and stream = any($2::text[]) and position > $3 and position <= $4 "
        "order by position limit $5"
    )
    rows = await connection.fetch(query, tenant, list(streams), after, upto, limit)
    await fetch_keys(connection, keyring, rows)
    return decode_rows(keyring, rows, strict=False)


async def head(connection: Any, tenant: int) -> int:
    """The last position of a tenant's log; 0 where there is none."""
    return await connection.fetchval("select position from heads where tenant_id = $1", tenant) or 0
