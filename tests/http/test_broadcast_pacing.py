"""Broadcasts give way to whatever else a process has to do, and never for ever."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trio
from trio.testing import MockClock

from plixa.actors.broadcasts.state import Broadcast
from plixa.engine.clock import SystemClock
from plixa.engine.ports import Address, Effect, StoredEffect
from plixa.http.broadcasts import pacing
from plixa.http.broadcasts.freezing import Freezing
from plixa.http.broadcasts.pacing import Pacer


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def took(clock: MockClock, busy: float, what: Callable[[Pacer], Awaitable[None]]) -> float:
    """Seconds that something waits beside somebody who holds the loop for so long, again and again."""
    pacer = Pacer(cast("Any", None), SystemClock(), 0)
    began = trio.current_time()

    async def hold() -> None:
        while True:
            await trio.sleep(0.001)
            clock.jump(busy)

    async with trio.open_nursery() as nursery:
        if busy:
            nursery.start_soon(hold)
        await what(pacer)
        nursery.cancel_scope.cancel()
    return trio.current_time() - began


class Begun(Exception):
    """It goes to work."""


def services() -> Any:
    """A broadcast that is to be written down; whoever looks at its workspace has begun to."""

    async def state(_: Address) -> Broadcast:
        return Broadcast(id=7, phase="known", after=0)

    async def workspace(_: int) -> None:
        raise Begun

    return SimpleNamespace(bus=SimpleNamespace(state=state, workspace=workspace, ask=workspace))


async def a_turn(pacer: Pacer) -> None:
    """Of a recipient."""
    await pacer.wait(1, 1, stranger=False)


async def writing_down(pacer: Pacer) -> None:
    """Some recipients more."""
    request = {"phase": "known", "after": 0}
    stored = StoredEffect(Address(1, "broadcast", 7), Effect("f", "broadcast.freeze", "a", "a", request), "queued", 0)
    with pytest.raises(Begun):
        await Freezing(services(), pacer).freeze(stored)


@pytest.mark.parametrize("what", [a_turn, writing_down])
async def test_it_waits_while_others_hold_the_loop_and_no_longer_than_so_long(
    autojump_clock: MockClock, what: Callable[[Pacer], Awaitable[None]]
) -> None:
    assert await took(autojump_clock, 0.0, what) == pytest.approx(pacing.FEEL)
    assert pacing.LONGEST <= await took(autojump_clock, 0.05, what) < 2 * pacing.LONGEST
