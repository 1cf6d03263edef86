"""One actor's shell: envelopes are answered whatever becomes of them, and memory is always what the log says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import trio
from tests.engine.memory import MemoryStore
from tests.engine.talker import KINDS, START, Engine, Fail, No, Say, Talk, open_engine, talker
from trio.testing import MockClock, wait_all_tasks_blocked

from plixa.engine.actor import EffectStarting, Moment
from plixa.engine.errors import Crashed, DeadLettered, Elsewhere, Fenced, NotOpened, Overloaded, PlixaError, Unavailable
from plixa.engine.ids import Ids
from plixa.engine.mailbox import Envelope, Mailbox
from plixa.engine.ports import Address
from plixa.engine.registry import Registry

ONE = Address(1, "talk", 1)


def envelope(text: str) -> Envelope:
    return Envelope(Say(text=text), "test", "test")


class Counted:
    """A decision that is counted, and fails as often as it is told to."""

    def __init__(self, failures: int) -> None:
        self.at: list[float] = []
        self._failures = failures

    def __call__(self, state: Talk, command: Any, now: Any) -> Any:
        self.at.append(trio.current_time())
        if len(self.at) <= self._failures:
            raise ZeroDivisionError("a bug that passes")
        return KINDS["talk"].decide(state, command, now)


async def _heard(answers: list[Any], engine: Engine, text: str) -> None:
    """How asking ended, and when."""
    try:
        answers.append((await engine.ask(1, Say(text=text))).revision)
    except PlixaError as error:
        answers.append((type(error), str(error), trio.current_time()))


# -- the box ----------------------------------------------------------------------------------------------------------


def test_a_mailbox_holds_what_it_says_and_gives_it_in_order() -> None:
    box = Mailbox(2)
    box.put(envelope("a"), "talk-1")
    box.put(envelope("b"), "talk-1")
    with pytest.raises(Overloaded):
        box.put(envelope("c"), "talk-1")
    assert [box.take().command.text for _ in range(len(box))] == ["a", "b"]
    box.put(envelope("d"), "talk-1")
    assert len(box) == 1


async def test_a_full_mailbox_is_its_actors_alone(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": talker(mailbox=3)}) as engine:
        await engine.ask(1, Say(text="first"))
        gate, answers = trio.Event(), list[Any]()
        store.gates["commit"] = gate
        async with trio.open_nursery() as nursery:
            for text in "abcd":  # one is being answered, three wait
                nursery.start_soon(_heard, answers, engine, text)
                await wait_all_tasks_blocked()
            await _heard(answers, engine, "one too many")
            assert answers[0][0] is Overloaded
            gate.set()
        await engine.ask(2, Say(text="of another"))
        assert await engine.said(1) == ("first", "a", "b", "c", "d")


async def test_a_server_holds_so_many_letters_and_counts_those_that_are_over(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        registry = Registry(engine.registry.supervisor, envelopes=2)
        engine.registry = registry
        await engine.ask(1, Say(text="first"))
        store.gates["commit"] = gate = trio.Event()
        answers = list[Any]()
        async with trio.open_nursery() as nursery:
            for text in "ab":
                nursery.start_soon(_heard, answers, engine, text)
            await wait_all_tasks_blocked()
            with pytest.raises(Overloaded):
                await engine.ask(2, Say(text="c"))
            with pytest.raises(trio.TooSlowError), trio.fail_after(1):
                await registry.drain()
            gate.set()
        with trio.fail_after(1):
            await registry.drain()
        await engine.ask(2, Say(text="d"))


# -- stopping ---------------------------------------------------------------------------------------------------------


async def test_whoever_waits_for_a_tenant_that_another_node_took_is_told_at_once(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        await engine.ask(1, Say(text="first"))
        store.gates["commit"] = trio.Event()
        answers = list[Any]()
        async with trio.open_nursery() as nursery:
            for text in ("in its turn", "in the box"):
                nursery.start_soon(_heard, answers, engine, text)
                await wait_all_tasks_blocked()
            began = trio.current_time()
            engine.registry.supervisor.scopes[1].fenced(Fenced(1))
        assert {kind for kind, *_ in answers} == {Unavailable, Fenced}
        assert "not known whether" in next(text for kind, text, _ in answers if kind is Unavailable)
        assert all(at - began < 1 for *_, at in answers)
        del store.gates["commit"]
        await engine.ask(1, Say(text="it is opened anew"))


async def test_a_tenant_that_is_handed_over_takes_nothing_and_names_who_does(mock_clock: MockClock) -> None:
    async with open_engine(MemoryStore()) as engine:
        await engine.ask(1, Say(text="first"))
        supervisor = engine.registry.supervisor
        scope = supervisor.scopes[1]
        scope.hold(("node-2", "a life"))
        with pytest.raises(Elsewhere) as told, trio.fail_after(1):
            await engine.ask(1, Say(text="meanwhile"))
        assert (told.value.node, told.value.incarnation) == ("node-2", "a life")
        assert (supervisor.has(1), scope.closed) == (False, False)
        scope.go_on()
        assert supervisor.has(1)
        assert (await engine.ask(1, Say(text="after all"))).revision == 2


async def test_others_see_the_last_good_house_while_it_is_rebuilt(mock_clock: MockClock) -> None:
    async with open_engine(MemoryStore()) as engine:
        await engine.ask(1, Say(text="first"))
        scope = engine.registry.supervisor.scopes[1]
        house = scope.moment().workspace
        assert house is not None
        scope.root.forget()
        assert scope.root.state is None
        assert scope.moment().workspace is house


async def test_letters_are_answered_though_the_engine_stops(mock_clock: MockClock) -> None:
    store = MemoryStore()
    answers = list[Any]()
    async with trio.open_nursery() as nursery:
        async with open_engine(store) as engine:
            await engine.ask(1, Say(text="first"))
            store.gates["commit"] = trio.Event()
            for text in ("in its turn", "in the box"):
                nursery.start_soon(_heard, answers, engine, text)
                await wait_all_tasks_blocked()
            began = trio.current_time()
        with trio.fail_after(1):
            await wait_all_tasks_blocked()
    assert [kind for kind, *_ in answers] == [Unavailable] * 2
    assert all(at - began < 1 for *_, at in answers)


async def test_whoever_asks_for_a_tenant_while_it_opens_waits_for_that(mock_clock: MockClock) -> None:
    store = MemoryStore()
    store.gates["own"] = gate = trio.Event()
    async with open_engine(store) as engine:
        answers = list[Any]()
        async with trio.open_nursery() as nursery:
            for text in "ab":
                nursery.start_soon(_heard, answers, engine, text)
            await wait_all_tasks_blocked()
            assert answers == []
            gate.set()
        assert answers == [1, 2]
        assert store.calls["own"] == 1


async def test_all_who_wait_for_a_tenant_that_does_not_open_hear_it(mock_clock: MockClock) -> None:
    store = MemoryStore()
    store.failing["own"] = lambda _: KeyError("newer")
    async with open_engine(store) as engine:
        answers = list[Any]()
        async with trio.open_nursery() as nursery:
            for text in "ab":
                nursery.start_soon(_heard, answers, engine, text)
        assert [kind for kind, *_ in answers] == [NotOpened] * 2
        assert store.calls["own"] == 1


# -- a turn -----------------------------------------------------------------------------------------------------------


async def test_a_letter_is_tried_three_times_with_growing_pauses(mock_clock: MockClock) -> None:
    decide, store = Counted(failures=99), MemoryStore()
    async with open_engine(store, {**KINDS, "talk": replace(talker(), decide=decide)}) as engine:
        with pytest.raises(DeadLettered):
            await engine.ask(1, Say(text="a"))
        first, second, third = decide.at
        assert 0.05 <= second - first <= 0.1
        assert 0.1 <= third - second <= 0.2
        assert engine.telemetry.registry.get_sample_value("plixa_actor_crashes_total", {"kind": "talk"}) == 3
    [letter] = store.memory.dead_letters
    assert (letter.address, letter.actor, letter.cause, letter.at) == (ONE, "test", "test", letter.at)
    assert letter.at >= START


async def test_a_bug_that_passes_costs_the_asker_nothing_but_time(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": replace(talker(), decide=Counted(2))}) as engine:
        assert (await engine.ask(1, Say(text="a"))).revision == 1
        assert store.calls["load"] == 1 + 3  # the root once, and the actor anew after each crash
    assert store.memory.dead_letters == []


async def test_a_crash_throws_away_what_was_in_memory(mock_clock: MockClock) -> None:
    async with open_engine(MemoryStore()) as engine:
        await engine.ask(1, Say(text="a"))
        with pytest.raises(DeadLettered):
            await engine.ask(1, Fail())
        cell = engine.registry.supervisor.scopes[1].cells[ONE]
        assert cell.state is None
        assert await engine.said(1) == ("a",)


async def test_what_was_attached_is_not_written_where_nothing_is_decided(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": replace(talker(), decide=_deaf_to("nothing"))}) as engine:
        outcome = await engine.ask(1, Say(text="nothing"), attach=["row"])
        assert (outcome.revision, outcome.recorded) == (0, ())
        assert store.memory.unique == set()
        await engine.ask(1, Say(text="something"), attach=["row"])
    assert store.memory.unique == {"row"}


def _deaf_to(text: str) -> Any:
    def decide(state: Talk, command: Any, now: Any) -> Any:
        return [] if getattr(command, "text", None) == text else KINDS["talk"].decide(state, command, now)

    return decide


async def test_what_is_looked_up_for_a_command_is_looked_up_in_its_turn(mock_clock: MockClock) -> None:
    given: list[tuple[Any, ...]] = []

    async def prepare(*args: Any) -> Any:
        given.append(args)
        return Say(text=f"{args[1].text}, prepared")

    async with open_engine(MemoryStore(), {**KINDS, "talk": talker(prepare=prepare)}) as engine:
        await engine.ask(2, Say(text="of the house"), tenant=2, kind="root")
        await engine.ask(7, Say(text="a"), tenant=2)
        assert await engine.said(7, tenant=2) == ("a, prepared",)
    [(state, command, tenant, house)] = given
    assert (state, command, tenant) == (Talk(), Say(text="a"), 2)
    assert house.said == ("of the house",)


async def test_a_decision_is_given_the_time_fresh_ids_and_the_house(mock_clock: MockClock) -> None:
    moments: list[Moment] = []

    def decide(state: Talk, command: Any, now: Moment) -> Any:
        moments.append(now)
        next(now.ids)
        return KINDS["talk"].decide(state, command, now)

    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": replace(talker(), decide=decide)}) as engine:
        await engine.ask(1, Say(text="the house's words"), kind="root")
        await engine.ask(1, Say(text="a"))
        await trio.sleep(60)
        await engine.ask(2, Say(text="b"))
        last_id = engine.registry.supervisor.scopes[1].ids.last
    assert moments[1].at - moments[0].at >= timedelta(seconds=60)
    assert moments[0].workspace.said == ("the house's words",)
    assert store.memory.heads[1].last_id == last_id > 0
    async with open_engine(MemoryStore(store.memory)) as engine:  # ids go on where they were
        await engine.ask(3, Say(text="c"))
        assert engine.registry.supervisor.scopes[1].ids.last >= last_id


def test_ids_go_on_from_the_last_one() -> None:
    ids = Ids(7)
    assert [next(ids) for _ in range(3)] == [8, 9, 10]
    assert ids.last == 10


# -- timers and snapshots ---------------------------------------------------------------------------------------------


def _rows(store: MemoryStore) -> Mapping[str, datetime]:
    return {name: due for (address, name), due in store.memory.timers.items() if address == ONE}


async def test_only_what_changes_among_the_timers_is_written(mock_clock: MockClock) -> None:
    store, commits = MemoryStore(), list[Any]()
    store.listeners.append(lambda commit, _: commits.append(commit))
    async with open_engine(store) as engine:
        soon, later = START + timedelta(hours=1), START + timedelta(hours=2)
        await engine.ask(1, Say(text="remind", at=soon))
        await engine.ask(1, Say(text="call", at=later))
        await engine.ask(1, Say(text="remind", at=later))
        assert _rows(store) == {"remind": later, "call": later}
        await engine.ask(1, Say(text="remind"))  # said without a time: it is not to be reminded of any more
        assert _rows(store) == {"call": later}
    assert [(each.timers_set, list(each.timers_cleared)) for each in commits] == [
        ({"remind": soon}, []),
        ({"call": later}, []),
        ({"remind": later}, []),
        ({}, ["remind"]),
    ]


async def test_a_state_is_kept_every_so_many_events_and_read_from_there(mock_clock: MockClock) -> None:
    store = MemoryStore()
    kinds = {**KINDS, "talk": talker(snapshot_every=3)}
    async with open_engine(store, kinds) as engine:
        for number in range(8):
            await engine.ask(1, Say(text=str(number)))
        cell = engine.registry.supervisor.scopes[1].cells[ONE]
        assert store.memory.snapshots[ONE][0] == 6
        assert cell.unsaved == 2
        await cell.save()
        assert (store.memory.snapshots[ONE][0], cell.unsaved) == (8, 0)
        await cell.save()  # nothing new
        assert store.calls["save_snapshot"] == 1
    async with open_engine(store, kinds) as engine:
        assert await engine.said(1) == tuple(map(str, range(8)))
        assert (await engine.ask(1, Say(text="8"))).revision == 9
        assert engine.registry.supervisor.scopes[1].cells[ONE].unsaved == 1


async def test_many_who_read_one_actor_at_once_cost_one_read(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(engine.said, 1)
            nursery.start_soon(engine.ask, 1, Say(text="a"))
        assert store.calls["load"] == 2


async def test_a_refusal_does_not_count_as_a_crash(mock_clock: MockClock) -> None:
    async with open_engine(MemoryStore()) as engine:
        with pytest.raises(PlixaError):
            await engine.ask(1, No())
        assert engine.telemetry.registry.get_sample_value("plixa_actor_crashes_total", {"kind": "talk"}) is None


# -- who is in memory -------------------------------------------------------------------------------------------------


async def test_the_idle_are_sent_to_sleep_and_the_house_stays(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": talker(idle_seconds=10)}) as engine:
        await engine.ask(1, Say(text="a"))
        await trio.sleep(10)
        assert await engine.registry.sweep() == 0
        await engine.ask(2, Say(text="b"))
        await trio.sleep(0.5)
        assert await engine.registry.sweep() == 1
        assert {address.id for address in engine.registry.supervisor.scopes[1].cells if address.kind == "talk"} == {2}
        await trio.sleep(1000)
        await engine.registry.sweep()
        assert {address.kind for address in engine.registry.supervisor.scopes[1].cells} == {"root"}
        assert store.calls["save_snapshot"] == 0  # a short tail is not worth a snapshot


async def test_whoever_has_much_that_is_not_kept_leaves_a_snapshot(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": talker(idle_seconds=10)}) as engine:
        for actor, events in ((1, 9), (2, 10)):
            for number in range(events):
                await engine.ask(actor, Say(text=str(number)))
        await trio.sleep(11)
        assert await engine.registry.sweep() == 2
        assert set(store.memory.snapshots) == {Address(1, "talk", 2)}


async def test_a_snapshot_that_cannot_be_written_keeps_nobody_awake(mock_clock: MockClock) -> None:
    store = MemoryStore()
    store.failing["save_snapshot"] = lambda _: Unavailable("away")
    async with open_engine(store, {**KINDS, "talk": talker(idle_seconds=10)}) as engine:
        for number in range(10):
            await engine.ask(1, Say(text=str(number)))
        await trio.sleep(11)
        assert await engine.registry.sweep() == 1
        assert len(await engine.said(1)) == 10


async def test_one_that_is_written_to_while_its_snapshot_is_written_stays(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": talker(idle_seconds=10)}) as engine:
        for number in range(10):
            await engine.ask(1, Say(text=str(number)))
        await trio.sleep(11)
        store.gates["save_snapshot"] = saving = trio.Event()
        store.gates["commit"] = committing = trio.Event()
        swept: list[int] = []

        async def sweep() -> None:
            swept.append(await engine.registry.sweep())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(sweep)
            await wait_all_tasks_blocked()
            nursery.start_soon(engine.ask, 1, Say(text="meanwhile"))
            await wait_all_tasks_blocked()
            saving.set()
            await wait_all_tasks_blocked()
            committing.set()
        assert swept == [0]
        assert len(await engine.said(1)) == 11


async def test_a_command_of_which_nothing_may_be_kept_is_crashed_and_not_parked(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        with pytest.raises(Crashed) as raised:
            await engine.ask(1, Fail(), replayable=False)
        assert not isinstance(raised.value, DeadLettered)
    assert store.memory.dead_letters == []


@pytest.mark.parametrize(
    ("effect_id", "about"),
    [
        ("send-12", ("send", 12)),
        ("payment-refund-5", ("payment-refund", 5)),
        ("backfill-900000-3", ("backfill", 3)),
        ("erase", ("erase", 0)),
        ("named-²", ("named-²", 0)),
    ],
)
def test_a_report_says_what_its_effect_was_for(effect_id: str, about: tuple[str, int]) -> None:
    assert EffectStarting(effect_id=effect_id).about == about
