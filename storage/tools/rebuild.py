"""`plixa rebuild`: empty the read models and replay the log into them. The result equals what was there.

It uses the same projection and the same statements as the commits do. Everything happens in one transaction, so that a
rebuild that is broken off leaves what was there. The tables are locked meanwhile: whoever reads them waits, and a node
that still runs cannot commit; it answers 503.

A tenant's log is read chunk by chunk by its primary key, and Postgres writes one chunk's rows while the next chunk is
decoded and folded. A conversation's row, which nearly every event changes, is written once, at the tenant's end. The
inverted indexes, which cost a row more than all the others together, are made anew when all rows are there.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from plixa.engine.actor import Kind
from plixa.engine.events import Recorded
from plixa.engine.ports import address_of
from plixa.storage.conversation import moving, statements as sql
from plixa.storage.conversation.of_state import state_rows
from plixa.storage.conversation.rows import rows
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.reader import RANGE, decode_rows, fetch_keys
from plixa.storage.eventlog.statement import Row, Statement
from plixa.storage.lifetime.sweeping import finish

READ_MODELS = (
    "workspaces",
    "members",
    "numbers",
    "contacts",
    "peers",
    "conversations",
    "conversation_facets",
    "conversation_seen",
    "messages",
    "media_files",
    "csat_ratings",
    "sla_clocks",
    "resolutions",
    "contact_labels",
    "contact_values",
    "contact_merges",
    "contact_imports",
    "conversation_merges",
)
CHUNK = 2_000
NOT_A_READ_MODEL = {
    sql.SUMMARY_DROPPED,
    sql.KEY_DESTROYED,
    sql.SNAPSHOT_DROPPED,
    sql.EARLIER_SNAPSHOT_DROPPED,
    sql.PEERS_SWEPT,
    sql.ANSWERS_DROPPED,
    sql.PARKED_DROPPED,
    sql.IMPORT_FILE_DROPPED,
}
DROPS = {
    sql.CSAT_DROPPED,
    sql.SLA_DROPPED,
    sql.RESOLUTIONS_DROPPED,
    sql.MEDIA_DROPPED,
    sql.MESSAGES_DROPPED,
    sql.FACETS_DROPPED,
    sql.SEEN_DROPPED,
    sql.CONVERSATION_DROPPED,
    sql.PEERS_DROPPED,
    sql.CONTACT_LABELS_DROPPED,
    sql.LABEL_FORGOTTEN,
    sql.CONTACT_VALUES_DROPPED,
    sql.FIELD_FORGOTTEN,
    sql.MERGES_DROPPED,
}
ALONE = DROPS | {
    moving.PEERS_LED,
    moving.CONVERSATIONS_UNMERGED,
    moving.MESSAGES_MOVED,
    moving.MEDIA_MOVED,
    moving.SLA_MOVED,
    moving.CSAT_MOVED,
    moving.RESOLUTIONS_MOVED,
}
"""What changes rows by other columns than those that identify them."""
OF_THE_STATE = (sql.CONVERSATION, sql.FACETS)
UPDATED_AT = 18
YIELD_EVERY = 100
TENANTS = "select tenant_id from heads order by tenant_id"
# A plan is made when a table is still empty; kept, it would scan the table once a chunk when it no longer is.
INVERTED = """
select c.oid::regclass::text as name, pg_get_indexdef(c.oid) as definition
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
where i.indrelid = any($1::text[]::regclass[]) and a.amname = 'gin' order by 1
"""
PLAN_ANEW = "set local plan_cache_mode = force_custom_plan"


class Rebuilder:
    """Folds every stream once, in log order."""

    def __init__(self, keyring: Keyring, kinds: Mapping[str, Kind[Any]]) -> None:
        self._keyring = keyring
        self._kinds = kinds
        self.events = 0

    async def run(self, connection: Any, progress: Callable[[int], None] = lambda _: None) -> int:
        """Rebuild in one transaction; returns the number of events."""
        with _collector_off():
            async with connection.transaction():
                await finish(connection, self._keyring.application_key)  # else its keys would not be known as erased
                await connection.execute(f"truncate {', '.join(READ_MODELS)}")
                await connection.execute(PLAN_ANEW)
                inverted = await connection.fetch(INVERTED, list(READ_MODELS))
                for index in inverted:
                    await connection.execute(f"drop index {index['name']}")
                for row in await connection.fetch(TENANTS):
                    await self._replay(connection, row["tenant_id"], progress)
                for index in inverted:
                    await connection.execute(index["definition"])
        return self.events

    async def _replay(self, connection: Any, tenant: int, progress: Callable[[int], None]) -> None:
        """One tenant's whole log."""
        replay, rounds, position = Replay(self._kinds), Rounds(), 0
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
        await _write_conversations(connection, replay)

    async def _fold(self, replay: Replay, chunk: Sequence[Any]) -> Rounds:
        rounds = Rounds()
        for start in range(0, len(chunk), YIELD_EVERY):
            for recorded in decode_rows(self._keyring, chunk[start : start + YIELD_EVERY]):
                replay.fold(recorded, rounds)
            await asyncio.sleep(0)  # for who writes, to send the next statement
        return rounds


