"""What a node believes of itself and of others, and for how long."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
import trio
from tests.engine.memory import MemoryStore
from tests.engine.talker import Say, open_engine
from trio.testing import MockClock

from plixa.engine.errors import Elsewhere, Unavailable, Unsure
from plixa.engine.ownership import AGAIN, EVERY, KNOWN_FOR, LASTS, LATE, Belief, Heard, Member, Owners, Ownership
from plixa.engine.ports import Owner

ME, OTHER = Owner("a", "a0"), Owner("b", "b0")


class Line:
    """Where beats go: answers what it is told to, as slowly as it is told to."""

    def __init__(self) -> None:
        self.heard = Heard((), ())
        self.away = False
        self.seconds = 0.0
        self.beats: list[float] = []

    async def beat(self, opened: Mapping[int, int]) -> Heard:
        self.beats.append(trio.current_time())
        await trio.sleep(self.seconds)
        if self.away:
            raise Unavailable("away")
        return self.heard


async def test_belief_counts_from_before_the_beat_was_sent(mock_clock: MockClock) -> None:
    line = Line()
    ownership = Ownership(line, trio.current_time)
    line.seconds = 1.5
    assert await ownership.beat()
    await trio.sleep(LASTS - 1.5 - 0.01)
    await ownership.belief.sure()
    await trio.sleep(0.02)
    with pytest.raises(Unsure):
        await ownership.belief.sure()


@pytest.mark.parametrize("others", [0, 1])
async def test_belief_runs_out_by_itself_and_sockets_go_where_others_live(mock_clock: MockClock, others: int) -> None:
    line, cut_off = Line(), list[float]()
    line.heard = Heard([Member(OTHER)] * others, ())
    ownership = Ownership(line, trio.current_time)
    ownership.cut_off = lambda: cut_off.append(trio.current_time())
    async with trio.open_nursery() as nursery:
        await nursery.start(ownership.run)
        await trio.sleep(5.5)
        assert line.beats == pytest.approx([n * EVERY for n in range(6)])
        line.away = True
        await trio.sleep(10)
        assert not ownership.belief.holds
        assert cut_off == ([pytest.approx(5 + LASTS, abs=0.3)] if others else [])
        assert len(line.beats) > 10 / (2 * AGAIN)  # it goes on asking
        line.away = False
        await trio.sleep(2 * AGAIN)
        assert ownership.belief.holds
        nursery.cancel_scope.cancel()


async def test_a_beat_that_hangs_keeps_nobody_from_hearing_of_it(mock_clock: MockClock) -> None:
    line, cut_off = Line(), list[float]()
    line.heard = Heard([Member(OTHER)], ())
    ownership = Ownership(line, trio.current_time)
    ownership.cut_off = lambda: cut_off.append(trio.current_time())
    async with trio.open_nursery() as nursery:
        await nursery.start(ownership.run)
        await trio.sleep(0.5)
        line.seconds = math.inf
        await trio.sleep(10)
        nursery.cancel_scope.cancel()
    assert cut_off == [pytest.approx(LASTS, abs=0.3)]


async def test_what_was_taken_anew_while_a_beat_was_on_its_way_is_not_lost(mock_clock: MockClock) -> None:
    line, lost, opened = Line(), list[int](), {1: 3, 2: 5}
    ownership = Ownership(line, trio.current_time)
    ownership.opened, ownership.lost = lambda: opened, lost.append
    line.heard, line.seconds = Heard((), [1, 2]), 0.5
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ownership.beat)
        await trio.sleep(0.1)
        opened[1] = 4
    assert lost == [2]


async def test_without_the_nodes_name_no_beat_counts(mock_clock: MockClock) -> None:
    ownership = Ownership(Line(), trio.current_time)
    ownership.held = lambda: False
    assert await ownership.beat()
    assert not ownership.belief.holds


async def test_nothing_is_taken_or_answered_without_belief(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        supervisor = engine.registry.supervisor
        await engine.ask(1, Say(text="a"))
        supervisor.belief = Belief(trio.current_time)
        for asked in (engine.said(1), engine.registry.own(2), engine.ask(1, Say(text="b"))):
            with pytest.raises(Unsure):
                await asked
        assert store.calls["own"] == 1
        supervisor.belief.renewed(trio.current_time())
        gate = store.gates["load"] = trio.Event()
        async with trio.open_nursery() as nursery:  # asked in time, and answered too late

            async def late(ask: Callable[[], Awaitable[Any]]) -> None:
                with pytest.raises(Unsure):
                    await ask()

            nursery.start_soon(late, lambda: engine.ask(2, Say(text="c")))
            nursery.start_soon(late, lambda: engine.registry.own(2))
            await trio.sleep(LASTS + 1)
            gate.set()


@pytest.mark.parametrize("lost", [False, True])
async def test_who_asks_while_a_beat_is_late_waits_for_what_it_says(mock_clock: MockClock, lost: bool) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        supervisor, outcomes = engine.registry.supervisor, list[Any]()
        await engine.ask(1, Say(text="a"))
        belief = supervisor.belief = Belief(trio.current_time)
        belief.renewed(trio.current_time())

        async def ask(work: Callable[[], Awaitable[Any]]) -> None:
            try:
                outcomes.append(type(await work()))
            except Unavailable as error:
                outcomes.append(type(error))

        async with trio.open_nursery() as nursery:
            await trio.sleep(LASTS + LATE / 2)
            nursery.start_soon(ask, lambda: engine.said(1))
            nursery.start_soon(ask, lambda: engine.ask(1, Say(text="b")))
            await trio.sleep(LATE / 4)
            assert outcomes == []
            if lost:
                store.memory.nodes_alive.add("other")
                store.memory.leases[1] = "other", 9
                supervisor.lost(1)
            belief.renewed(trio.current_time())
        assert trio.current_time() == pytest.approx(LASTS + LATE * 3 / 4)
        assert (Elsewhere in outcomes) is lost, outcomes
        assert len(set(outcomes)) == 1 + (not lost)
        await trio.sleep(LASTS + LATE)
        began = trio.current_time()
        with pytest.raises(Unsure):
            await engine.said(1)
        assert trio.current_time() == began  # it has waited long enough


async def test_a_tenant_that_is_lost_while_it_opens_and_a_beat_is_late_is_not_shown(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine, trio.open_nursery() as nursery:
        supervisor = engine.registry.supervisor
        belief = supervisor.belief = Belief(trio.current_time)
        belief.renewed(trio.current_time())
        gate = store.gates["load"] = trio.Event()

        async def ask() -> None:
            with pytest.raises(Unavailable):
                await engine.registry.own(1)

        nursery.start_soon(ask)
        await trio.sleep(LASTS + LATE / 4)
        gate.set()
        await trio.sleep(LATE / 4)
        supervisor.lost(1)
        belief.renewed(trio.current_time())


async def test_owners_are_looked_up_once_in_a_while(mock_clock: MockClock) -> None:
    asked, found = list[int](), dict[int, Owner | None]({1: OTHER, 2: None})

    async def find(tenant: int) -> Any:
        asked.append(tenant)
        return found[tenant]

    owners = Owners(ME, find, lambda tenant: tenant == 7)
    assert [await owners.of(tenant) for tenant in (7, 1, 1, 2, 2)] == [ME, OTHER, OTHER, None, None]
    assert asked == [1, 2, 2]  # nobody's is not remembered: whoever asks is about to take it
    owners.learned(1, ME)
    assert await owners.of(1) == ME
    await trio.sleep(KNOWN_FOR)
    assert await owners.of(1) == OTHER
    owners.learned(1, None)
    found[1] = ME
    assert await owners.of(1) == ME
