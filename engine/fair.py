"""Work for many tenants at once, so that no one of them waits for another one's backlog.

At most `at_once` items run, of one key at most `share`, and the keys take turns: whoever has one item waiting is next
after at most one item of each other key, however many those have.

    FairPool      runs what is put in, in tasks of its own
    FairLimiter   lets tasks that there are already go on
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

import trio

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Turns(Generic[K, T]):
    """Whose turn it is."""

    def __init__(self, at_once: int, share: int) -> None:
        self._at_once = at_once
        self._share = share
        self._waiting: dict[K, deque[T]] = {}
        self._order: deque[K] = deque()
        self._running: defaultdict[K, int] = defaultdict(int)
        self.under_way = 0

    def put(self, key: K, item: T) -> None:
        """Somebody waits."""
        if key not in self._waiting:
            self._waiting[key] = deque()
            self._order.append(key)
        self._waiting[key].append(item)

    def withdraw(self, key: K, item: T) -> None:
        """Somebody waits no longer."""
        self._waiting[key].remove(item)
        if not self._waiting[key]:
            del self._waiting[key]
            self._order.remove(key)

    def waiting(self, key: K) -> int:
        """How many items of this key have not begun."""
        return len(self._waiting.get(key, ()))

    def busy(self, more_than: int) -> set[K]:
        """The keys of which more items than this have not begun."""
        return {key for key, items in self._waiting.items() if len(items) > more_than}

    def take(self) -> tuple[K, T] | None:
        """The next one, which begins; None while there is none, or no room."""
        if self.under_way >= self._at_once:
            return None
        for _ in range(len(self._order)):
            key = self._order.popleft()
            if self._running[key] < self._share:
                return key, self._begin(key)
            self._order.append(key)
        return None

    def _begin(self, key: K) -> T:
        item = self._waiting[key].popleft()
        if self._waiting[key]:
            self._order.append(key)
        else:
            del self._waiting[key]
        self._running[key] += 1
        self.under_way += 1
        return item

    def over(self, key: K) -> None:
        """One of this key has ended."""
        self.under_way -= 1
        self._running[key] -= 1
        if not self._running[key]:
            del self._running[key]


class FairPool(Generic[K, T]):
    """Runs `work(item)` for what is put in, in a nursery. `work` must not raise: that would end the nursery."""

    def __init__(self, work: Callable[[T], Awaitable[None]], *, at_once: int, share: int) -> None:
        self._work = work
        self._turns: Turns[K, T] = Turns(at_once, share)
        self._nursery: trio.Nursery | None = None

    def start(self, nursery: trio.Nursery) -> None:
        """Work in this nursery from now on."""
        self._nursery = nursery
        self._go_on()

    def put(self, key: K, item: T) -> None:
        """Work that is to be done. Never waits; how much is put in is the caller's to bound."""
        self._turns.put(key, item)
        self._go_on()

    def waiting(self, key: K) -> int:
        """How many items of this key have not begun."""
        return self._turns.waiting(key)

    def busy(self, more_than: int) -> set[K]:
        """The keys of which more items than this have not begun."""
        return self._turns.busy(more_than)

    def _go_on(self) -> None:
        while self._nursery is not None and (taken := self._turns.take()) is not None:
            self._nursery.start_soon(self._run, *taken)

    async def _run(self, key: K, item: T) -> None:
        try:
            await self._work(item)
        finally:
            self._turns.over(key)
            self._go_on()


class FairLimiter(Generic[K]):
    """A limiter that gives its places by key: `async with limiter.turn(key)`."""

    def __init__(self, at_once: int, share: int) -> None:
        self._turns: Turns[K, trio.Event] = Turns(at_once, share)

    @property
    def under_way(self) -> int:
        """How many have a place."""
        return self._turns.under_way

    @asynccontextmanager
    async def turn(self, key: K) -> AsyncGenerator[None]:
        """Wait for a place, and keep it for the block."""
        mine = trio.Event()
        self._turns.put(key, mine)
        self._go_on()
        try:
            await mine.wait()
            yield
        finally:
            if mine.is_set():
                self._turns.over(key)
            else:
                self._turns.withdraw(key, mine)
            self._go_on()

    def _go_on(self) -> None:
        while (taken := self._turns.take()) is not None:
            taken[1].set()