async def _write_conversations(connection: Any, replay: Replay) -> None:
    changed = list(replay.conversations.values())
    for start in range(0, len(changed), CHUNK):
        rounds = Rounds()
        for row in changed[start : start + CHUNK]:
            rounds.add(row)
        await rounds.write(connection)


class Replay:
    """A tenant's actors, as they were at some point of its log, and their conversations' rows at that point."""

    def __init__(self, kinds: Mapping[str, Kind[Any]]) -> None:
        self._kinds = kinds
        self._states: dict[str, Any] = {}
        self.conversations: dict[tuple[str, Statement], Row] = {}

    def fold(self, recorded: Recorded, rounds: Rounds) -> None:
        """One event more; the rows that follow from it go to `rounds`."""
        state = self._evolve(recorded)
        for row in rows(recorded, state):
            if row[0] is sql.CONVERSATION_DROPPED:
                for statement in OF_THE_STATE:
                    self.conversations.pop((recorded.stream, statement), None)
            if row[0] not in NOT_A_READ_MODEL:
                rounds.add(row, alone=row[0] in ALONE)
        for row in state_rows(recorded.tenant, state, recorded.at):
            self._remember(recorded.stream, row)

    def _remember(self, stream: str, row: Row) -> None:
        """Keep a conversation's row if it differs; `updated_at` alone is no difference, as it was none at the time."""
        known = self.conversations.get((stream, row[0]))
        if known is None or _but_for_updated_at(known) != _but_for_updated_at(row):
            self.conversations[stream, row[0]] = row

    def _evolve(self, recorded: Recorded) -> Any:
        address = address_of(recorded.tenant, recorded.stream)
        kind = self._kinds[address.kind]
        state = self._states.get(recorded.stream)
        state = kind.evolve(kind.initial(address.id) if state is None else state, recorded.event)
        self._states[recorded.stream] = state
        return state


def _but_for_updated_at(row: Row) -> tuple[object, ...]:
    if row[0] is not sql.CONVERSATION:
        return row[1]
    return row[1][:UPDATED_AT] + row[1][UPDATED_AT + 1 :]


@contextmanager
def _collector_off() -> Generator[None]:
    """Without the collection of cycles: there are none, and looking for them among all states takes half the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Rounds:
    """Rows in the order of their events, written in as few statements as that order allows.

    The first change of every row goes in the first round, the second in the second, and so on: within a round no row
    is touched twice, and rounds are written one after the other.
    """

    def __init__(self) -> None:
        self._rounds: list[dict[Statement, list[tuple[object, ...]]]] = []
        self._depth: dict[tuple[object, ...], int] = {}
        self._floor = 0

    def add(self, row: Row, *, alone: bool = False) -> None:
        """One more row. alone: after all rows that came before it, and before all that come after it."""
        statement, values = row
        key = (statement.table, *values[: statement.key])
        depth = len(self._rounds) if alone else max(self._depth.get(key, 0), self._floor)
        self._depth[key] = depth + 1
        if depth == len(self._rounds):
            self._rounds.append({})
        self._rounds[depth].setdefault(statement, []).append(values)
        if alone:
            self._floor = len(self._rounds)

    async def write(self, connection: Any) -> None:
        """Write everything."""
        for round_ in self._rounds:
            for statement, values in round_.items():
                await connection.execute(statement.sql, *zip(*values, strict=True))
