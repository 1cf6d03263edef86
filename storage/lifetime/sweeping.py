"""What a commit says is gone, and whose rows are so many that they go afterwards.

One statement of one workspace must not hold up the commits of all: where a commit would delete without bound (the
messages of a conversation, a label on all contacts), it writes a row of `sweeps` instead (`Tables.later`), and the
sweeper deletes some thousand rows at a time, within seconds. Until then whoever reads leaves them out (`going.py`). A
conversation's key is destroyed in the commit itself.

`plixa rebuild` has nobody to hold up: it runs the statements as they stand in the projection.
"""

from __future__ import annotations

import asyncio
from typing import Any

import trio

from plixa.engine.rounds import go_round, one_by_one
from plixa.engine.telemetry import Telemetry
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.postgres.bridge import Database
from plixa.storage.schema import Schema

AT_ONCE = 50
PAUSE, LOOK_EVERY = 0.1, 5.0
"""Seconds until marks are found that this node has not made itself."""

MARKS = "select * from sweeps order by random() limit $1"
TAKE = """
select * from sweeps where tenant_id = $1 and what = $2 and ref = $3
    and pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', 'sweep', $1, $2, $3), 0))
"""
"""One node's at a time, without a lock on the row: a commit that marks the same again must not wait for a chunk."""
DONE = "delete from sweeps where tenant_id = $1 and what = $2 and ref = $3 and marked_at = $4 returning 1"


class Sweeper:
    """Deletes what is marked, until cancelled. Several nodes may do so at the same time."""

    def __init__(self, database: Database, schema: Schema, seal: ApplicationKey, telemetry: Telemetry) -> None:
        self._schema = schema
        self._database = database
        self._seal = seal
        self._telemetry = telemetry
        self._marked = trio.Event()
        self._marked.set()
        self._progress = False

    def nudge(self) -> None:
        """A commit has marked something."""
        self._marked.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look whenever something was marked here, and every few seconds."""
        await go_round(self._round, PAUSE, task_status=task_status)

    async def _round(self) -> None:
        """Sweep all there is: of each mark a chunk, then the next one's, so that one of millions delays no other."""
        with trio.move_on_after(LOOK_EVERY):
            await self._marked.wait()
        self._marked = trio.Event()
        self._progress = True
        while self._progress:
            self._progress = False
            marks = await self._database.run(_marks)
            self._telemetry.sweeps_waiting.set(len(marks))
            await one_by_one(marks, self._sweep)

    async def _sweep(self, row: Any) -> None:
        gone, over = await self._database.run(_chunk, self._schema, row, self._seal)
        self._progress |= gone > 0 or over
        self._telemetry.swept_rows.labels(row["what"]).inc(gone)


async def finish(connection: Any, schema: Schema, seal: ApplicationKey) -> None:
    """Sweep everything that is marked, now: for tools that work on the tables while no node does."""
    while marks := await _marks(connection):
        for row in marks:
            await _chunk(connection, schema, row, seal)


async def finish_of(connection: Any, schema: Schema, seal: ApplicationKey, tenant: int) -> None:
    """Sweep what is marked of a tenant, beside nodes that may be at it, too."""
    while marks := await connection.fetch("select * from sweeps where tenant_id = $1", tenant):
        gone = [(await _chunk(connection, schema, row, seal))[0] for row in marks]
        if not any(gone):  # somebody else is at it
            await asyncio.sleep(PAUSE)


async def _marks(connection: Any) -> list[Any]:
    return list(await connection.fetch(MARKS, AT_ONCE))


async def _chunk(connection: Any, schema: Schema, row: Any, seal: ApplicationKey) -> tuple[int, bool]:
    """Delete some of what a mark stands for, the mark with the last of it: how many rows, and whether it is over."""
    key = (row["tenant_id"], row["what"], row["ref"])
    async with connection.transaction():
        marked = await connection.fetchrow(TAKE, *key)
        if marked is None:  # another node is at it, or done
            return 0, False
        gone, left = 0, False
        for sweep in schema.sweeps[marked["what"]]:
            args = sweep.args(marked, seal)
            gone += await connection.fetchval(sweep.delete, *args)
            left = left or await connection.fetchval(sweep.left, *args)
        over = not left and await connection.fetchval(DONE, *key, marked["marked_at"]) is not None
    return gone, over
