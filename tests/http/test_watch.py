"""What the watch looks back to, with a gateway and actors that only say what they were asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trio

from plixa.actors.whatsapp.number import LookBack, Number
from plixa.engine.actor import Outcome
from plixa.engine.clock import ManualClock
from plixa.engine.errors import Unavailable
from plixa.http.whatsapp.directory import NumberKey
from plixa.http.whatsapp.watch import Watch

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
NUMBER = NumberKey(1, 3, b"")
ROW = {"tenant_id": 1, "id": 3, "instance": "x", "status": "connected", "data": {}}


class Bus:
    """Keeps what numbers are asked; `away`: raises it instead."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.away = False
        self.full = False

    async def ask(self, _: Any, command: Any, **__: Any) -> Outcome:
        await trio.lowlevel.checkpoint()
        if self.away:
            raise Unavailable("the database is away")
        self.asked.append(command)
        return Outcome(Number(3), 1, () if self.full else ("something",))  # type: ignore[arg-type]


class Gateway:
    """A connection that is open."""

    async def state(self, _: str) -> str:
        await trio.lowlevel.checkpoint()
        return "open"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def watch(bus: Bus, clock: ManualClock) -> Watch:
    return Watch(None, bus, Gateway(), clock, "node-1")  # type: ignore[arg-type]


async def test_what_could_not_be_read_is_looked_for_from_what_was_heard_before_it(
    watch: Watch, bus: Bus, clock: ManualClock
) -> None:
    watch.heard(NUMBER)
    clock.set(NOON + timedelta(minutes=5))
    watch.suspect(NUMBER)
    clock.set(NOON + timedelta(minutes=6))
    watch.heard(NUMBER)  # the next one was fine
    watch.suspect(NUMBER)
    await watch._check(ROW)
    assert bus.asked == [LookBack(since=NOON, why="silence")]
    await watch._check(ROW)
    assert len(bus.asked) == 1


async def test_a_suspicion_outlives_a_database_that_is_away(watch: Watch, bus: Bus, clock: ManualClock) -> None:
    watch.suspect(NUMBER)
    bus.away = True
    with pytest.raises(Unavailable):
        await watch._check(ROW)
    bus.away = False
    await watch._check(ROW)
    assert [command.since for command in bus.asked] == [NOON - timedelta(minutes=10)]


async def test_a_suspicion_stays_while_so_many_look_backs_are_under_way(
    watch: Watch, bus: Bus, clock: ManualClock
) -> None:
    watch.suspect(NUMBER)
    bus.full = True
    for _ in range(3):
        await watch._check(ROW)
    bus.full = False
    await watch._check(ROW)
    await watch._check(ROW)
    assert [command.since for command in bus.asked] == [NOON - timedelta(minutes=10)] * 4
