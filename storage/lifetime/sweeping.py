"""What a commit says is gone, and whose rows are so many that they go afterwards.

One statement of one workspace must not hold up the commits of all: where a commit would delete without bound (the
messages of a conversation, a label on all contacts), it writes a row of `sweeps` instead (`or_mark`), and the sweeper
deletes some thousand rows at a time, within seconds. Until then whoever reads leaves them out (`reads/going.py`). A
conversation's key is destroyed in the commit itself.

A mark for a `peer` stands for what was put aside and may be this customer's words: webhooks that were not understood,
updates whose message has not come. Whose they are is known by fingerprints only.

`plixa rebuild` has nobody to hold up: it runs the statements as they stand in the projection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import trio

from plixa.engine.rounds import go_round, one_by_one
from plixa.engine.telemetry import Telemetry
from plixa.storage.conversation import statements as sql
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.eventlog.statement import Row, Statement
from plixa.storage.postgres.bridge import Database

CHUNK = 2_000
AT_ONCE = 50
PAUSE, LOOK_EVERY = 0.1, 5.0
"""Seconds until marks are found that this node has not made itself."""

LATER: Mapping[Statement, str] = {
    sql.MESSAGES_DROPPED: "messages",
    sql.MEDIA_DROPPED: "media_files",
    sql.LABEL_FORGOTTEN: "contact_labels",
    sql.FIELD_FORGOTTEN: "contact_values",
    sql.ANSWERS_DROPPED: "answers",
}
"""What a commit marks instead of doing it. Each statement takes the tenant, and what to look for."""


def or_mark(row: Row, at: datetime) -> Row:
    """The row itself, or the mark that a commit writes instead of it."""
    statement, values = row
    what = LATER.get(statement)
    return row if what is None else (sql.SWEEP_MARKED, (values[0], what, str(values[1]), at))


def fingerprint(seal: ApplicationKey, tenant: int, number_id: int, address: str) -> bytes:
    """What a peer's address is known by where its words are put aside. address: as in the table `peers`."""
    return seal.fingerprint(f"peer {tenant}/{number_id}/{address}")


# -- what goes --------------------------------------------------------------------------------------------------------

Args = Callable[[Any, ApplicationKey], tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Sweep:
    """where: which rows, by what `args` makes of the mark. keys: messages' keys are remembered as erased."""

    table: str
    where: str
    args: Args
    keys: bool = False

    @property
    def delete(self) -> str:
        """The statement that deletes a chunk, and tells how many rows it was."""
        chunk = f"select ctid from {self.table} where {self.where} limit {CHUNK} for update skip locked"
        gone = f"gone as (delete from {self.table} where ctid = any(array({chunk})) returning *)"
        return f"with {gone}{KEYS_ERASED if self.keys else ''} select count(*) from gone"

    @property
    def left(self) -> str:
        """Whether there are still such rows."""
        return f"select exists (select from {self.table} where {self.where})"


KEYS_ERASED = """, kept as (
    insert into erased_keys select tenant_id, number_id, sha256(convert_to(key_id, 'UTF8')), now()
    from gone where key_id is not null on conflict do nothing
)"""


def _by_id(row: Any, _: ApplicationKey) -> tuple[object, ...]:
    return row["tenant_id"], int(row["ref"])


def _by_stream(row: Any, _: ApplicationKey) -> tuple[object, ...]:
    return row["tenant_id"], row["ref"], row["marked_at"]


def _by_peer(row: Any, seal: ApplicationKey) -> tuple[object, ...]:
    number_id, _, address = row["ref"].partition(" ")
    return row["tenant_id"], int(number_id), fingerprint(seal, row["tenant_id"], int(number_id), address)


_WHOSE = "tenant_id = $1 and number_id = $2 and (whose is null or $3 = any(whose))"
SWEEPS: Mapping[str, tuple[Sweep, ...]] = {
    "messages": (Sweep("messages", "tenant_id = $1 and conversation_id = $2", _by_id, keys=True),),
    "media_files": (Sweep("media_files", "tenant_id = $1 and conversation_id = $2", _by_id),),
    "contact_labels": (Sweep("contact_labels", "tenant_id = $1 and label_id = $2", _by_id),),
    "contact_values": (Sweep("contact_values", "tenant_id = $1 and definition_id = $2", _by_id),),
    # Later ones of the address book are of contacts that are still there.
    "answers": (Sweep("answers", "tenant_id = $1 and stream = $2 and created_at <= $3", _by_stream),),
    "peer": (Sweep("kept_bodies", _WHOSE, _by_peer), Sweep("held_updates", _WHOSE, _by_peer)),
}


# -- the sweeper ------------------------------------------------------------------------------------------------------

MARKS = "select * from sweeps order by random() limit $1"
TAKE = "select * from sweeps where tenant_id = $1 and what = $2 and ref = $3 for update skip locked"
DONE = "delete from sweeps where tenant_id = $1 and what = $2 and ref = $3"


class Sweeper:
    """Deletes what is marked, until cancelled. Several nodes may do so at the same time."""

    def __init__(self, database: Database, seal: ApplicationKey, telemetry: Telemetry) -> None:
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
        gone, over = await self._database.run(_chunk, row, self._seal)
        self._progress |= gone > 0 or over
        self._telemetry.swept_rows.labels(row["what"]).inc(gone)


async def finish(connection: Any, seal: ApplicationKey) -> None:
    """Sweep everything that is marked, now: for tools that work on the tables while no node does."""
    while marks := await _marks(connection):
        for row in marks:
            await _chunk(connection, row, seal)


async def _marks(connection: Any) -> list[Any]:
    return list(await connection.fetch(MARKS, AT_ONCE))


async def _chunk(connection: Any, row: Any, seal: ApplicationKey) -> tuple[int, bool]:
    """Delete some of what a mark stands for, the mark with the last of it: how many rows, and whether it is over."""
    key = (row["tenant_id"], row["what"], row["ref"])
    async with connection.transaction():
        marked = await connection.fetchrow(TAKE, *key)
        if marked is None:  # another node is at it, or done
            return 0, False
        gone, left = 0, False
        for sweep in SWEEPS[marked["what"]]:
            args = sweep.args(marked, seal)
            gone += await connection.fetchval(sweep.delete, *args)
            left = left or await connection.fetchval(sweep.left, *args)
        if not left:
            await connection.execute(DONE, *key)
    return gone, not left
