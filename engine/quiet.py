"""Quiet moments: what nobody waits for begins when this process has nothing else to do.

How busy it is one feels by how late a short sleep ends; and whatever somebody waits for, an actor's turn, a page, a
message on its way out, waits for the database again and again: while any query is under way, the moment is not quiet.
"""

from __future__ import annotations

from collections.abc import Callable

import trio

FEEL, CALM, LONGEST = 0.01, 0.005, 0.25
"""Seconds: the sleep by which it is felt, how late its end may be, and how long anybody waits: none for ever."""


class Quiet:
    """Quiet moments, one for each who waits, in turn. busy: whether anybody waits for something."""

    def __init__(self, busy: Callable[[], bool], feel: float = FEEL, longest: float = LONGEST) -> None:
        self.busy = busy
        self._feel = feel
        self._longest = longest
        self._next = trio.Lock()

    async def wait(self) -> None:
        """Until there is one. Whoever has waited for longest by the time that it is its turn goes on at once."""
        until = trio.current_time() + self._longest
        async with self._next:
            while trio.current_time() < until and not await self._is_here():
                pass

    async def _is_here(self) -> bool:
        began = trio.current_time()
        await trio.sleep(self._feel)
        return trio.current_time() - began - self._feel < CALM and not self.busy()
