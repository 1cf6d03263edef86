"""Who hears what when something raises or hangs: the rows of ARCHITECTURE.md's table that the engine answers for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import trio
from tests.engine.memory import Memory, MemoryStore
from tests.engine.talker import KINDS, START, Engine, Fail, No, Say, Talk, open_engine, talker
from trio.testing import MockClock

from plixa.engine import cell
from plixa.engine.errors import (
    Crashed,
    DeadLettered,
    Duplicate,
    Fenced,
    NotOpened,
    Refused,
    Unavailable,
    UnknownHere,
)
from plixa.engine.ports import Address
from plixa.engine.timers import TimerService


async def test_a_decision_that_raises_is_tried_three_times_and_parked(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        await engine.ask(1, Say(text="before"))
        with pytest.raises(DeadLettered):
            await engine.ask(1, Fail())
        await engine.ask(1, Say(text="after"))
        assert await engine.said(1) == ("before", "after")
    [letter] = store.memory.dead_letters
    assert (letter.command_type, letter.error) == ("Fail", "ZeroDivisionError")


async def test_where_even_parking_fails_the_asker_hears_that_nothing_was_kept(mock_clock: MockClock) -> None:
    store = MemoryStore()
    store.failing["keep_dead_letter"] = lambda _: Unavailable("the database is away")
    async with open_engine(store) as engine:
        with pytest.raises(Crashed) as raised:
            await engine.ask(1, Fail())
        assert not isinstance(raised.value, DeadLettered)
        await engine.ask(1, Say(text="after"))


async def test_a_refusal_is_the_askers_alone(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        with pytest.raises(Refused):
            await engine.ask(1, No())
        await engine.ask(1, Say(text="after"))
    assert store.calls["load"] == 2  # the root and the actor, once each: nothing was thrown away
    assert not store.memory.dead_letters


async def test_an_evolve_that_raises_is_a_crash_of_its_actor_alone(mock_clock: MockClock) -> None:
    def evolve(state: Talk, happened: Any) -> Talk:
        if getattr(happened, "text", "") == "unfoldable":
            raise ValueError("no case for this")
        return KINDS["talk"].evolve(state, happened)  # type: ignore[no-any-return]

    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": replace(talker(), evolve=evolve)}) as engine:
        with pytest.raises(DeadLettered):
            await engine.ask(1, Say(text="unfoldable"))
        assert store.memory.log[1] == []  # nothing of it became durable
        await engine.ask(1, Say(text="fine"))
        await engine.ask(2, Say(text="fine"))


@pytest.mark.parametrize("what", ["effects", "timers"])
async def test_what_follows_from_a_decision_may_raise_as_the_decision_may(mock_clock: MockClock, what: str) -> None:
    calm = getattr(talker(), what)

    def raising(state: Talk, *happened: Any) -> Any:
        if "poison" in state.said:
            raise ZeroDivisionError("a bug in what follows")
        return calm(state, *happened)

    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": talker(**{what: raising})}) as engine:
        with pytest.raises(DeadLettered):
            await engine.ask(1, Say(text="poison"))
        assert store.memory.log[1] == []
        await engine.ask(1, Say(text="fine"))


async def test_a_listener_that_raises_costs_no_second_decision(mock_clock: MockClock) -> None:
    store = MemoryStore()

    def bug(*_: object) -> None:
        raise ZeroDivisionError("in the view of a new event")

    store.listeners.append(bug)
    async with open_engine(store) as engine:
        outcome = await engine.ask(1, Say(text="once"))
        assert len(outcome.recorded) == 1
    assert len(store.memory.log[1]) == 1
    assert not store.memory.dead_letters
    assert len(store.errors) == 1


async def test_a_tenant_that_cannot_be_opened_is_asked_with_growing_pauses(mock_clock: MockClock) -> None:
    store = MemoryStore()
    store.failing["load"] = lambda address: KeyError("an event of a newer release") if address.tenant == 1 else None
    async with open_engine(store) as engine:
        for _ in range(600):  # a minute of somebody who asks ten times a second
            with pytest.raises(NotOpened):
                await engine.ask(1, Say(text="?"))
            await trio.sleep(0.1)
        assert 4 <= store.calls["own"] <= 10
        await engine.ask(1, Say(text="fine"), tenant=2)
        del store.failing["load"]
        await trio.sleep(60)
        await engine.ask(1, Say(text="it is mended"))


async def test_a_tenant_that_moved_on_is_asked_for_again_as_soon_as_its_owner_is_gone(mock_clock: MockClock) -> None:
    memory = Memory()
    here, there = MemoryStore(memory, "here"), MemoryStore(memory, "there")
    async with open_engine(here) as engine, open_engine(there) as other:
        await engine.ask(1, Say(text="a"))
        memory.nodes_alive.discard("here")
        await other.ask(1, Say(text="b"))
        with pytest.raises(Fenced):
            await engine.ask(1, Say(text="c"))
        with pytest.raises(Fenced):
            await engine.ask(1, Say(text="d"))
        memory.nodes_alive.discard("there")
        memory.nodes_alive.add("here")
        await engine.ask(1, Say(text="e"))
        assert await engine.said(1) == ("a", "b", "e")


async def test_a_commit_holds_under_the_ownership_that_it_was_decided_under(mock_clock: MockClock) -> None:
    """Decided before the tenant was taken anew, its ids may have been given out a second time since."""
    store = MemoryStore()
    async with open_engine(store) as engine:
        await engine.ask(1, Say(text="a"))
        gate = store.gates["commit"] = trio.Event()
        async with trio.open_nursery() as nursery:

            async def late() -> None:
                with pytest.raises(Fenced):
                    await engine.ask(1, Say(text="late"))

            nursery.start_soon(late)
            await trio.testing.wait_all_tasks_blocked()
            await store.own(1)  # the same node's store, a later scope of it
            gate.set()
        del store.gates["commit"]
        assert [each.event.text for each in store.memory.log[1]] == ["a"]  # type: ignore[attr-defined]


async def test_asking_has_a_time_limit(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        await engine.ask(1, Say(text="a"))
        store.gates["commit"] = trio.Event()
        began = trio.current_time()
        with pytest.raises(Unavailable, match="not known whether"):
            await engine.ask(1, Say(text="b"), within=7)
        assert trio.current_time() - began == pytest.approx(7)


async def test_the_database_refusing_leaves_the_state_as_it_was(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        await engine.ask(1, Say(text="a"))
        store.failing["commit"] = lambda _: Unavailable("away")
        with pytest.raises(Unavailable):
            await engine.ask(1, Say(text="b"))
        del store.failing["commit"]
        await engine.ask(1, Say(text="c"))
        assert await engine.said(1) == ("a", "c")
        assert not store.memory.dead_letters


async def test_a_clash_is_told_with_the_rule_that_it_broke(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        await engine.ask(1, Say(text="a"), attach=["key"])
        with pytest.raises(Duplicate) as raised:
            await engine.ask(1, Say(text="b"), attach=["key"])
        assert raised.value.constraint == "key"
        assert await engine.said(1) == ("a",)


async def test_an_actor_that_this_release_lacks_is_nobodys_crash(mock_clock: MockClock) -> None:
    async with open_engine(MemoryStore()) as engine:
        with pytest.raises(UnknownHere):
            await engine.ask(1, Say(text="a"), kind="calendar")
        await engine.ask(1, Say(text="b"))


# -- timers -----------------------------------------------------------------------------------------------------------


async def _timers(engine: Engine) -> TimerService:
    service = TimerService(engine.store, engine.registry, engine.clock, engine.telemetry)
    engine.store.listeners.append(lambda commit, _: service.committed(commit.address, commit.timers_set))
    await engine.nursery.start(service.run)
    return service


async def test_a_timer_fires_when_it_is_due_and_once(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        await _timers(engine)
        await engine.ask(1, Say(text="remind", at=engine.clock.now() + timedelta(seconds=90)))
        await trio.sleep(89.9)
        assert await engine.said(1) == ("remind",)
        await trio.sleep(0.2)
        assert await engine.said(1) == ("remind", "remind fired")
        await trio.sleep(300)
        assert await engine.said(1) == ("remind", "remind fired")
        assert not store.memory.timers


async def test_timers_of_a_tenant_that_cannot_be_opened_delay_no_other(mock_clock: MockClock) -> None:
    store = MemoryStore()
    for index in range(2000):
        store.memory.timers[Address(1, "talk", index), "remind"] = START - timedelta(hours=1)
    store.failing["load"] = lambda address: KeyError("newer") if address.tenant == 1 else None
    async with open_engine(store) as engine:
        await engine.ask(1, Say(text="remind", at=engine.clock.now() + timedelta(seconds=1)), tenant=2)
        await _timers(engine)
        await trio.sleep(1.2)
        assert await engine.said(1, tenant=2) == ("remind", "remind fired")
        await trio.sleep(60)
        assert store.calls["own"] < 15
        assert len(store.memory.timers) == 2000  # none is lost


async def test_a_backlog_of_one_tenant_delays_no_other(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        due = engine.clock.now() - timedelta(minutes=1)
        for index in range(3000):
            await engine.ask(index, Say(text="remind", at=due))
        store.calls.clear()
        await engine.ask(1, Say(text="remind", at=due), tenant=2)
        await _timers(engine)
        await trio.sleep(0.5)
        assert await engine.said(1, tenant=2) == ("remind", "remind fired")
        await trio.sleep(60)
        assert not store.memory.timers


async def test_what_this_release_does_not_know_stays_for_the_one_that_does(mock_clock: MockClock) -> None:
    store = MemoryStore()
    newer = {
        (Address(1, "calendar", 1), "remind"): START - timedelta(hours=1),
        (Address(1, "talk", 1), "newfangled.7"): START - timedelta(hours=1),
    }
    store.memory.timers |= newer
    async with open_engine(store) as engine:
        await _timers(engine)
        await engine.ask(1, Say(text="remind", at=engine.clock.now() + timedelta(seconds=1)))
        await trio.sleep(200)
        assert await engine.said(1) == ("remind", "remind fired")
    assert store.memory.timers == newer


async def test_a_release_that_derives_a_new_timer_sets_it_when_the_actor_is_loaded(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": talker(timers=lambda _: {})}) as engine:
        due = engine.clock.now() + timedelta(days=1)
        await engine.ask(1, Say(text="remind", at=due))
        assert not store.memory.timers
    async with open_engine(store) as engine:
        await engine.said(1)  # reading is enough
        assert store.memory.timers == {(Address(1, "talk", 1), "remind"): due}


async def test_a_timer_that_is_not_wanted_any_more_goes_when_the_actor_is_loaded(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        due = engine.clock.now() + timedelta(days=1)
        await engine.ask(1, Say(text="remind", at=due))
    async with open_engine(store, {**KINDS, "talk": talker(timers=lambda _: {})}) as engine:
        await engine.said(1)
        assert not store.memory.timers


async def test_loading_is_not_done_before_the_timers_are_set(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": talker(timers=lambda _: {})}) as engine:
        await engine.ask(1, Say(text="remind", at=START + timedelta(days=1)))
    store.failing["commit"] = lambda _: Unavailable("away")
    async with open_engine(store) as engine:
        with pytest.raises(Unavailable):
            await engine.said(1)
        del store.failing["commit"]
        await engine.said(1)
        assert len(store.memory.timers) == 1


async def test_a_reader_that_gives_up_while_timers_are_set_costs_no_turn_an_attempt(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": talker(timers=lambda _: {})}) as engine:
        await engine.ask(1, Say(text="remind", at=START + timedelta(days=1)))

    async def look_up(_state: Any, command: Any, _tenant: int, _house: Any) -> Any:
        await trio.sleep(1)
        return command

    async def ask(engine: Engine) -> None:
        await trio.sleep(0.5)
        await engine.ask(1, Say(text="asked"))

    async with open_engine(store, {**KINDS, "talk": talker(prepare=look_up)}) as engine:
        await engine.registry.own(1)
        store.gates["commit"] = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, engine)
            with trio.move_on_after(1):
                await engine.said(1)
            store.gates.pop("commit").set()
        assert await engine.said(1) == ("remind", "asked")
        assert engine.telemetry.crashes.labels("talk")._value.get() == 0
        assert len(store.memory.timers) == 1


async def test_a_long_log_is_folded_in_everybodys_time(mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell, "FOLDED_AT_ONCE", 50)
    store, others, kinds = MemoryStore(), 0, {**KINDS, "talk": talker(snapshot_every=10**6)}

    async def other() -> None:
        nonlocal others
        while True:
            await trio.lowlevel.checkpoint()
            others += 1

    async with open_engine(store, kinds) as engine:
        for number in range(500):
            await engine.ask(1, Say(text=str(number)))
    async with open_engine(store, kinds) as engine:
        await engine.said(2)
        engine.nursery.start_soon(other)
        turns = others
        assert len(await engine.said(1)) == 500
        assert others - turns >= 8


async def test_timers_are_looked_up_only_when_one_may_be_due(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        await _timers(engine)
        await engine.ask(1, Say(text="remind", at=engine.clock.now() + timedelta(seconds=4)))
        await trio.sleep(0.1)
        store.calls.clear()
        for index in range(200):  # each sets a timer that is due later than one that is known
            await engine.ask(index + 2, Say(text="remind", at=engine.clock.now() + timedelta(hours=1)))
        await trio.sleep(1)
        assert store.calls["due_timers"] == 0


async def test_one_that_is_due_soon_is_delivered_without_a_look_at_what_others_have_due(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        await _timers(engine)
        store.failing["due_timers"] = lambda _: Unavailable("it takes for ever")
        await engine.ask(1, Say(text="remind", at=engine.clock.now() + timedelta(seconds=2)))
        await trio.sleep(1.9)
        assert await engine.said(1) == ("remind",)
        await trio.sleep(0.2)
        assert await engine.said(1) == ("remind", "remind fired")


class SlowToTell(MemoryStore):
    """It takes a second to say when the next timer is due."""

    async def next_due(self, now: datetime, without: Collection[int] = ()) -> datetime | None:
        found = await super().next_due(now, without)
        await trio.sleep(1)
        return found


async def test_a_timer_that_is_due_while_it_is_looked_up_ends_nothing(mock_clock: MockClock) -> None:
    async with open_engine(SlowToTell()) as engine:
        await engine.ask(1, Say(text="remind", at=engine.clock.now() + timedelta(seconds=0.5)))
        await _timers(engine)
        await trio.sleep(5)
        assert await engine.said(1) == ("remind", "remind fired")


@pytest.mark.parametrize("error", [Unavailable("away"), ZeroDivisionError("a bug")], ids=["trouble", "bug"])
async def test_a_timer_that_cannot_be_delivered_is_tried_with_growing_pauses(
    mock_clock: MockClock, error: Exception
) -> None:
    store = MemoryStore()
    asked: list[float] = []

    class Bus:
        async def ask(self, *_: Any, **__: Any) -> Any:
            asked.append(trio.current_time())
            raise error

    async with open_engine(store) as engine:
        store.memory.timers[Address(1, "talk", 1), "remind"] = engine.clock.now()
        service = TimerService(store, Bus(), engine.clock, engine.telemetry)  # type: ignore[arg-type]
        await engine.nursery.start(service.run)
        await trio.sleep(120)
    assert 5 <= len(asked) <= 12
    assert asked[-1] - asked[-2] > 10
    assert store.memory.timers


async def test_the_service_outlives_a_database_that_is_away(mock_clock: MockClock) -> None:
    store = MemoryStore()
    store.failing["due_timers"] = lambda _: Unavailable("away")
    async with open_engine(store) as engine:
        await _timers(engine)
        await engine.ask(1, Say(text="remind", at=engine.clock.now() + timedelta(seconds=7)))
        await trio.sleep(15)
        assert await engine.said(1) == ("remind",)
        del store.failing["due_timers"]
        await trio.sleep(1.5)
        assert await engine.said(1) == ("remind", "remind fired")


async def test_many_timers_that_rest_hide_none_behind_them(mock_clock: MockClock) -> None:
    store = MemoryStore()
    for index in range(1200):
        store.memory.timers[Address(1, "talk", index), "newfangled.7"] = START - timedelta(hours=1)
    async with open_engine(store) as engine:
        await _timers(engine)
        await trio.sleep(5)
        await engine.ask(1, Say(text="remind", at=engine.clock.now() + timedelta(seconds=1)), tenant=2)
        await trio.sleep(10)
        assert await engine.said(1, tenant=2) == ("remind", "remind fired")
    assert len(store.memory.timers) == 1200
