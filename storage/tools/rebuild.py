"""`plixa rebuild`: empty the read models and replay the log into them. The result equals what was there.

It uses the same projection and the same statements as the commits do. Everything happens in one transaction, so that a
rebuild that is broken off leaves what was there. The tables are locked meanwhile: whoever reads them waits, and a node
that still runs cannot commit; it answers 503.

A tenant's log is read chunk by chunk by its primary key, and Postgres writes one chunk's rows while the next chunk is
decoded and folded. A conversation's row, which nearly every event changes, is written once, at the tenant's end. The
inverted indexes, which cost a row more than all the others together, are made anew when all rows are there. So are the
unique ones: what is one member's address now may have been another one's, in a workspace that is replayed later.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from plixa.engine.actor import ActorType
from plixa.engine.events import Recorded
from plixa.engine.ports import address_of
from plixa.storage.eventlog.batches import Rounds
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.reader import RANGE, decode_rows, fetch_keys
from plixa.storage.eventlog.statement import Row, Statement
from plixa.storage.lifetime.sweeping import finish
from plixa.storage.schema import Schema

CHUNK = 2_000
YIELD_EVERY = 100
TENANTS = "select tenant_id from heads order by tenant_id"
# A plan is made when a table is still empty; kept, it would scan the table once a chunk when it no longer is.
MADE_ANEW = """
select c.oid::regclass::text as name, pg_get_indexdef(c.oid) as definition
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
where i.indrelid = any($1::text[]::regclass[])
  and (a.amname = 'gin' or i.indisunique and not exists (select from pg_constraint where conindid = i.indexrelid))
order by 1
"""
PLAN_ANEW = "set local plan_cache_mode = force_custom_plan"


class Rebuilder:
    """Folds every stream once, in log order."""

    def __init__(self, keyring: Keyring, kinds: Mapping[str, ActorType[Any]], schema: Schema) -> None:
        self._keyring = keyring
        self._schema = schema
        self._kinds = kinds
        self.events = 0

    async def run(self, connection: Any, progress: Callable[[int], None] = lambda _: None) -> int:
        """Rebuild in one transaction; returns the number of events."""
        with collector_off():
            async with connection.transaction():
                await finish(
                    connection, self._schema, self._keyring.application_key
                )  # else its keys would not be known as erased
                await connection.execute(f"truncate {', '.join(self._schema.read_models)}")
                await connection.execute(PLAN_ANEW)
                indexes = await connection.fetch(MADE_ANEW, self._schema.read_models)
                for index in indexes:
                    await connection.execute(f"drop index {index['name']}")
                for row in await connection.fetch(TENANTS):
                    await self.replay(connection, Replay(self._kinds, self._schema), row["tenant_id"], 0, progress)
                for index in indexes:
                    await connection.execute(index["definition"])
        return self.events

    async def replay(
        self, connection: Any, replay: Replay, tenant: int, position: int, progress: Callable[[int], None]
    ) -> int:
        """One tenant's log from a position on; returns the last one."""
        rounds = Rounds()
        while chunk := await connection.fetch(RANGE, tenant, position, CHUNK):
            await fetch_keys(connection, self._keyring, chunk)  # the connection is busy from here on
            writing = asyncio.ensure_future(rounds.write(connection))
            try:
                rounds = await self._fold(replay, chunk)
            finally:
                await writing
            position = chunk[-1]["position"]
            self.events += len(chunk)
            progress(self.events)
        await rounds.write(connection)
        await _write_of_states(connection, replay.changed())
        return position

    async def _fold(self, replay: Replay, chunk: Sequence[Any]) -> Rounds:
        rounds = Rounds()
        for start in range(0, len(chunk), YIELD_EVERY):
            for recorded in decode_rows(self._keyring, chunk[start : start + YIELD_EVERY]):
                replay.fold(recorded, rounds)
            await asyncio.sleep(0)  # for who writes, to send the next statement
        return rounds


async def _write_of_states(connection: Any, changed: Sequence[Row]) -> None:
    for start in range(0, len(changed), CHUNK):
        rounds = Rounds()
        for row in changed[start : start + CHUNK]:
            rounds.add(row)
        await rounds.write(connection)


class Replay:
    """A tenant's actors, as they were at some point of its log, and the rows of their states at that point."""

    def __init__(self, kinds: Mapping[str, ActorType[Any]], schema: Schema) -> None:
        self._kinds = kinds
        self._schema = schema
        self._read_models = frozenset(schema.read_models)
        self._states: dict[str, Any] = {}
        self._of_states: dict[str, dict[Statement, tuple[object, ...]]] = {}
        self._changed: set[str] = set()

    def fold(self, recorded: Recorded, rounds: Rounds) -> None:
        """One event more; the rows that follow from it go to `rounds`."""
        state = self._evolve(recorded)
        for row in self._schema.rows(recorded, state):
            if row[0].table in self._read_models:
                rounds.add(row)
        of_state = self._schema.of_states.get(address_of(recorded.tenant, recorded.stream).kind)
        if of_state is not None:
            rows = dict(of_state.rows(recorded.tenant, state, recorded.at))
            self._remember(recorded.stream, rows, of_state.but)

    def changed(self) -> list[Row]:
        """The rows of those states that have changed since this was asked for."""
        streams, self._changed = self._changed, set()
        return [row for stream in self._of_states if stream in streams for row in self._of_states[stream].items()]

    def _remember(self, stream: str, rows: dict[Statement, tuple[object, ...]], but: str) -> None:
        """Keep a state's rows; what differs in the column `but` alone does not differ, as it did not at the time."""
        known = self._of_states.get(stream, {})
        for statement, values in known.items():
            if statement in rows and _without(statement, values, but) == _without(statement, rows[statement], but):
                rows[statement] = values
        self._of_states[stream] = rows
        self._changed.add(stream)

    def _evolve(self, recorded: Recorded) -> Any:
        address = address_of(recorded.tenant, recorded.stream)
        kind = self._kinds[address.kind]
        state = self._states.get(recorded.stream)
        state = kind.evolve(kind.initial(address.id) if state is None else state, recorded.event)
        self._states[recorded.stream] = state
        return state


def _without(statement: Statement, values: tuple[object, ...], column: str) -> tuple[object, ...]:
    if column not in statement.columns:
        return values
    at = statement.columns.index(column)
    return values[:at] + values[at + 1 :]


@contextmanager
def collector_off() -> Generator[None]:
    """Without the collection of cycles: there are none, and looking for them among all states takes half the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
