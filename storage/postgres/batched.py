"""One query for all who ask while the one before is under way: reads by key share round trips, as commits do.

Promises: what one gets was read after they asked; who asks alone waits for nobody; a key that cannot even be asked for
(a text that Postgres does not take) hurts those who ask for it alone; cancelling who waits changes nothing for others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextvars import copy_context
from typing import Any, Generic, TypeVar

from plixa.engine.errors import PlixaError, Unavailable
from plixa.engine.mailbox import Reply
from plixa.storage.postgres.bridge import Database

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Query = Callable[[Any, Sequence[K]], Awaitable[Mapping[K, V]]]
MOST = 500
"""Keys of one query."""


class BatchedRead(Generic[K, V]):
    """query: given a connection and keys, each once, returns the values that it finds by key."""

    def __init__(self, database: Database, query: Query[K, V]) -> None:
        self._database = database
        self._query = query
        self._waiting: list[tuple[K, Reply[V | None]]] = []
        self._reading = False
        self._context = copy_context()

    async def get(self, key: K) -> V | None:
        """The value of a key, or None. Raises what the query raises, `Unavailable`."""
        reply: Reply[V | None] = Reply()
        self._waiting.append((key, reply))
        if not self._reading:
            # In a context of its own: it is not the work of whoever happens to ask first.
            self._context.run(self._database.start, self._read_all)
            self._reading = True
        return await reply.get()

    async def _read_all(self) -> None:
        group: list[tuple[K, Reply[V | None]]] = []
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._read(group)
        finally:
            self._reading = False
            for _, reply in (*group, *self._waiting):  # where this ends early, nobody waits for ever
                reply.fail(Unavailable("The server is stopping."))
            self._waiting.clear()

    async def _read(self, group: Sequence[tuple[K, Reply[V | None]]]) -> None:
        try:
            found = await self._database.run(self._query, list(dict.fromkeys(key for key, _ in group)))
        except Exception as error:  # noqa: BLE001  # whoever asked is told
            if isinstance(error, PlixaError) or len(group) == 1:
                for _, reply in group:
                    reply.fail(error)
                return
            for each in group:
                await self._read([each])
        else:
            for key, reply in group:
                reply.set(found.get(key))
