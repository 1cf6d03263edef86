"""What deletes rows whose time is over, table by table, as each declares it (`Table.keep`).

Old rows go some thousand at a time, of tables with long rows some hundred, each chunk a transaction of its own, with
pauses in between, and on one node at a time: a pass holds a lock of Postgres. No chunk waits for a row that somebody
else holds; the next pass finds it. A chunk that takes too long is tried with fewer rows; where even a few take too
long, the table is left for the next pass, and the others have their turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import structlog
import trio

from plixa.engine.clock import Clock
from plixa.engine.rounds import go_round
from plixa.engine.telemetry import Telemetry
from plixa.storage.lifetime.rules import CHUNK, Keep
from plixa.storage.postgres.bridge import Database, is_trouble
from plixa.storage.schema import Schema

EVERY = 3600.0
FIRST_AFTER = 60.0
CHUNK_OF_BODIES = 200
SMALLER, SMALLEST = 8, 4
"""By how much a chunk shrinks that took too long, and below how many rows the table is left for later."""
WITHIN = 10.0
PAUSE = 0.1
LOCK = "select pg_try_advisory_lock(hashtext('plixa retention'))"
Chore = Callable[[], Awaitable[None]]
log = structlog.get_logger("plixa.retention")


class Retention:
    """The service that goes over all tables once an hour."""

    def __init__(
        self,
        database: Database,
        schema: Schema,
        clock: Clock,
        telemetry: Telemetry,
        versions: Collection[str],
        once: Callable[[Chore], Chore] = lambda chore: chore,
    ) -> None:
        """once: makes a chore one that is done by one node."""
        self._kept = {table.name: table.keep for table in schema.tables.values() if table.keep is not None}
        self._database = database
        self._clock = clock
        self._telemetry = telemetry
        self._versions = list(versions)
        self._once = once

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Delete what is too old, until cancelled."""
        task_status.started()
        await trio.sleep(FIRST_AFTER)  # a start has enough to do
        await go_round(self._once(self.sweep), EVERY)

    async def sweep(self) -> None:
        """Go over all tables once, unless another node is at it. Raises `Unavailable`."""
        began = trio.current_time()
        if await self._database.aio(self._sweep):
            self._telemetry.retention_seconds.set(trio.current_time() - began)
            self._telemetry.retention_finished.set(self._clock.now().timestamp())

    # -- under asyncio from here on -----------------------------------------------------------------------------------

    async def _sweep(self) -> bool:
        connection = await self._database.connect()
        try:
            if not await connection.fetchval(LOCK):
                return False
            for table, keep in self._kept.items():
                await self._apply(connection, table, keep)
            return True
        finally:
            connection.terminate()  # which lets go of the lock

    async def _apply(self, connection: Any, table: str, keep: Keep) -> None:
        """One table; what is wrong with it is its own."""
        try:
            await self._all(connection, table, keep)
        except Exception as error:
            if connection.is_closed() or (is_trouble(error) and not isinstance(error, TimeoutError)):
                raise
            log.exception("retention_failed", table=table, error=type(error).__name__)

    async def _all(self, connection: Any, table: str, keep: Keep) -> None:
        size = gone = CHUNK_OF_BODIES if keep.bodies else CHUNK
        while gone == size:
            try:
                gone = await self._chunk(connection, table, keep, size)
            except TimeoutError:
                if size < SMALLEST * SMALLER:
                    raise
                size = gone = size // SMALLER
                log.warning("retention_slow", table=table, next=size)
            await asyncio.sleep(PAUSE)

    async def _chunk(self, connection: Any, table: str, keep: Keep, size: int) -> int:
        args = [self._clock.now() - keep.keep, *([self._versions] if "$2" in keep.over else [])]
        gone: int = await connection.fetchval(keep.delete(table, size), *args, timeout=WITHIN)
        self._telemetry.retention_rows.labels(table).inc(gone)
        return gone
