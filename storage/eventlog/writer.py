"""Group commit: one writer a node commits whatever all actors have queued, in one transaction.

Promises:
- `commit` returns once the events, and everything that follows from them, are durable; positions are gapless per
  tenant and in commit order, and listeners are told in that order, before whoever asked goes on.
- What comes after a commit is no part of it: a listener that raises is logged and counted, and costs nobody else.
- A batch that cannot be written is halved until the bad commit stands alone, so that it hurts only itself.
- Where the database cannot be reached, all that wait are told at once, and nobody waits for another one's time-out.
- A commit holds under the ownership that it was decided under (`Commit.epoch`), and under no later one.
- When the connection breaks during a transaction, the heads tell whether it took place: this node is their only
  writer, and an epoch that is not its own means that it is not any more.
- A commit is never given up half-way: cancelling who waits for it changes nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import asyncpg
import structlog
import trio

from plixa.engine.errors import Duplicate, Fenced, PlixaError, Unavailable
from plixa.engine.events import Recorded
from plixa.engine.mailbox import Reply
from plixa.engine.ports import Commit, TenantHead
from plixa.engine.telemetry import Telemetry
from plixa.storage.eventlog import statements as sql
from plixa.storage.eventlog.attached import rows_of
from plixa.storage.eventlog.batches import Rounds
from plixa.storage.eventlog.codec import as_json, encode_event, encode_state
from plixa.storage.eventlog.keyring import Keyring, Owner
from plixa.storage.eventlog.statement import Row
from plixa.storage.postgres.bridge import Database, is_trouble
from plixa.storage.schema import Schema

if TYPE_CHECKING:
    from plixa.storage.postgres.bridge import Connection

BATCH = 256
QUEUE = 10_000
RECONNECT_FOR = 30.0
FINISH_WITHIN = 3.0
"""Seconds for a commit that is under way as the writer stops."""
log = structlog.get_logger("plixa.writer")

PLANS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
"""A statement is planned once, and not anew for each commit's values, which tell the planner nothing. What it changes
is found by its key, however small the table was when it was planned."""
READ_HEADS = "select tenant_id, position, epoch from heads where tenant_id = any($1::bigint[])"

Listener = Callable[[Commit, list[Recorded]], None]
"""Hears of each commit in commit order, right after it; must neither wait nor decide anything."""


@dataclass(slots=True, frozen=True)
class Snapshot:
    """A state to be kept."""

    owner: Owner
    revision: int
    state: Any


@dataclass(slots=True, eq=False)
class Job:
    """A commit on its way. One without events (a snapshot, a dead letter) carries its rows ready-made."""

    commit: Commit | None
    plain: Sequence[Row] = ()
    attached: Sequence[Row] = ()
    snapshot: Snapshot | None = None
    reply: Reply[list[Recorded]] = field(default_factory=Reply[list[Recorded]])


@dataclass(slots=True)
class Batch:
    """What one transaction writes."""

    jobs: Sequence[Job]
    heads: dict[int, TenantHead]
    recorded: dict[Job, list[Recorded]] = field(default_factory=dict[Job, list[Recorded]])
    after: dict[int, TenantHead] = field(default_factory=dict[int, TenantHead])
    rows: Rounds = field(default_factory=Rounds)
    made: list[Owner] = field(default_factory=list[Owner])


class Writer:
    """The node's one writer."""

    def __init__(
        self,
        database: Database,
        schema: Schema,
        keyring: Keyring,
        telemetry: Telemetry,
        versions: Mapping[type[Any], str],
    ) -> None:
        self._database = database
        self._schema = schema
        self._keyring = keyring
        self._telemetry = telemetry
        self._versions = versions
        self._queue: deque[Job] = deque()
        self._wake = trio.Event()
        self._connection: Connection | None = None
        self._heads: dict[int, TenantHead] = {}
        self._finishing = trio.CancelScope()
        """The commit that is under way, which is not cut off."""
        self.listeners: dict[str, Listener] = {}
        self.marked: Callable[[], None] = lambda: None
        """Told when a batch has left something to be swept."""

    def own(self, tenant: int, head: TenantHead) -> None:
        """This node owns the tenant now, and its log stands here."""
        self._heads[tenant] = head

    def disown(self, tenant: int) -> None:
        """Another node has it: what is still to be committed of it is refused without asking the database."""
        self._heads.pop(tenant, None)

    async def commit(self, commit: Commit) -> list[Recorded]:
        """See `Store.commit`."""
        return await self._submit(Job(commit, attached=rows_of(commit, self._keyring.application_key)))

    async def write(self, plain: Sequence[Row]) -> None:
        """Write rows that belong to no event, along with the next batch."""
        await self._submit(Job(None, plain))

    def note(self, plain: Sequence[Row]) -> None:
        """The same for rows that nobody waits for and that may be lost."""
        if len(self._queue) < QUEUE:
            self._queue.append(Job(None, plain))
            self._wake.set()

    async def save(self, snapshot: Snapshot) -> None:
        """Keep a state, sealed as the stream is."""
        await self._submit(Job(None, snapshot=snapshot))

    async def _submit(self, job: Job) -> list[Recorded]:
        if len(self._queue) >= QUEUE:
            raise Unavailable("Too much is waiting to be written. Try again shortly.")
        self._queue.append(job)
        self._wake.set()
        return await job.reply.get()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Commit until cancelled; what is under way then is finished first, within `FINISH_WITHIN`."""
        task_status.started()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._hurry_when_cancelled)
                await self._commit_what_comes()
        finally:
            _fail(self._queue, "The server is stopping. Nothing was stored; try again shortly.")
            self._queue.clear()
            if self._connection is not None:
                self._connection.terminate()

    async def _hurry_when_cancelled(self) -> None:
        """A database that hangs must not keep the node from ending."""
        try:
            await trio.sleep_forever()
        finally:
            self._finishing.deadline = trio.current_time() + FINISH_WITHIN

    async def _commit_what_comes(self) -> None:
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            while self._queue:
                jobs = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
                self._finishing = trio.CancelScope(shield=True)
                try:
                    with self._finishing:
                        await self._commit_all(jobs)
                finally:  # where this loop itself raised, nobody waits for ever; the first answer counts
                    _fail(jobs, "It is not known whether this was stored. Look before asking again.")
                await trio.lowlevel.checkpoint_if_cancelled()

    async def _commit_all(self, jobs: Sequence[Job]) -> None:
        """Everything at once; of what cannot be written, each half by itself."""
        self._telemetry.batch.observe(len(jobs))
        began = time.perf_counter()
        try:
            batch = await self._database.aio(lambda: self._write(jobs))
        except Exception as error:  # noqa: BLE001  # sorted out per job
            await self._sort_out(jobs, error)
        else:
            self._written(batch)
        finally:
            self._telemetry.commit_seconds.observe(time.perf_counter() - began)

    async def _sort_out(self, jobs: Sequence[Job], error: Exception) -> None:
        if type(error) is Unavailable:  # not Fenced: that is one tenant's
            self._refuse(jobs, str(error))
        elif len(jobs) == 1:
            jobs[0].reply.fail(_explain(error))
        else:
            self._telemetry.commit_failures.labels(type(error).__name__).inc()
            half = len(jobs) // 2
            await self._commit_all(jobs[:half])
            await self._commit_all(jobs[half:])

    def _refuse(self, jobs: Sequence[Job], why: str) -> None:
        """The database is in trouble: tell these and, where it cannot be reached at all, everybody who waits."""
        self._telemetry.commit_failures.labels("Unavailable").inc()
        waiting = [*jobs]
        if self._connection is None:
            waiting.extend(self._queue)
            self._queue.clear()
        _fail(waiting, why)

    def _written(self, batch: Batch) -> None:
        """It is durable: whoever asked is answered first, whatever goes wrong in those that only hear of it."""
        self._heads.update(batch.after)
        self._keyring.destroyed(batch.rows.of(sql.KEY_DESTROYED))  # type: ignore[arg-type]
        for job in batch.jobs:
            job.reply.set(batch.recorded.get(job, []))
        if "sweeps" in batch.rows.tables:
            self.marked()
        for job, recorded in batch.recorded.items():
            self._telemetry.events.inc(len(recorded))
            for name, listener in self.listeners.items():
                self._tell(name, listener, cast("Commit", job.commit), recorded)

    def _tell(self, name: str, listener: Listener, commit: Commit, recorded: list[Recorded]) -> None:
        try:
            listener(commit, recorded)
        except Exception as error:
            self._telemetry.listener_failures.labels(name).inc()
            log.exception(
                "listener_failed", listener=name, tenant=commit.address.tenant, stream=commit.address.stream,
                error=type(error).__name__,
            )  # fmt: skip

    # -- under asyncio from here on -----------------------------------------------------------------------------------

    async def _write(self, jobs: Sequence[Job]) -> Batch:
        batch = Batch(jobs, self._heads)
        connection = await self._connected()
        try:
            await self._prepare(connection, batch)
            await _execute(connection, batch)
        except BaseException as error:
            self._keyring.forget(batch.made)
            if not is_trouble(error):
                raise
            if not await self._took_place(batch):
                raise
        return batch

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = None
            self._connection = await self._database.connect(**PLANS)
        return self._connection

    async def _took_place(self, batch: Batch) -> bool:
        """After the connection broke: did the transaction commit? Raises the trouble if that cannot be found out."""
        if self._connection is not None:
            self._connection.terminate()  # or its transaction might hold the heads until the server notices
        self._connection = None
        if not batch.after:
            return False
        connection = await self._patiently_connect()
        found = {row["tenant_id"]: row for row in await connection.fetch(READ_HEADS, list(batch.after))}
        tenant, expected = next(iter(batch.after.items()))  # all or nothing: any one tenant tells for all
        row = found.get(tenant)
        took_place = row is not None and (row["position"], row["epoch"]) == (expected.position, expected.epoch)
        log.warning("commit_interrupted", jobs=len(batch.jobs), took_place=took_place)
        return took_place

    async def _patiently_connect(self) -> Connection:
        deadline = time.monotonic() + RECONNECT_FOR
        while True:
            try:
                return await self._connected()
            except Exception as error:
                if not is_trouble(error) or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def _prepare(self, connection: Connection, batch: Batch) -> None:
        commits = [job.commit for job in batch.jobs if job.commit is not None]
        needed = {owner for commit in commits for owner in _owners(commit)}
        kept = {snapshot.owner for job in batch.jobs if (snapshot := _snapshot(job)) is not None}
        absent = await self._keyring.fetch(connection, needed | kept)
        for owner in absent & needed:
            batch.made.append(owner)
            batch.rows.add((sql.KEY_ADDED, (*owner, self._keyring.make(owner))))
        for job in batch.jobs:
            for row in job.plain:
                batch.rows.add(row)
            if (snapshot := _snapshot(job)) is not None:  # before the events, one of which may drop it
                batch.rows.add(self._snapshot_row(snapshot))
            if job.commit is not None:
                batch.recorded[job] = self._place(batch, job.commit)
            for row in job.attached:
                batch.rows.add(row)

    def _place(self, batch: Batch, commit: Commit) -> list[Recorded]:
        """Give a commit's events their positions, and collect all rows that follow."""
        tenant, stream = commit.address.tenant, commit.address.stream
        head = batch.after.get(tenant) or batch.heads.get(tenant)
        if head is None or head.epoch != commit.epoch:
            raise Fenced(tenant)
        recorded = [
            Recorded(
                tenant, head.position + n, stream, commit.revision + n, commit.at, commit.actor, commit.cause, event
            )
            for n, event in enumerate(commit.events, 1)
        ]
        last_id = max(head.last_id, commit.last_id)
        batch.after[tenant] = TenantHead(head.epoch, head.position + len(recorded), last_id)
        for each in recorded:
            self._add_event(batch, each)
        follow = [row for each in recorded for row in self._schema.rows(each, commit.after)]
        for row in sorted(follow, key=_looks_ahead):
            batch.rows.add(self._schema.in_a_commit(row, commit.at))
        self._add_consequences(batch, commit, recorded)
        return recorded

    def _add_event(self, batch: Batch, recorded: Recorded) -> None:
        event, owner = recorded.event, None
        if event.personal:
            owner = (recorded.tenant, event.sealed_for(recorded.stream))
        key = self._keyring.get(owner) if owner else None
        if owner and key is None:
            raise LookupError("a key is gone that was just fetched: nothing personal is written in the clear")
        belongs_to = f"{recorded.tenant}/{recorded.stream}/{recorded.revision}"
        values = (
            recorded.tenant,
            recorded.position,
            recorded.stream,
            recorded.revision,
            event.type,
            event.schema,
            recorded.at,
            recorded.actor,
            recorded.cause,
            owner[1] if owner else None,
            encode_event(event, key, belongs_to),
        )
        batch.rows.add((sql.EVENTS, values))

    def _add_consequences(self, batch: Batch, commit: Commit, recorded: list[Recorded]) -> None:
        tenant, stream = commit.address.tenant, commit.address.stream
        if (of_state := self._schema.of_states.get(commit.address.kind)) is not None:
            before = dict(of_state.rows(tenant, commit.before, commit.at))
            for statement, values in of_state.rows(tenant, commit.after, commit.at):
                if values != before.get(statement):
                    batch.rows.add((statement, values))
        for name in commit.timers_cleared:
            batch.rows.add((sql.TIMER_CLEARED, (tenant, stream, name)))
        for name, due in commit.timers_set.items():
            batch.rows.add((sql.TIMER_SET, (tenant, stream, name, due)))
        for place, effect in enumerate(commit.effects):
            lane, pace, at = effect.ordering_key, effect.rate_key, (recorded[-1].position, place)
            values = (tenant, effect.id, stream, effect.kind, lane, pace, "queued", effect.not_before, *at)
            batch.rows.add((sql.EFFECT_QUEUED, (*values, as_json(effect.request), commit.at)))
        for mark in commit.marks:
            values = (tenant, mark.id, mark.state, mark.not_before, mark.uncounted, commit.at)
            batch.rows.add((sql.EFFECT_MARKED, values))

    def _snapshot_row(self, snapshot: Snapshot) -> Row:
        tenant, stream = snapshot.owner
        # No key here means that the stream has none: the keys were fetched just now.
        sealed = encode_state(snapshot.state, self._keyring.get(snapshot.owner), f"{tenant}/{stream}/state")
        version = self._versions[snapshot.state.__class__]
        return sql.SNAPSHOT, (tenant, stream, version, snapshot.revision, sealed, datetime.now(UTC))


