"""What looks again and again goes on whatever happens in a round."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from plixa.engine.errors import Unavailable
from plixa.engine.rounds import go_round


async def test_a_round_that_fails_is_not_the_last(autojump_clock: MockClock) -> None:
    failures: list[Exception] = [Unavailable("the database"), OSError("the network"), ValueError("a bug")]
    rounds: list[float] = []

    async def work() -> None:
        rounds.append(trio.current_time())
        if failures:
            raise failures.pop()

    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: go_round(work, 2.0, task_status=task_status))
        await trio.sleep(7)
        nursery.cancel_scope.cancel()
    began = rounds[0]
    assert [at - began for at in rounds] == pytest.approx([0, 2, 4, 6])
