"""Each piece of a broadcast begins in a quiet moment: `tests/engine/test_quiet.py` says what that is."""

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
from plixa.engine.quiet import Quiet
from plixa.http.broadcasts.effects import Telling
from plixa.http.broadcasts.freezing import Freezing
from plixa.http.broadcasts.pacing import Pacer
from plixa.http.whatsapp.effects import EFFECTS

LATER = 0.1


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


class Begun(Exception):
    """It goes to work."""


def services(quiet: Quiet) -> Any:
    """A broadcast that is to be written down, or closed; whoever looks at its workspace, or asks it, has begun to."""

    async def state(_: Address) -> Broadcast:
        return Broadcast(id=7, phase="known", after=0)

    async def begin(*_: object, **__: object) -> None:
        raise Begun

    return SimpleNamespace(bus=SimpleNamespace(state=state, workspace=begin, ask=begin), quiet=quiet)


def effect(kind: str) -> StoredEffect:
    request = {"phase": "known", "after": 0}
    return StoredEffect(Address(1, "broadcast", 7), Effect("f", kind, "a", "a", request), "queued", 0)


async def a_turn(quiet: Quiet) -> None:
    """Of a recipient."""
    await Pacer(cast("Any", None), SystemClock(), quiet, 0).wait(1, 1, stranger=False)


async def writing_down(quiet: Quiet) -> None:
    """Some recipients more."""
    with pytest.raises(Begun):
        await Freezing(services(quiet)).freeze(effect("broadcast.freeze"))


async def closing(quiet: Quiet) -> None:
    """Some of those who waited."""
    with pytest.raises(Begun):
        await Telling(services(quiet)).close(effect("broadcast.close"))


@pytest.mark.parametrize("what", [a_turn, writing_down, closing])
async def test_it_begins_once_nobody_waits_for_anything(
    autojump_clock: MockClock, what: Callable[[Quiet], Awaitable[None]]
) -> None:
    began = trio.current_time()
    await what(Quiet(lambda: trio.current_time() < began + LATER))
    assert trio.current_time() >= began + LATER


def test_its_messages_go_out_behind_all_others() -> None:
    assert {kind for kind, spec in EFFECTS.items() if spec.queue.behind} == {"gateway.send_one_of_many"}