def _fail(jobs: Iterable[Job], why: str) -> None:
    for job in jobs:
        job.reply.fail(Unavailable(why))


def _looks_ahead(row: Row) -> bool:
    return not row[0].looks_back


def _snapshot(job: Job) -> Snapshot | None:
    commit = job.commit
    if commit is None or not commit.snapshot:
        return job.snapshot
    owner = (commit.address.tenant, commit.address.stream)
    return Snapshot(owner, commit.revision + len(commit.events), commit.after)


def _owners(commit: Commit) -> set[Owner]:
    stream = commit.address.stream
    return {(commit.address.tenant, event.sealed_for(stream)) for event in commit.events if event.personal}


async def _execute(connection: Connection, batch: Batch) -> None:
    """Nearly always one statement, and so one round trip; where rows depend on each other, a transaction of a few."""
    for tenant, head in batch.after.items():
        batch.rows.add((sql.ADVANCE, (tenant, batch.heads[tenant].position, head.position, head.epoch, head.last_id)))
    try:
        if len(batch.rows.rounds) == 1:
            await batch.rows.write(connection)
            return
        async with connection.transaction():
            await batch.rows.write(connection)
    except asyncpg.DivisionByZeroError:  # a head was not where it should be: see `batches.combined`
        raise Fenced(min(batch.after)) from None


def _explain(error: Exception) -> Exception:
    """What the one who asked should hear."""
    if isinstance(error, PlixaError):
        return error
    if isinstance(error, asyncpg.UniqueViolationError | asyncpg.ExclusionViolationError):
        constraint = error.constraint_name or ""
        if constraint.startswith("events_"):  # a stale revision: somebody else wrote this stream
            return Fenced(0)
        return Duplicate(constraint)
    if isinstance(error, asyncpg.SerializationError | asyncpg.DeadlockDetectedError):
        return Unavailable("The database was busy with something conflicting. Try again.")
    log.error("commit_failed", error=type(error).__name__, exc_info=error)
    return error
