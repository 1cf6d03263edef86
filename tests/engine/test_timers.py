"""Timers, one by one: when they fire, and what becomes of the row in each way that a turn can end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import trio
from tests.engine.memory import MemoryStore
from tests.engine.talker import KINDS, START, Engine, Say, Talk, open_engine, talker
from trio.testing import MockClock

from plixa.engine import timers
from plixa.engine.actor import TimerFired
from plixa.engine.errors import Refused, Unavailable
from plixa.engine.ports import Address
from plixa.engine.timers import LONGEST_TURN, TimerService

ONE = Address(1, "talk", 1)


@asynccontextmanager
async def ticking(store: MemoryStore, decide: Any = KINDS["talk"].decide) -> AsyncIterator[Engine]:
    """An engine with its timers, as the composition root wires them."""
    async with open_engine(store, {**KINDS, "talk": replace(talker(), decide=decide)}) as engine:
        service = TimerService(store, engine.registry, engine.clock, engine.telemetry)
        store.listeners.append(lambda commit, _: service.committed(commit.address, commit.timers_set))
        await engine.nursery.start(service.run)
        yield engine


def fired(sample: Engine, name: str = "plixa_timers_fired_total") -> float:
    return sample.telemetry.registry.get_sample_value(name) or 0.0


def when_fired(then: Any) -> Any:
    """Decides as ever but where a timer fires."""

    def decide(state: Talk, command: Any, now: Any) -> Any:
        return then(command) if isinstance(command, TimerFired) else KINDS["talk"].decide(state, command, now)

    return decide


def raising(error: Exception) -> Any:
    def then(_: TimerFired) -> Any:
        raise error

    return then


async def test_one_that_is_set_just_after_a_look_fires_when_it_is_due(mock_clock: MockClock) -> None:
    async with ticking(MemoryStore()) as engine:
        await trio.sleep(1)  # the next look is four seconds away
        await engine.ask(1, Say(text="remind", at=engine.clock.now() + timedelta(seconds=0.3)))
        await trio.sleep(0.29)
        assert await engine.said(1) == ("remind",)
        await trio.sleep(0.05)
        assert await engine.said(1) == ("remind", "remind fired")
        assert fired(engine) == 1


async def test_an_earlier_one_overtakes_one_that_is_waited_for(mock_clock: MockClock) -> None:
    async with ticking(MemoryStore()) as engine:
        await engine.ask(1, Say(text="remind", at=engine.clock.now() + timedelta(seconds=4)))
        await trio.sleep(0.1)
        await engine.ask(2, Say(text="call", at=engine.clock.now() + timedelta(seconds=1)))
        await trio.sleep(1.1)
        assert await engine.said(2) == ("call", "call fired")
        assert await engine.said(1) == ("remind",)
        await trio.sleep(3)
        assert await engine.said(1) == ("remind", "remind fired")


async def test_one_that_was_due_while_nothing_ran_fires_late_and_with_its_own_time(mock_clock: MockClock) -> None:
    store, seen = MemoryStore(), list[TimerFired]()
    async with open_engine(store) as engine:
        due = START - timedelta(seconds=30)  # each engine begins at START
        await engine.ask(1, Say(text="remind", at=due))
        await trio.sleep(3600)

    def note(command: TimerFired) -> Any:
        seen.append(command)
        return []

    async with ticking(store, when_fired(note)):
        await trio.sleep(0.5)
    assert seen[0] == TimerFired(name="remind", due=due)


@pytest.mark.parametrize("error", [ZeroDivisionError("a bug"), Refused("no")], ids=["parked", "refused"])
async def test_the_row_of_a_turn_that_is_parked_or_refused_goes(mock_clock: MockClock, error: Exception) -> None:
    store = MemoryStore()
    async with ticking(store, when_fired(raising(error))) as engine:
        await engine.ask(1, Say(text="remind", at=engine.clock.now() + timedelta(seconds=1)))
        await trio.sleep(3)
        assert store.memory.timers == {}
        assert len(store.memory.dead_letters) == isinstance(error, ZeroDivisionError)
        await trio.sleep(600)
    assert len(store.memory.dead_letters) == isinstance(error, ZeroDivisionError)


async def test_of_one_that_is_not_pending_any_more_only_the_row_is_left_and_that_goes(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with ticking(store, when_fired(lambda _: [])) as engine:
        await engine.said(1)  # loaded before the row is there
        store.memory.timers[ONE, "remind"] = engine.clock.now()
        await trio.sleep(6)
        assert store.memory.timers == {}


async def test_a_row_that_cannot_be_cleared_is_cleared_later_and_ends_nothing(mock_clock: MockClock) -> None:
    store = MemoryStore()
    store.failing["clear_timer"] = lambda _: Unavailable("away")
    async with ticking(store, when_fired(raising(Refused("no")))) as engine:
        await engine.ask(1, Say(text="remind", at=engine.clock.now() + timedelta(seconds=1)))
        await trio.sleep(20)
        assert len(store.memory.timers) == 1
        assert 2 <= store.calls["clear_timer"] <= 8  # with growing pauses
        del store.failing["clear_timer"]
        await trio.sleep(60)
        assert store.memory.timers == {}


async def test_a_turn_that_hangs_is_left_and_tried_again(mock_clock: MockClock) -> None:
    asked: list[float] = []

    class Bus:
        async def ask(self, *_: Any, **__: Any) -> Any:
            asked.append(trio.current_time())
            await trio.sleep_forever()

    store = MemoryStore()
    async with open_engine(store) as engine:
        store.memory.timers[ONE, "remind"] = engine.clock.now()
        service = TimerService(store, Bus(), engine.clock, engine.telemetry)  # type: ignore[arg-type]
        await engine.nursery.start(service.run)
        await trio.sleep(LONGEST_TURN + 4)
    assert len(asked) == 2
    assert LONGEST_TURN < asked[1] - asked[0] < LONGEST_TURN + 2
    assert store.memory.timers


async def test_what_went_well_has_nothing_against_it(mock_clock: MockClock) -> None:
    """Trouble, then a good turn, then trouble: the first pause again, not the third."""
    store, troubles = MemoryStore(), [Unavailable("1"), Unavailable("2"), None, Unavailable("3")]
    asked: list[float] = []

    class Bus:
        async def ask(self, address: Address, command: Any, **_: Any) -> Any:
            asked.append(trio.current_time())
            error = troubles.pop(0) if troubles else None
            if error is not None:
                raise error
            return type("Outcome", (), {"recorded": ()})

    async with open_engine(store) as engine:
        service = TimerService(store, Bus(), engine.clock, engine.telemetry)  # type: ignore[arg-type]
        await engine.nursery.start(service.run)
        for _ in range(2):
            store.memory.timers[ONE, "remind"] = engine.clock.now()
            service.nudge(engine.clock.now())
            await trio.sleep(30)
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert 0.4 < pauses[0] < 1.5
    assert 0.9 < pauses[1] < 2.5
    assert 0.4 < pauses[3] < 1.5
    assert store.memory.timers == {}


class Holding:
    """Whoever is asked holds on until the gate opens. most: of those that were under way at once."""

    def __init__(self) -> None:
        self.under_way, self.most, self.gate = set[str](), 0, trio.Event()

    async def ask(self, address: Address, *_: Any, **__: Any) -> Any:
        self.under_way.add(address.stream)
        self.most = max(self.most, len(self.under_way))
        await self.gate.wait()
        return type("Outcome", (), {"recorded": ()})


async def test_what_was_set_just_now_is_delivered_many_at_once_beside_a_backlog(mock_clock: MockClock) -> None:
    """Each by itself, a burst's answers would be a commit each; and none waits behind what is due for long."""
    bus = Holding()
    store = MemoryStore()
    async with open_engine(store) as engine:
        for number in range(50):
            store.memory.timers[Address(1, "talk", number), "remind"] = engine.clock.now()
        service = TimerService(store, bus, engine.clock, engine.telemetry)  # type: ignore[arg-type]
        await engine.nursery.start(service.run)
        await trio.sleep(1)
        assert len(bus.under_way) == timers.AT_ONCE_A_TENANT
        for number in range(100, 200):
            service.committed(Address(1, "talk", number), {"remind": engine.clock.now()})
        await trio.sleep(0.1)
        assert len(bus.under_way) == timers.AT_ONCE_A_TENANT + timers.NEAR_A_TENANT
        service.committed(Address(2, "talk", 300), {"remind": engine.clock.now()})
        await trio.sleep(0.1)
        assert "talk-300" in bus.under_way  # and another tenant waits for none of them
        bus.gate.set()


async def test_no_more_of_a_tenant_is_in_memory_than_its_share(
    mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timers, "SHARE", 10)
    monkeypatch.setattr(timers, "BATCH", 50)
    bus = Holding()
    store = MemoryStore()
    async with open_engine(store) as engine:
        for number in range(50):
            store.memory.timers[Address(1, "talk", number), "remind"] = engine.clock.now()
        service = TimerService(store, bus, engine.clock, engine.telemetry)  # type: ignore[arg-type]
        await engine.nursery.start(service.run)
        await trio.sleep(5)
        assert bus.most == timers.AT_ONCE_A_TENANT
        assert service._pool.waiting(1) == 10
        bus.gate.set()
        await trio.sleep(20)
    assert store.memory.timers == {}
    assert len(bus.under_way) == 50
