"""The engine's `Store` on Postgres: the log, its writer, and who owns which tenant.

Whose a tenant is, and what a node believes about that: `plixa.engine.ownership`, and `nodes/ownership.py` here.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import structlog
import trio

from plixa.engine.actor import ActorType
from plixa.engine.errors import Unavailable
from plixa.engine.events import Recorded
from plixa.engine.ownership import Ownership
from plixa.engine.ports import (
    Address,
    Booking,
    Commit,
    DeadLetter,
    DueTimer,
    Loaded,
    Look,
    OpenEffects,
    Owner,
    TenantHead,
    address_of,
)
from plixa.engine.service import Service, supervise
from plixa.engine.telemetry import Telemetry
from plixa.storage.eventlog import dead_letters, outbox, reader as event_log, statements as sql
from plixa.storage.eventlog.codec import versions_of
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.reader import Loader
from plixa.storage.eventlog.sealing import ApplicationKey, WrongKey
from plixa.storage.eventlog.writer import Snapshot, Writer
from plixa.storage.lifetime.sweeping import Sweeper
from plixa.storage.nodes.ownership import OWNABLE, Beating, owner_of, take
from plixa.storage.postgres.bridge import Database
from plixa.storage.schema import Schema

log = structlog.get_logger("plixa.store")

WAITS = """
exists (select from suspensions s where s.tenant_id = t.tenant_id)
and split_part(t.stream, '-', 1) not in ('workspace', 'ticket')
"""
"""True of a timer of a suspended workspace; not of its own, by which it is erased, nor of what it writes to support."""
DUE = f"""
select * from timers t where due_at <= $2 and tenant_id <> all($4::bigint[]) and {OWNABLE} and not ({WAITS})
order by due_at limit $3
"""
NEXT = f"""
select due_at from timers t where due_at > $2 and tenant_id <> all($3::bigint[]) and {OWNABLE} and not ({WAITS})
order by due_at limit 1
"""


class PostgresStore:
    """See `plixa.engine.ports.Store`."""

    def __init__(
        self,
        database: Database,
        application_key: ApplicationKey,
        node: str,
        kinds: Mapping[str, ActorType[Any]],
        schema: Schema,
        telemetry: Telemetry,
    ) -> None:
        self.database = database
        self.schema = schema
        self.keyring = Keyring(application_key)
        states: dict[str, type[Any]] = {name: kind.initial(1).__class__ for name, kind in kinds.items()}
        versions = versions_of(kinds)
        self.versions = frozenset(versions.values())
        self.writer = Writer(database, schema, self.keyring, telemetry, versions)
        self.sweeper = Sweeper(database, schema, application_key, telemetry)
        self.writer.marked = self.sweeper.nudge
        self.node = node
        self.me = Owner(node, uuid.uuid4().hex)
        self.beating = Beating(database, self.me, len(os.sched_getaffinity(0)))
        self.ownership = Ownership(self.beating)
        self.taken_over: list[Callable[[int], None]] = [self.keyring.forget_tenant]
        """Told of a tenant that is owned from now on: what is in memory of it may be out of date."""
        self.came: list[Callable[[int], None]] = []
        """Told of a tenant that this node did not own before: what was missed meanwhile must be looked for."""
        self._ours: set[int] = set()
        self._loader = Loader(database, self.keyring, states, versions)
        self._telemetry = telemetry

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Say that this node lives, write, load and sweep, until cancelled."""
        await self._first_beat()
        loops = (
            Service("writer", self.writer.run),
            Service("loader", self._loader.run),
            Service("sweeper", self.sweeper.run),
            Service("ownership", self.ownership.run),
        )
        try:
            async with trio.open_nursery() as nursery:
                for loop in loops:
                    await nursery.start(supervise, loop, self._telemetry)
                task_status.started()
        finally:
            self.beating.close()

    async def _first_beat(self) -> None:
        """Nobody owns anything before. Raises `Unavailable`."""
        if not await self.ownership.beat():
            raise Unavailable("The database does not answer.")

    async def own(self, tenant: int) -> TenantHead:
        head, had, silent = await self.database.run(take, tenant, self.node)
        self._telemetry.taken.labels(had).inc()
        if had == "dead":
            self._telemetry.take_over_seconds.observe(silent)
        for forget in self.taken_over:
            forget(tenant)
        self.writer.own(tenant, head)
        if tenant not in self._ours:
            self._ours.add(tenant)
            for hear in self.came if head.position else ():  # one that is being founded has missed nothing
                hear(tenant)
        return head

    def left(self, tenant: int) -> None:
        """Another node has this tenant now."""
        self._ours.discard(tenant)
        self.writer.disown(tenant)
        self.keyring.forget_tenant(tenant)

    async def owner_of(self, tenant: int) -> Owner | None:
        """The living node that has a tenant. Raises `Unavailable`."""
        return await self.database.run(owner_of, tenant)

    async def load(self, address: Address) -> Loaded:
        self._telemetry.activations.labels(address.kind).inc()
        return await self._loader.load(address)

    async def commit(self, commit: Commit) -> list[Recorded]:
        return await self.writer.commit(commit)

    async def save_snapshot(self, address: Address, revision: int, state: object) -> None:
        await self.writer.save(Snapshot((address.tenant, address.stream), revision, state))

    async def due_timers(self, now: datetime, limit: int, without: Collection[int] = ()) -> list[DueTimer]:
        rows = await self.database.run(_fetch, DUE, self.node, now, limit, list(without))
        return [DueTimer(address_of(row["tenant_id"], row["stream"]), row["name"], row["due_at"]) for row in rows]

    async def next_due(self, now: datetime, without: Collection[int] = ()) -> datetime | None:
        rows = await self.database.run(_fetch, NEXT, self.node, now, list(without))
        return rows[0]["due_at"] if rows else None

    async def clear_timer(self, timer: DueTimer) -> None:
        address = timer.address
        await self.writer.write([(sql.TIMER_GONE, (address.tenant, address.stream, timer.name, timer.due))])

    async def open_effects(self, look: Look) -> OpenEffects:
        return await self.database.run(outbox.open_effects, self.node, look)

    async def book(self, bookings: Sequence[Booking]) -> None:
        await self.writer.write([outbox.booked(booking) for booking in bookings])

    def booked(self, booking: Booking) -> object:
        return outbox.booked(booking)

    async def hasten(self, tenant: int, pace: str) -> None:
        await self.database.run(outbox.hasten, tenant, pace)

    async def keep_dead_letter(self, letter: DeadLetter) -> None:
        sealed = self.keyring.application_key.seal(letter.command, "parked")
        await self.database.run(dead_letters.keep, letter, sealed)

    async def requested_dead_letters(self, limit: int) -> list[DeadLetter]:
        letters: list[DeadLetter] = []
        for row in await self.database.run(dead_letters.CRASHED.requested, self.node, limit):
            try:
                letters.append(self._dead_letter(row))
            except WrongKey as error:  # by itself, so that it holds up no other
                await self.database.run(dead_letters.CRASHED.leave, row["id"], str(error))
        return letters

    def _dead_letter(self, row: Any) -> DeadLetter:
        return DeadLetter(
            address=address_of(row["tenant_id"], row["stream"]),
            command=self.keyring.application_key.unseal(row["command"], "parked"),
            command_type=row["command_type"],
            actor=row["actor"],
            cause=row["cause"],
            error=row["error"],
            at=row["parked_at"],
            id=row["id"],
        )

    def taken(self, letter: DeadLetter) -> object:
        return sql.LETTER_TAKEN, (letter.address.tenant, letter.id)

    async def drop_dead_letter(self, letter: DeadLetter) -> None:
        await self.database.run(dead_letters.CRASHED.drop, [letter.id])

    async def leave_dead_letter(self, letter: DeadLetter, error: str) -> None:
        await self.database.run(dead_letters.CRASHED.leave, letter.id, error)

    async def read_range(self, tenant: int, after: int, limit: int) -> list[Recorded]:
        """A tenant's events after a position, in order."""
        return await self.database.run(event_log.read_range, self.keyring, tenant, after, limit)

    async def head(self, tenant: int) -> int:
        """The last position of a tenant's log."""
        return await self.database.run(event_log.head, tenant)


async def _fetch(connection: Any, query: str, *args: object) -> list[Any]:
    return list(await connection.fetch(query, *args))


@asynccontextmanager
async def open_store(
    database: Database,
    *,
    secret_key: str | ApplicationKey,
    node: str,
    kinds: Mapping[str, ActorType[Any]],
    telemetry: Telemetry,
    schema: Schema | None = None,
) -> AsyncGenerator[PostgresStore]:
    """A running store; on leaving, what is being committed is finished. schema: None is that of the mechanism alone."""
    key = ApplicationKey(secret_key) if isinstance(secret_key, str) else secret_key
    store = PostgresStore(database, key, node, kinds, schema or Schema(), telemetry)
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        try:
            yield store
        finally:
            nursery.cancel_scope.cancel()
