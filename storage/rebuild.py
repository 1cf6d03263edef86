"""`plixa rebuild`: empty the read models and replay the log into them. The result equals what was there.

It uses the same projection and the same statements as the commits do. Nobody may write meanwhile: the command takes
the migration lock, and running nodes notice a higher epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plixa.engine.actor import Kind
from plixa.engine.events import Recorded
from plixa.engine.ports import address_of
from plixa.storage import statements as sql
from plixa.storage.keyring import Keyring
from plixa.storage.log import decode_rows
from plixa.storage.projection import rows, state_rows
from plixa.storage.statements import Row, Statement

READ_MODELS = ("workspaces", "members", "numbers", "contacts", "peers", "conversations", "messages", "media_files")
CHUNK = 2_000
NOT_A_READ_MODEL = {
    sql.KEY_DESTROYED,
    sql.SNAPSHOT_DROPPED,
    sql.KEYS_ERASED,
    sql.ANSWERS_DROPPED,
    sql.PARKED_DROPPED,
}
DROPS = {sql.MEDIA_DROPPED, sql.MESSAGES_DROPPED, sql.CONVERSATION_DROPPED, sql.PEERS_DROPPED}
UPDATED_AT = 18
NEXT = """
select tenant_id, position, stream, revision, type, at, actor, cause, key_id, data from events
where (tenant_id, position) > ($1, $2) order by tenant_id, position limit $3
"""


class Rebuilder:
    """Folds every stream once, in log order."""

    def __init__(self, keyring: Keyring, kinds: Mapping[str, Kind[Any]]) -> None:
        self._keyring = keyring
        self._kinds = kinds
        self._states: dict[tuple[int, str], Any] = {}
        self._conversations: dict[tuple[int, str], tuple[object, ...]] = {}
        self.events = 0

    async def run(self, connection: Any, progress: Callable[[int], None] = lambda _: None) -> int:
        """Rebuild in one transaction; returns the number of events. Readers see the old rows until it commits."""
        async with connection.transaction():
            await connection.execute(f"truncate {', '.join(READ_MODELS)}")
            tenant, position = -1, 0
            while chunk := await connection.fetch(NEXT, tenant, position, CHUNK):
                recorded = await decode_rows(connection, self._keyring, chunk)
                await self._write(connection, recorded)
                tenant, position = recorded[-1].tenant, recorded[-1].position
                self.events += len(recorded)
                progress(self.events)
        return self.events

    async def _write(self, connection: Any, chunk: Sequence[Recorded]) -> None:
        rounds = Rounds()
        changed: dict[tuple[int, str], Row] = {}
        for recorded in chunk:
            state = self._fold(recorded)
            for row in rows(recorded, state):
                if row[0] in DROPS:
                    changed.pop((recorded.tenant, recorded.stream), None)
                    await rounds.flush(connection)
                if row[0] not in NOT_A_READ_MODEL:
                    rounds.add(row)
                if row[0] in DROPS:
                    await rounds.flush(connection)
            for row in state_rows(recorded.tenant, state, recorded.at):
                self._remember(recorded, row, changed)
        for row in changed.values():
            rounds.add(row)
        await rounds.flush(connection)

    def _remember(self, recorded: Recorded, row: Row, changed: dict[tuple[int, str], Row]) -> None:
        """Keep a conversation's row if it differs; `updated_at` alone is no difference, as it was none at the time."""
        key, values = (recorded.tenant, recorded.stream), row[1]
        compared = (*values[:UPDATED_AT], *values[UPDATED_AT + 1 :])
        if self._conversations.get(key) != compared:
            self._conversations[key] = compared
            changed[key] = row

    def _fold(self, recorded: Recorded) -> Any:
        key = (recorded.tenant, recorded.stream)
        address = address_of(*key)
        kind = self._kinds[address.kind]
        state = self._states.get(key)
        state = kind.evolve(kind.initial(address.id) if state is None else state, recorded.event)
        self._states[key] = state
        return state


class Rounds:
    """Rows in the order of their events, written in as few statements as that order allows.

    The first change of every row goes in the first round, the second in the second, and so on: within a round no row
    is touched twice, and rounds are written one after the other.
    """

    def __init__(self) -> None:
        self._rounds: list[dict[Statement, list[tuple[object, ...]]]] = []
        self._depth: dict[tuple[object, ...], int] = {}

    def add(self, row: Row) -> None:
        """One more row."""
        statement, values = row
        key = (statement.table, *values[: statement.key])
        depth = self._depth.get(key, 0)
        self._depth[key] = depth + 1
        if depth == len(self._rounds):
            self._rounds.append({})
        self._rounds[depth].setdefault(statement, []).append(values)

    async def flush(self, connection: Any) -> None:
        """Write everything."""
        for round_ in self._rounds:
            for statement, values in round_.items():
                await connection.execute(statement.sql, *zip(*values, strict=True))
        self._rounds.clear()
        self._depth.clear()
