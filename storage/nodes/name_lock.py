"""A node's name is one process's at a time.

Two processes of one name would both carry out the outbox of the same tenants, and take each other's sends that are
under way for ones that a crash has left behind. So each holds a lock of Postgres in a session of its own, which ends
with the process, however that ends. A process that starts while another one of its name is still stopping, as in a
deploy, waits for it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import asyncpg
import structlog
import trio

from plixa.engine.errors import Unavailable
from plixa.storage.postgres.bridge import Database

PATIENCE = 30.0
"""Seconds until it gives up: longer than a stop takes, and than Postgres needs to miss a host that is gone."""
LOOK_EVERY = 0.5
ASK_EVERY = 10
"""A session's end is heard without asking. One that is cut off is not: in every so manieth look it is asked."""
AGAIN = 0.05
LOCK = "select pg_try_advisory_lock(hashtext('plixa node'), hashtext($1))"
SEALS = "select pg_try_advisory_lock_shared(hashtext('plixa key'), hashtext($1))"
SEALED_BY_NOBODY = "select pg_try_advisory_lock(hashtext('plixa key'), hashtext($1))"
HELD = """
select exists (select from pg_locks where locktype = 'advisory' and granted and classid = hashtext('plixa node')::oid
  and database = (select oid from pg_database where datname = current_database()))
"""
KEEPALIVES = "set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3"
log = structlog.get_logger("plixa.store")


class NameTaken(Unavailable):
    """Another process has the node's name."""

    def __init__(self, node: str) -> None:
        super().__init__(
            f"Another process runs as node {node!r} on this database. Stop it, or give this one a name of its own with "
            "PLIXA_NODE."
        )


class KeyGoes(Unavailable):
    """What this process would seal with is being replaced at this moment."""

    def __init__(self) -> None:
        super().__init__(
            "`plixa rekey` is sealing anew what this PLIXA_SECRET_KEY sealed. Start with the new one as "
            "PLIXA_SECRET_KEY and this one as PLIXA_SECRET_KEY_OTHER, or wait until it is done."
        )


@asynccontextmanager
async def only_process(
    database: Database, node: str, patience: float = PATIENCE, *, key: bytes = b""
) -> AsyncGenerator[Callable[[], bool]]:
    """Be the only process of this name until the block is left. Gives what tells whether that is so at the moment.

    Raises `NameTaken`, in a group if it is lost later.

    key: the id of the key that this process seals with: what is sealed with it is not sealed anew meanwhile.
    Raises `KeyGoes` while that is being done.
    """
    name = _Name(database, node, key)
    try:
        await name.take(patience)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(name.keep, patience)
            yield name.is_held
            nursery.cancel_scope.cancel()
    finally:
        name.let_go()


async def anybody(connection: Any) -> bool:
    """Whether a node runs on this database, under whatever name."""
    runs: bool = await connection.fetchval(HELD)
    return runs


async def nobody_seals_with(connection: Any, key: bytes) -> bool:
    """Whether no process seals with this key; then none can start to, until it is unlocked."""
    nobody: bool = await connection.fetchval(SEALED_BY_NOBODY, key.hex())
    return nobody


class _Name:
    def __init__(self, database: Database, node: str, key: bytes) -> None:
        self._database = database
        self._node = node
        self._key = key
        self._connection: Any = None

    async def take(self, patience: float) -> None:
        """Take the lock as soon as it is free."""
        deadline, pause = trio.current_time() + patience, AGAIN
        while not await self._database.aio(self._held):
            if trio.current_time() > deadline:
                raise NameTaken(self._node)
            if pause == AGAIN:
                log.info("waiting_for_other_process", node=self._node, seconds=patience)
            await trio.sleep(pause)
            pause = min(2 * pause, 0.5)

    async def keep(self, patience: float) -> None:
        """Look that it is still held, and take it again where the session was lost."""
        for turn in count():
            await trio.sleep(LOOK_EVERY)
            if self.is_held() and turn % ASK_EVERY:
                continue
            try:
                await self.take(patience)
            except NameTaken:
                raise
            except (Unavailable, asyncpg.PostgresError) as error:  # away, or it lets nobody in, as with a new password
                log.warning("node_name_unknown", error=str(error))

    def is_held(self) -> bool:
        """Whether the session is there, as far as is known without asking."""
        return self._connection is not None and not self._connection.is_closed()

    def let_go(self) -> None:
        """End the session."""
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None

    async def _held(self) -> bool:
        """Under asyncio: whether the lock is this process's, with a new session where there is none."""
        if self.is_held():
            await self._connection.execute("select")
            return True
        connection: Any = await self._database.connect()
        try:
            await connection.execute(KEEPALIVES)
            if await connection.fetchval(LOCK, self._node):
                if self._key and not await connection.fetchval(SEALS, self._key.hex()):
                    raise KeyGoes
                self._connection, connection = connection, None
                return True
        finally:
            if connection is not None:
                connection.terminate()
        return False
