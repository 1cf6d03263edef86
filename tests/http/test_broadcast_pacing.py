"""Broadcasts give way to whatever else a process has to do, and never for ever."""

from __future__ import annotations

from typing import Any, cast

import pytest
import trio
from trio.testing import MockClock

from plixa.engine.clock import SystemClock
from plixa.http.broadcasts import pacing
from plixa.http.broadcasts.pacing import Pacer


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def took(clock: MockClock, busy: float) -> float:
    """Seconds that a turn waits beside somebody who holds the loop for so long, again and again."""
    pacer = Pacer(cast("Any", None), SystemClock(), 0)
    began = trio.current_time()

    async def hold() -> None:
        while True:
            await trio.sleep(0.001)
            clock.jump(busy)

    async with trio.open_nursery() as nursery:
        if busy:
            nursery.start_soon(hold)
        await pacer.wait(1, 1, stranger=False)
        nursery.cancel_scope.cancel()
    return trio.current_time() - began


async def test_a_turn_waits_while_others_hold_the_loop_and_no_longer_than_so_long(autojump_clock: MockClock) -> None:
    assert await took(autojump_clock, 0.0) == pytest.approx(pacing.FEEL)
    assert pacing.LONGEST <= await took(autojump_clock, 0.05) < 2 * pacing.LONGEST
