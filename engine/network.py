"""A carrier in memory: nodes of one process, for tests and simulations, with losses, delays and sudden deaths."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

import trio

from plixa.engine.ports import Owner
from plixa.engine.wire import Away, Carrier, Hears


class _Item(NamedTuple):
    """What is on its way: a frame from there, or that there is nobody."""

    place: Owner
    frame: bytes | None
    mark: str = ""


class Network:
    """Nodes that reach each other. loses: whether a frame from one to another is lost. delay: seconds of each."""

    def __init__(self) -> None:
        self.loses: Callable[[Owner, Owner, bytes], bool] = lambda _from, _to, _frame: False
        self.delay = 0.0
        self._there: dict[Owner, trio.MemorySendChannel[_Item]] = {}

    def carrier(self, node: str, incarnation: str = "1") -> Carrier:
        """The carrier of a node that is there once it runs."""
        return _Carrier(self, Owner(node, incarnation))

    def hand(self, origin: Owner, to: Owner, frame: bytes, mark: str) -> None:
        """From one to another. Raises `Away`."""
        if origin not in self._there:
            raise Away
        if self.loses(origin, to, frame):
            return
        if to in self._there:
            self._there[to].send_nowait(_Item(origin, frame))
        else:
            self._there[origin].send_nowait(_Item(to, None, mark))

    async def serve(self, me: Owner, hears: Hears, task_status: trio.TaskStatus[None]) -> None:
        """Be there until cancelled."""
        put, take = trio.open_memory_channel[_Item](inf)
        self._there[me] = put
        task_status.started()
        try:
            async for item in take:
                if self.delay:
                    await trio.sleep(self.delay)
                if item.frame is None:
                    hears.nobody(item.place, item.mark)
                else:
                    hears.arrived(item.place, item.frame)
        finally:
            self.leave(me)

    def has(self, place: Owner) -> bool:
        """Whether it is there."""
        return place in self._there

    def leave(self, place: Owner) -> None:
        """That process is gone, as if it was killed."""
        self._there.pop(place, None)


class _Carrier:
    def __init__(self, network: Network, me: Owner) -> None:
        self.me = me
        self._network = network

    @property
    def connected(self) -> bool:
        return self._network.has(self.me)

    def post(self, to: Owner, frame: bytes, mark: str) -> None:
        self._network.hand(self.me, to, frame, mark)

    async def room(self) -> None:
        await trio.lowlevel.checkpoint()

    async def run(self, hears: Hears, *, task_status: trio.TaskStatus[None]) -> None:
        await self._network.serve(self.me, hears, task_status)
