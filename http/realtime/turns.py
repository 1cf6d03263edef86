"""Whose turn it is to read the log: a few at a time on the node, one of a token, first come, first served.

Resuming from far behind is many reads, and a node's connections to the database serve everybody.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

import trio

READERS = 3
"""Of the pool's eight connections."""


class Turns:
    """Takes no notice of who has gone."""

    def __init__(self) -> None:
        self._node = trio.CapacityLimiter(READERS)
        self._tokens: WeakValueDictionary[int, trio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def taken(self, token_id: int) -> AsyncGenerator[None]:
        """Wait for one's turn; it is over with the block."""
        lock = self._tokens.get(token_id) or self._tokens.setdefault(token_id, trio.Lock())
        async with lock, self._node:
            yield
