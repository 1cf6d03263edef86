"""Work for many tenants at once, so that no one of them waits for another one's backlog.

A pool runs at most `at_once` items, of one key at most `share`, and takes the keys in turn: whoever has one item
waiting is next after at most one item of each other key, however many those have.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import trio

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class FairPool(Generic[K, T]):
    """Runs `work(item)` for what is put in, in a nursery. `work` must not raise: that would end the nursery."""

    def __init__(self, work: Callable[[T], Awaitable[None]], *, at_once: int, share: int) -> None:
        self._work = work
        self._at_once = at_once
        self._share = share
        self._waiting: dict[K, deque[T]] = {}
        self._turns: deque[K] = deque()
        self._running: defaultdict[K, int] = defaultdict(int)
        self._under_way = 0
        self._nursery: trio.Nursery | None = None

    def start(self, nursery: trio.Nursery) -> None:
        """Work in this nursery from now on."""
        self._nursery = nursery
        self._go_on()

    def put(self, key: K, item: T) -> None:
        """Work that is to be done. Never waits; how much is put in is the caller's to bound."""
        if key not in self._waiting:
            self._waiting[key] = deque()
            self._turns.append(key)
        self._waiting[key].append(item)
        self._go_on()

    def waiting(self, key: K) -> int:
        """How many items of this key have not begun."""
        return len(self._waiting.get(key, ()))

    def busy(self, more_than: int) -> set[K]:
        """The keys of which more items than this have not begun."""
        return {key for key, items in self._waiting.items() if len(items) > more_than}

    def _go_on(self) -> None:
        if self._nursery is None:
            return
        passed = 0
        while self._under_way < self._at_once and passed < len(self._turns):
            key = self._turns.popleft()
            if self._running[key] >= self._share:
                self._turns.append(key)
                passed += 1
                continue
            passed = 0
            item = self._waiting[key].popleft()
            if self._waiting[key]:
                self._turns.append(key)
            else:
                del self._waiting[key]
            self._running[key] += 1
            self._under_way += 1
            self._nursery.start_soon(self._run, key, item)

    async def _run(self, key: K, item: T) -> None:
        try:
            await self._work(item)
        finally:
            self._under_way -= 1
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]
            self._go_on()
