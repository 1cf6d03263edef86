"""What nobody waits for begins in a quiet moment, and never waits for ever."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from plixa.engine.quiet import FEEL, LONGEST, Quiet

BREATH = 0.003


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def took(quiet: Quiet, waiting: int = 1) -> float:
    """Seconds until so many have had their quiet moments."""
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        for _ in range(waiting):
            nursery.start_soon(quiet.wait)
    return trio.current_time() - began


def until(at: float) -> Callable[[], bool]:
    """Somebody waits for something until then."""
    return lambda: trio.current_time() < at


async def test_where_nothing_is_going_on_it_is_felt_once(autojump_clock: MockClock) -> None:
    assert await took(Quiet(lambda: False)) == pytest.approx(FEEL)


async def test_it_comes_once_nobody_waits_for_anything(autojump_clock: MockClock) -> None:
    quiet = Quiet(until(trio.current_time() + LONGEST / 2))
    assert LONGEST / 2 <= await took(quiet) <= LONGEST / 2 + FEEL


async def test_it_does_not_come_while_the_loop_is_held(autojump_clock: MockClock) -> None:
    async def hold() -> None:
        while True:
            await trio.sleep(0.001)
            autojump_clock.jump(0.05)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hold)
        assert LONGEST <= await took(Quiet(lambda: False)) < 2 * LONGEST
        nursery.cancel_scope.cancel()


async def test_each_has_a_moment_of_its_own(autojump_clock: MockClock) -> None:
    assert await took(Quiet(lambda: False, BREATH), 50) == pytest.approx(50 * BREATH)


async def test_where_it_never_comes_nobody_waits_longer_however_many_there_are(autojump_clock: MockClock) -> None:
    assert LONGEST <= await took(Quiet(lambda: True, BREATH), 1000) <= LONGEST + BREATH
