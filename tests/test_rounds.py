"""What looks again and again goes on whatever happens in a round."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from plixa.engine.dead_letters import DeadLetters
from plixa.engine.errors import Overloaded, Unavailable
from plixa.engine.rounds import go_round
from plixa.http.whatsapp.unreadable import UnreadableWebhooks
from plixa.http.workspace.erasure import Erasing


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


class Stumbling:
    """Does the work for all but the first."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.done: list[int] = []

    async def __call__(self, item: int) -> None:
        if item == 1:
            raise self._error
        self.done.append(item)


async def there(*_: Any) -> list[int]:
    return [1, 2, 3]


@pytest.mark.parametrize("error", [Overloaded("the mailbox"), OSError("a disk"), ValueError("a bug")])
async def test_one_workspaces_trouble_holds_up_no_other(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    database: Any = SimpleNamespace(run=there)
    services: Any = SimpleNamespace(database=database)
    store: Any = SimpleNamespace(requested_dead_letters=there)
    nothing: Any = None
    kept = UnreadableWebhooks(nothing, nothing, database, nothing, nothing, "node-1")
    erasing, parking = Erasing(services), DeadLetters(store, nothing, nothing)
    for of, work, in_a_round in (
        (kept, "_replay", kept._replay_requested),
        (erasing, "_finish", erasing._finish_all),
        (parking, "replay", parking._replay_requested),
    ):
        stumbling = Stumbling(error)
        monkeypatch.setattr(of, work, stumbling)
        await in_a_round()
        assert stumbling.done == [2, 3], work
