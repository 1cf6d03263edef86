"""The outbox: what is done outside, in which order, how often, and what its rows and its owners say of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import trio
from tests.engine.memory import Memory, MemoryStore, Row
from tests.engine.talker import KINDS, Engine, Marked, Say, Talk, open_engine, talker
from trio.testing import MockClock

from plixa.engine import backlog, effects
from plixa.engine.actor import EffectDone, EffectFailed, EffectLeft, EffectReport, EffectStarting, EffectUncertain
from plixa.engine.backlog import LEAST, OF_TENANT, SHARE
from plixa.engine.effect_spec import EffectSpec, Queue
from plixa.engine.effects import REASON, TAKE_UP_EVERY, EffectRunner
from plixa.engine.errors import Fenced, Refused, Unavailable
from plixa.engine.fair import FairLimiter
from plixa.engine.pace import PAUSE_LONGEST
from plixa.engine.ports import Address, Effect, EffectMark, StoredEffect
from plixa.engine.quiet import Quiet

SENDS, SLOW, OTHERS = Queue("sends", 8, 4), Queue("slow", 4, 2), Queue("others", 8, 4)
SPECS = {
    "send": EffectSpec(queue=SENDS, tries=None, harmless=False),
    "push": EffectSpec(queue=OTHERS, tries=3),
    "erase": EffectSpec(queue=OTHERS, tries=None),
    "fetch": EffectSpec(queue=OTHERS, tries=3, tells=True),
    "ai": EffectSpec(queue=SLOW, tries=3, tells=True),
}
Act = Callable[[StoredEffect], Any]


@dataclass
class World:
    """The far end. done: what reached it, with the time. acts: what it does, by effect or by kind."""

    done: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    acts: dict[str, Act] = field(default_factory=dict[str, Act])
    looks: list[float] = field(default_factory=list[float])

    async def handle(self, stored: StoredEffect) -> EffectReport:
        self.done.append((trio.current_time(), stored.effect.id))
        return await self._act(stored, stored.effect.kind)

    async def look(self, stored: StoredEffect) -> EffectReport:
        self.looks.append(trio.current_time())
        return await self._act(stored, "look")

    async def _act(self, stored: StoredEffect, kind: str) -> EffectReport:
        act = self.acts.get(kind) if kind == "look" else self.acts.get(stored.effect.id, self.acts.get(kind))
        said = act(stored) if act is not None else None
        if isinstance(said, Awaitable):
            said = await said
        return said or EffectDone(effect_id=stored.effect.id, result={})

    @property
    def ids(self) -> list[str]:
        return [id_ for _, id_ in self.done]

    def times(self, id_: str) -> list[float]:
        return [at for at, each in self.done if each == id_]


@dataclass
class Outbox:
    engine: Engine
    world: World
    runner: EffectRunner
    store: MemoryStore

    async def want(self, *ids: str, kind: str = "push", tenant: int = 1, actor: int = 1, **more: Any) -> None:
        """Have an actor decide that this is to be done."""
        for id_ in ids:
            effect = Effect(id_, kind, more.get("lane", f"lane-{id_}"), more.get("pace", "pace"), {}, more.get("at"))
            await self.engine.ask(actor, Say(text=id_, effect=effect), tenant=tenant)

    async def mark(self, id_: str, state: Any, tenant: int = 1) -> None:
        """Have an actor decide what became of it."""
        row = self.store.memory.outbox[tenant, id_]
        await self.engine.registry.ask(row.owner, MarkEffect(mark=EffectMark(id_, state)), actor="test", cause="test")

    def row(self, id_: str, tenant: int = 1) -> Row:
        return self.store.memory.outbox[tenant, id_]

    def state(self, id_: str, tenant: int = 1) -> str:
        return self.row(id_, tenant).state

    async def told(self, actor: int = 1, tenant: int = 1) -> Mapping[str, str]:
        """What the owner knows of its effects."""
        talk: Talk = await self.engine.registry.state(Address(tenant, "talk", actor))
        return talk.effects


class MarkEffect(Say, frozen=True, kw_only=True, tag=True):
    text: str = ""
    mark: EffectMark


def decide(state: Talk, command: Any, now: Any) -> Any:
    if isinstance(command, MarkEffect):
        return [Marked(mark=command.mark)]
    known = state.effects.get(getattr(command, "effect_id", ""))
    match command:
        case EffectDone(result={"refuse": True}):
            raise Refused("I will not have it")
        case EffectDone(result={"crash": True}):
            raise ZeroDivisionError("a bug")
        case EffectDone(result={"ignore": True}):
            return []
        case EffectDone(result={"text": text}):  # an event of its own, without a mark
            return KINDS["talk"].decide(state, Say(text=text), now)
        case EffectLeft() if known == "unknown":
            return [Marked(mark=EffectMark(command.effect_id, "left"))]
        case EffectDone() if known == "queued":
            return [Marked(mark=EffectMark(command.effect_id, "done"))]
        case EffectFailed(permanent=False, away=away):
            due = now.at + timedelta(seconds=2)
            return [Marked(mark=EffectMark(command.effect_id, "queued", due, uncounted=away))]
        case _:
            return KINDS["talk"].decide(state, command, now)


ACTORS = {**KINDS, "talk": replace(talker(), decide=decide)}


@asynccontextmanager
async def _open(
    store: MemoryStore | None = None, world: World | None = None, rate: float | None = None, **more: Any
) -> Any:
    store, world = store or MemoryStore(), world or World()
    async with open_engine(store, ACTORS) as engine:
        specs = more.get("specs", SPECS)
        handlers = dict.fromkeys(specs, world.handle)
        runner = EffectRunner(
            store, engine.registry, engine.clock, engine.telemetry, specs, handlers, {"send": world.look},
            more.get("owners", ACTORS), more.get("rates", lambda _: rate), more.get("works", 30.0),
            quiet=more.get("quiet"),
        )  # fmt: skip

        def committed(commit: Any, _: Any) -> None:
            if commit.effects or commit.marks:
                runner.committed(commit.address, list(commit.effects), list(commit.marks))

        store.listeners, store.taken_over = [committed], [runner.taken_over]
        await engine.nursery.start(runner.run)
        yield Outbox(engine, world, runner, store)


def outbox(*args: Any, **more: Any) -> AbstractAsyncContextManager[Outbox]:
    return _open(*args, **more)


def takes(seconds: float) -> Act:
    async def act(_: StoredEffect) -> None:
        await trio.sleep(seconds)

    return act


def failed(stored: StoredEffect, reason: str = "no", *, permanent: bool = False, away: bool = False) -> EffectFailed:
    return EffectFailed(effect_id=stored.effect.id, reason=reason, permanent=permanent, away=away)


def doubtful(stored: StoredEffect, *, away: bool = False) -> EffectUncertain:
    return EffectUncertain(effect_id=stored.effect.id, reason="no answer", away=away)


# -- what is harmless when done twice ---------------------------------------------------------------------------------


async def test_what_is_harmless_costs_its_owner_neither_turn_nor_event(mock_clock: MockClock) -> None:
    async with outbox() as box:
        await box.want("push-1")
        commits = box.store.calls["commit"]
        await trio.sleep(5)
        assert box.world.ids == ["push-1"]
        assert box.state("push-1") == "done"
        assert box.store.calls["commit"] == commits
        assert [each.event.type for each in box.store.memory.log[1]] == ["test.said"]
        assert box.store.calls["book"] == 1


async def test_many_rows_are_booked_by_one_statement(mock_clock: MockClock) -> None:
    async with outbox() as box:
        for number in range(50):
            await box.want(f"push-{number}")
        await trio.sleep(5)
        assert {row.state for row in box.store.memory.outbox.values()} == {"done"}
        assert box.store.calls["book"] <= 5


async def test_a_failure_is_booked_and_tried_again_later_each_time_until_it_is_given_up(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["push"] = failed
        await box.want("push-1")
        await trio.sleep(1)
        assert (box.state("push-1"), box.row("push-1").tries, box.row("push-1").reason) == ("queued", 1, "no")
        await trio.sleep(100)
        first, second, third = box.world.times("push-1")
        assert (second - first, third - second) == (pytest.approx(2), pytest.approx(8))
        assert (box.state("push-1"), box.row("push-1").tries) == ("failed", 3)
        assert box.row("push-1").reason == "no Given up after 3 tries."
        assert len(box.store.memory.log[1]) == 1


async def test_what_is_never_given_up_is_tried_every_five_minutes(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["erase"] = failed
        await box.want("erase-1", kind="erase")
        await trio.sleep(3600)
        pauses = [b - a for a, b in pairwise(box.world.times("erase-1"))]
        assert pauses[:4] == [pytest.approx(seconds, abs=TAKE_UP_EVERY + 1) for seconds in (2, 8, 32, 128)]
        assert all(299 < pause < 321 for pause in pauses[4:])
        assert (box.state("erase-1"), box.row("erase-1").tries) == ("queued", len(pauses) + 1)


async def test_a_try_at_which_nobody_was_there_does_not_count(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["push"] = lambda stored: failed(stored, away=True)
        await box.want("push-1")
        await trio.sleep(300)
        assert len(box.world.ids) > 5
        assert (box.state("push-1"), box.row("push-1").tries) == ("queued", 0)
        assert box.store.calls["book"] == 0
        del box.world.acts["push"]
        await trio.sleep(PAUSE_LONGEST + 3)
        assert (box.state("push-1"), box.row("push-1").tries) == ("done", 0)


async def test_one_that_finds_nobody_is_not_tried_without_a_pause_while_others_get_through(
    mock_clock: MockClock,
) -> None:
    async with outbox() as box:
        box.world.acts["away"] = lambda stored: failed(stored, away=True)
        await box.want("away")
        for number in range(100):
            await box.want(f"push-{number}")
            await trio.sleep(0.1)
        assert len(box.world.times("away")) <= 6


async def test_refused_for_good_is_failed_with_its_reason_which_is_bounded(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["push"] = lambda stored: failed(stored, "x" * 10_000, permanent=True)
        await box.want("push-1")
        await trio.sleep(1)
        assert (box.state("push-1"), box.row("push-1").reason) == ("failed", "x" * REASON)
        assert len(box.world.ids) == 1


async def test_a_bug_in_a_handler_is_a_try_in_vain(mock_clock: MockClock) -> None:
    def bug(_: StoredEffect) -> None:
        raise ZeroDivisionError("quotes what a customer wrote")

    async with outbox() as box:
        box.world.acts["push"] = bug
        await box.want("push-1")
        await box.want("push-2", kind="erase")
        await trio.sleep(60)
        assert len(box.world.times("push-1")) == 3
        assert box.state("push-1") == "failed"
        assert "quotes" not in str(box.row("push-1").reason)
        assert box.state("push-2") == "done"


async def test_an_owner_that_wants_to_hear_it_hears_it_once_and_settles_the_row(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["fetch"] = lambda stored: EffectDone(effect_id=stored.effect.id, result={"text": "here"})
        await box.want("fetch-1", kind="fetch")
        await trio.sleep(1)
        assert await box.engine.said(1) == ("fetch-1", "here")
        assert box.state("fetch-1") == "done"
        assert box.store.calls["book"] == 0  # by the same commit
        await trio.sleep(60)
        assert await box.engine.said(1) == ("fetch-1", "here")


async def test_where_its_owner_decides_nothing_the_row_is_settled_all_the_same(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["fetch"] = lambda stored: EffectDone(effect_id=stored.effect.id, result={"ignore": True})
        await box.want("fetch-1", kind="fetch")
        await trio.sleep(60)
        assert (box.state("fetch-1"), box.world.ids) == ("done", ["fetch-1"])


async def test_an_owner_hears_of_what_was_given_up_and_of_no_try_before(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["fetch"] = failed
        await box.want("fetch-1", kind="fetch")
        await trio.sleep(8)
        assert await box.told() == {"fetch-1": "queued"}
        await trio.sleep(60)
        assert await box.told() == {"fetch-1": "failed"}
        assert (box.state("fetch-1"), len(box.world.ids)) == ("failed", 3)


@pytest.mark.parametrize("how", ["refuse", "crash"])
async def test_a_report_that_its_owner_will_not_have_holds_up_nothing(mock_clock: MockClock, how: str) -> None:
    async with outbox() as box:
        box.world.acts["fetch-1"] = lambda stored: EffectDone(effect_id=stored.effect.id, result={how: True})
        await box.want("fetch-1", "fetch-2", kind="fetch", lane="one")
        await trio.sleep(60)
        assert (box.state("fetch-1"), box.state("fetch-2")) == ("failed", "done")
        assert box.row("fetch-1").reason
        assert box.world.ids == ["fetch-1", "fetch-2"]
        assert len(box.store.memory.dead_letters) == (how == "crash")


async def test_a_report_waits_for_a_database_that_is_away(mock_clock: MockClock) -> None:
    async with outbox() as box:
        await box.want("fetch-1", kind="fetch")
        box.store.failing["commit"] = lambda _: Unavailable("away")
        await trio.sleep(100)
        assert box.state("fetch-1") == "queued"
        tries = box.store.calls["commit"]
        assert tries < 20  # with growing pauses
        del box.store.failing["commit"]
        await trio.sleep(61)
        assert (box.state("fetch-1"), box.world.ids) == ("done", ["fetch-1"])


async def test_a_bug_of_the_outbox_itself_is_its_lanes_trouble_alone(mock_clock: MockClock) -> None:
    tried: list[float] = []

    def rates(pace: str) -> None:
        if pace == "odd":
            tried.append(trio.current_time())
            raise ZeroDivisionError("a bug of the runner's own")

    async with outbox(rates=rates) as box:
        await box.want("a", pace="odd")
        await box.want("b")
        await trio.sleep(1)
        assert box.world.ids == ["b"]
        await trio.sleep(59)
    assert 4 <= len(tried) <= 9
    assert tried[-1] - tried[-2] > tried[1] - tried[0]


async def test_bookings_wait_for_a_database_that_is_away(mock_clock: MockClock) -> None:
    async with outbox() as box:
        await box.want("push-1", "push-2", lane="one")
        box.store.failing["book"] = lambda _: Unavailable("away")
        await trio.sleep(30)
        assert box.world.ids == ["push-1", "push-2"]  # nothing is done twice meanwhile
        assert box.state("push-1") == "queued"
        del box.store.failing["book"]
        await trio.sleep(30)
        assert (box.state("push-1"), box.state("push-2")) == ("done", "done")
        assert box.world.ids == ["push-1", "push-2"]


async def test_one_booking_that_cannot_be_written_loses_no_other(mock_clock: MockClock) -> None:
    async with outbox() as box:
        bad = {"push-3"}
        box.store.failing["book"] = lambda bookings: (
            ValueError("a bug") if bad & {each.effect_id for each in bookings} else None
        )
        await box.want(*(f"push-{number}" for number in range(7)))
        await trio.sleep(2)
        assert {id_ for (_, id_), row in box.store.memory.outbox.items() if row.state != "done"} == bad


async def test_what_is_left_to_book_is_written_as_it_stops(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with outbox(store) as box:
        await box.want("push-1")
        await trio.testing.wait_all_tasks_blocked()
        assert (box.world.ids, box.state("push-1")) == (["push-1"], "queued")
    assert store.memory.outbox[1, "push-1"].state == "done"


async def test_a_crash_between_doing_and_booking_does_it_again(mock_clock: MockClock) -> None:
    store, world = MemoryStore(), World()
    async with outbox(store, world) as box:
        await box.want("push-1")
        store.failing["book"] = lambda _: Unavailable("the process is killed")
        await trio.sleep(0.5)
    del store.failing["book"]
    async with outbox(store, world):
        await trio.sleep(1)
        assert world.ids == ["push-1", "push-1"]
        assert store.memory.outbox[1, "push-1"].state == "done"


async def test_tries_are_counted_over_restarts(mock_clock: MockClock) -> None:
    store, world = MemoryStore(), World()
    world.acts["push"] = failed
    async with outbox(store, world) as box:
        await box.want("push-1")
        await trio.sleep(5)
    async with outbox(store, world):
        await trio.sleep(60)
        assert len(world.ids) == 3
        assert store.memory.outbox[1, "push-1"].state == "failed"


async def test_what_an_earlier_release_left_under_way_is_done_again(mock_clock: MockClock) -> None:
    store = MemoryStore()
    owner = Address(1, "talk", 1)
    for number, state in enumerate(("attempting", "queued")):
        store.memory.outbox[1, str(number)] = Row(owner, Effect(str(number), "push", "one", "pace", {}), state, number)  # type: ignore[arg-type]
    async with outbox(store) as box:
        await trio.sleep(1)
        assert box.world.ids == ["0", "1"]
        assert (box.state("0"), box.state("1")) == ("done", "done")


# -- calling off ------------------------------------------------------------------------------------------------------


async def test_its_owner_calls_off_what_is_under_way(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["ai"] = takes(30)
        await box.want("ai-1", "ai-2", kind="ai", lane="one")
        await trio.sleep(1)
        await box.mark("ai-1", "cancelled")
        await trio.sleep(1)
        assert box.world.ids == ["ai-1", "ai-2"]
        await trio.sleep(60)
        assert box.state("ai-1") == "cancelled"
        assert (await box.told())["ai-1"] == "cancelled"


async def test_what_was_called_off_before_its_turn_is_not_done(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["ai"] = takes(30)
        await box.want("ai-1", "ai-2", kind="ai", lane="one")
        await box.mark("ai-2", "cancelled")
        await trio.sleep(60)
        assert box.world.ids == ["ai-1"]


async def test_what_was_called_off_while_the_table_was_looked_at_is_not_done(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with outbox(store) as box:
        await box.want("late", at=box.engine.clock.now() + timedelta(minutes=3))
        found = store.open_effects

        async def slow(look: Any) -> Any:
            seen = await found(look)
            if seen.effects:
                await box.mark("late", "cancelled")
            return seen

        store.open_effects = slow  # type: ignore[method-assign]
        await trio.sleep(600)
        assert (box.state("late"), box.world.ids) == ("cancelled", [])


# -- order, rate and pauses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["push", "send"])
async def test_a_lane_keeps_its_order_whatever_fails(mock_clock: MockClock, kind: str) -> None:
    tries = iter([True, True])
    async with outbox() as box:
        box.world.acts["b"] = lambda stored: failed(stored) if next(tries, False) else None
        await box.want("a", "b", "c", kind=kind, lane="one")
        await trio.sleep(60)
        assert box.world.ids == ["a", "b", "b", "b", "c"]


async def test_lanes_of_one_pace_share_its_rate(mock_clock: MockClock) -> None:
    async with outbox(rate=2.0) as box:
        await box.want("a", "b", "c", "d", kind="send")
        await trio.sleep(10)
        times = [at for at, _ in box.world.done]
        assert [b - a for a, b in pairwise(times)] == [pytest.approx(0.5)] * 3


async def test_paces_that_are_idle_are_forgotten_and_no_rate_with_them(
    mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "PACES", 3)
    async with outbox(rate=0.5) as box:
        await box.want("busy-1", "busy-2", "busy-3", pace="busy")
        for number in range(20):
            await box.want(f"other-{number}", pace=f"pace-{number}")
            await trio.sleep(0.25)
        await box.want("busy-4", pace="busy")
        await trio.sleep(5)
        times = [box.world.times(f"busy-{n}")[0] for n in range(1, 5)]
        assert [later - earlier for earlier, later in pairwise(times)] == [pytest.approx(2)] * 3
        assert len(box.runner._paces) < 20


async def test_a_pace_whose_far_end_is_away_is_left_alone_for_longer_and_longer(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["push"] = lambda stored: failed(stored, away=True)
        await box.want("a", "b", pace="down")
        await box.want("c", pace="up")
        began = trio.current_time()
        await trio.sleep(600)
        late = [at for at, id_ in box.world.done if id_ in ("a", "b") and at - began > 300]
        assert 10 <= len(late) <= 2 * 300 / PAUSE_LONGEST + 2


async def test_what_waits_for_a_far_end_goes_at_once_when_it_is_back(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["send"] = lambda stored: failed(stored, away=True)
        await box.want("a", kind="send")
        await box.want("b", kind="send", at=box.engine.clock.now() + timedelta(minutes=30))
        await trio.sleep(300)
        del box.world.acts["send"]
        box.runner.resume(1, "pace")
        await trio.sleep(2)
        assert (box.state("a"), box.state("b")) == ("done", "done")


async def test_nothing_is_done_before_its_time(mock_clock: MockClock) -> None:
    async with outbox() as box:
        due = box.engine.clock.now()
        await box.want("soon", at=due + timedelta(seconds=30))
        await box.want("late", at=due + timedelta(minutes=10), lane="one")
        await box.want("behind", lane="one")
        began = trio.current_time()
        await trio.sleep(300)
        assert [(id_, at - began) for at, id_ in box.world.done] == [("soon", pytest.approx(30, abs=0.1))]
        await trio.sleep(600)
        assert box.world.ids == ["soon", "late", "behind"]
        assert box.world.times("late")[0] - began == pytest.approx(600, abs=0.1)


async def test_what_is_due_later_is_not_in_memory_nor_what_is_behind_it(mock_clock: MockClock) -> None:
    async with outbox() as box:
        await box.want("late", at=box.engine.clock.now() + timedelta(hours=1), lane="one")
        await box.want("behind", lane="one")
        await trio.sleep(TAKE_UP_EVERY * 3)
        assert box.runner._backlog.known == {}
        await box.mark("late", "cancelled")
        await trio.sleep(TAKE_UP_EVERY + 1)
        assert box.world.ids == ["behind"]


# -- fairness ---------------------------------------------------------------------------------------------------------


async def test_a_tenants_backlog_delays_nobody_else_and_keeps_its_order(mock_clock: MockClock) -> None:
    store = MemoryStore()
    owner = Address(1, "talk", 1)
    for number in range(50_000):
        effect = Effect(f"bulk-{number}", "send", f"lane-{number % 5}", "pace", {})
        store.memory.outbox[1, effect.id] = Row(owner, effect, "queued", number)
    async with outbox(store, rate=10.0) as box:
        await trio.sleep(1)
        assert len(box.runner._backlog.known) <= SHARE
        asked = trio.current_time()
        await box.want("reply", kind="send", tenant=2)
        await trio.sleep(1)
        assert box.world.times("reply")[0] - asked < 0.2


async def test_what_did_not_fit_comes_as_memory_has_room_in_order(mock_clock: MockClock) -> None:
    store = MemoryStore()
    owner, many = Address(1, "talk", 1), SHARE * 3
    for number in range(many):
        effect = Effect(f"{number}", "push", f"lane-{number % 3}", "pace", {})
        store.memory.outbox[1, effect.id] = Row(owner, effect, "queued", number)
    async with outbox(store) as box:
        for number in range(many, many + 30):
            await box.want(f"{number}", lane=f"lane-{number % 3}")
        await trio.sleep(30)
        assert len(box.world.ids) == len(set(box.world.ids)) == many + 30
        for lane in range(3):
            numbers = [int(id_) for id_ in box.world.ids if int(id_) % 3 == lane]
            assert numbers == sorted(numbers)


async def test_what_is_committed_beyond_a_tenants_share_waits_in_the_table(
    mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "SHARE", share := 50)
    async with outbox() as box:
        box.world.acts["push"] = takes(1000)
        await box.want(*(str(number) for number in range(share + 50)), lane="one")
        assert len(box.runner._backlog.known) == share
        box.world.acts["push"] = takes(0)
        await trio.sleep(1100)
        assert box.world.ids == [str(number) for number in range(share + 50)]


@pytest.mark.parametrize("why", ["away", "slow"])
async def test_what_waits_for_a_far_end_keeps_nothing_else_of_its_tenant_out(mock_clock: MockClock, why: str) -> None:
    store, owner = MemoryStore(), Address(1, "talk", 1)
    for number in range(5_000):
        effect = Effect(f"away-{number}", "push", f"away-{number}", f"number-{number % 8}", {})
        store.memory.outbox[1, effect.id] = Row(owner, effect, "queued", number)

    async def act(stored: StoredEffect) -> EffectReport | None:
        if not stored.effect.id.startswith("away"):
            return None
        await trio.sleep(100 if why == "slow" else 0)
        return failed(stored, away=True)

    queue = Queue("wide", at_once=1_000, share=1_000)
    async with outbox(store, specs={"push": EffectSpec(queue=queue, tries=3)}) as box:
        box.world.acts["push"] = act
        await trio.sleep(30)
        assert len(box.runner._backlog.known) <= OF_TENANT + SHARE
        asked = trio.current_time()
        await box.want(*(f"reply-{number}" for number in range(30)), pace="ai")
        await trio.sleep(2)
        assert [box.world.times(f"reply-{number}")[0] - asked < 0.2 for number in range(LEAST)] == [True] * LEAST
        assert [box.state(f"reply-{number}") for number in range(30)] == ["done"] * 30


async def test_queues_do_not_wait_for_each_other(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["ai"] = takes(1000)
        for tenant in range(1, 10):
            await box.want(*(f"ai-{n}" for n in range(5)), kind="ai", tenant=tenant, pace="ai")
        await trio.sleep(1)
        assert len(box.world.ids) == SLOW.at_once
        assert box.runner.under_way == SLOW.at_once
        await box.want("reply", kind="send")
        await trio.sleep(1)
        assert box.state("reply") == "done"


@pytest.mark.parametrize("harmless", [True, False])
async def test_what_is_behind_begins_in_a_quiet_moment_and_nothing_else_waits_for_one(
    mock_clock: MockClock, harmless: bool
) -> None:
    quiet = Quiet(lambda: trio.current_time() < began + 0.2)
    many = EffectSpec(queue=Queue("many", 8, 4, behind=True), tries=3, harmless=harmless)
    async with outbox(specs={"many": many, "push": SPECS["push"]}, quiet=quiet) as box:
        began = trio.current_time()
        await box.want("many-1", kind="many")
        await box.want("push-1")
        await trio.sleep(1)
        assert (box.state("many-1"), box.state("push-1")) == ("done", "done")
        assert box.world.times("push-1")[0] < began + 0.1 < began + 0.2 <= box.world.times("many-1")[0]


async def test_within_a_queue_tenants_take_turns(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts["ai"] = takes(1)
        await box.want(*(f"ai-{n}" for n in range(30)), kind="ai")
        await box.want("other", kind="ai", tenant=2)
        began = trio.current_time()
        await trio.sleep(30)
        assert box.world.times("other")[0] - began < 1.1
        first = [id_ for at, id_ in box.world.done if at - began < 0.5 and id_ != "other"]
        assert len(first) == SLOW.share


async def test_whoever_waits_no_longer_leaves_its_place_to_the_next(mock_clock: MockClock) -> None:
    limiter: FairLimiter[int] = FairLimiter(1, 1)
    async with limiter.turn(1):
        with trio.move_on_after(1):
            async with limiter.turn(2):
                raise AssertionError("there is one place")
    with trio.fail_after(1):
        async with limiter.turn(3):
            assert limiter.under_way == 1
    assert limiter.under_way == 0


# -- releases and nodes -----------------------------------------------------------------------------------------------


async def test_what_this_release_does_not_know_stays_for_the_one_that_does(mock_clock: MockClock) -> None:
    store = MemoryStore()
    rows = [("talk", "newfangled", "one"), ("talk", "push", "one"), ("calendar", "push", "two"), ("talk", "push", "x")]
    for number, (kind, what, lane) in enumerate(rows):
        effect = Effect(str(number), what, lane, "pace", {})
        store.memory.outbox[1, effect.id] = Row(Address(1, kind, 1), effect, "queued", number)
    async with outbox(store) as box:
        await box.want("4", lane="one")
        await trio.sleep(100)
        assert box.world.ids == ["3"]
        assert [box.state(str(number)) for number in range(5)] == ["queued"] * 3 + ["done", "queued"]
        assert box.engine.telemetry.registry.get_sample_value("plixa_outbox_effects_unknown") == 2
    newer = {**SPECS, "newfangled": EffectSpec(queue=OTHERS, tries=1)}
    async with outbox(store, specs=newer, owners=[*ACTORS, "calendar"]) as box:
        await trio.sleep(100)
        assert sorted(box.world.ids) == ["0", "1", "2", "4"]
        assert box.world.ids.index("0") < box.world.ids.index("1") < box.world.ids.index("4")


@pytest.mark.parametrize("kind", ["push", "fetch", "send"])
async def test_a_tenant_that_another_node_took_leaves_memory(mock_clock: MockClock, kind: str) -> None:
    memory = Memory()
    here, there = MemoryStore(memory, "here"), MemoryStore(memory, "there")
    async with outbox(here) as box:
        box.world.acts[kind] = lambda stored: failed(stored, away=True)
        await box.want(*(f"e-{n}" for n in range(20)), kind=kind)
        await trio.sleep(1)
        memory.nodes_alive.discard("here")
        await there.own(1)
        with pytest.raises(Fenced):
            await box.want("x")
        memory.nodes_alive.add("here")
        await trio.sleep(60)
        assert box.runner._backlog.known == {}
        here.calls.clear()
        count = len(box.world.ids)
        await trio.sleep(300)
        assert (here.calls["own"], len(box.world.ids)) == (0, count)
        memory.nodes_alive.discard("there")
        del box.world.acts[kind]
        await trio.sleep(100)
        assert {row.state for row in memory.outbox.values()} == {"done"}


async def test_a_tenant_that_cannot_be_opened_rests_and_holds_up_no_other(mock_clock: MockClock) -> None:
    store = MemoryStore()
    for number in range(100):
        effect = Effect(str(number), "push", f"lane-{number}", "pace", {})
        store.memory.outbox[1, effect.id] = Row(Address(1, "talk", 1), effect, "queued", number)
    store.failing["load"] = lambda address: KeyError("an event of a newer release") if address.tenant == 1 else None
    async with outbox(store) as box:
        await box.want("other", tenant=2)
        await trio.sleep(300)
        assert box.world.ids == ["other"]
        assert store.calls["own"] < 20
        assert store.calls["open_effects"] < 50
        del store.failing["load"]
        await trio.sleep(100)
        assert len(box.world.ids) == 101


async def test_a_send_does_not_leave_a_node_that_has_lost_its_tenant_since_it_began(
    mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that slept between the two: whoever has the tenant now looks up what became of it."""
    async with outbox() as box:
        supervisor = box.engine.registry.supervisor
        supervisor.left.append(box.runner.left)
        ask = box.engine.registry.ask

        async def slept(address: Any, command: Any, **more: Any) -> Any:
            outcome = await ask(address, command, **more)
            if isinstance(command, EffectStarting):
                box.store.memory.leases[1] = ("there", 9)
                box.store.memory.nodes_alive.add("there")
                supervisor.lost(1)
            return outcome

        monkeypatch.setattr(box.engine.registry, "ask", slept)
        await box.want("a", kind="send")
        await trio.sleep(60)
        assert box.world.ids == []
        assert box.state("a") == "attempting"


async def test_a_tenant_that_retires_ends_what_is_under_way_and_begins_nothing(mock_clock: MockClock) -> None:
    world = World()
    world.acts["a"] = takes(1)
    async with outbox(world=world) as box:
        await box.want("a", "b", kind="send", lane="one")
        await trio.sleep(0.2)
        began = trio.current_time()
        await box.runner.retire(1)
        assert 0.5 < trio.current_time() - began < 1.5
        await trio.sleep(60)
        assert box.world.ids == ["a"]
        box.runner.stay(1)
        await trio.sleep(2)
        assert box.world.ids == ["a", "b"]


@pytest.mark.parametrize("kind", ["push", "send"])
async def test_a_server_that_stops_lets_end_what_is_under_way_and_begins_nothing(
    mock_clock: MockClock, kind: str
) -> None:
    """Nor what waits for its turn at that moment, in its own lane or in its pace."""
    world = World()
    world.acts["a"] = takes(1)
    async with outbox(world=world, rate=2.0) as box:
        await box.want("a", "b", kind=kind, lane="one")
        await box.want("c", "d", kind=kind)
        await trio.sleep(0.7)
        assert box.world.ids == ["a", "c"]
        box.runner.stop()
        await trio.sleep(60)
        assert (box.world.ids, box.state("a")) == (["a", "c"], "done")


async def test_what_another_node_left_comes_before_what_is_new(mock_clock: MockClock) -> None:
    memory = Memory()
    here, there = MemoryStore(memory, "here"), MemoryStore(memory, "there")
    await there.own(1)
    memory.outbox[1, "old"] = Row(Address(1, "talk", 1), Effect("old", "push", "one", "pace", {}), "queued", 0)
    async with outbox(here) as box:
        await trio.sleep(TAKE_UP_EVERY * 1.5)
        assert box.world.ids == []
        memory.nodes_alive.discard("there")
        await box.want("new", lane="one")
        await trio.sleep(2)
        assert box.world.ids == ["old", "new"]


async def test_the_outbox_outlives_a_database_that_is_away(mock_clock: MockClock) -> None:
    store = MemoryStore()
    store.failing["open_effects"] = lambda _: Unavailable("away")
    async with outbox(store) as box:
        await box.want("a", "b", lane="one")
        await trio.sleep(600)
        assert store.calls["open_effects"] < 30
        del store.failing["open_effects"]
        await trio.sleep(61)
        assert box.world.ids == ["a", "b"]


# -- what must not happen twice ---------------------------------------------------------------------------------------


async def test_a_send_is_under_way_before_it_leaves(mock_clock: MockClock) -> None:
    async with outbox() as box:
        seen: list[str] = []
        box.world.acts["send"] = lambda _: seen.append(box.state("s"))
        await box.want("s", kind="send")
        await trio.sleep(1)
        assert (seen, box.state("s")) == (["attempting"], "done")


async def test_what_its_owner_does_not_want_any_more_does_not_leave(mock_clock: MockClock) -> None:
    store = MemoryStore()
    store.memory.outbox[1, "s"] = Row(Address(1, "talk", 1), Effect("s", "send", "one", "pace", {}), "queued", 0)
    async with outbox(store) as box:
        await box.want("t", kind="send", lane="one")
        await trio.sleep(30)
        assert box.world.ids == ["t"]
        assert box.state("s") == "cancelled"


async def test_a_doubt_is_looked_up_before_a_second_try(mock_clock: MockClock) -> None:
    lost = iter([True])
    async with outbox() as box:
        box.world.acts["s"] = lambda stored: doubtful(stored) if next(lost, False) else None
        looks = iter([doubtful, doubtful, failed])
        box.world.acts["look"] = lambda stored: next(looks)(stored)
        await box.want("s", "t", kind="send", lane="one")
        await trio.sleep(60)
        assert len(box.world.looks) == 3
        first, second = box.world.times("s")
        assert first < box.world.looks[0] < box.world.looks[-1] < second
        assert (box.state("s"), box.state("t"), box.world.ids) == ("done", "done", ["s", "s", "t"])


async def test_a_doubt_ends_and_the_lane_goes_on(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts |= {"s": doubtful, "look": doubtful}
        await box.want("s", "t", kind="send", lane="one")
        await trio.sleep(500)
        assert box.state("s") == "unknown"
        await trio.sleep(300)
        assert (box.state("s"), box.world.ids) == ("left", ["s", "t"])


@pytest.mark.parametrize("how", ["ignore", "crash"])
async def test_a_send_whose_owner_makes_nothing_of_its_report_is_over(mock_clock: MockClock, how: str) -> None:
    async with outbox() as box:
        box.world.acts["send"] = lambda stored: EffectDone(effect_id=stored.effect.id, result={how: True})
        await box.want("send-1", "send-2", kind="send", lane="lane")
        await trio.sleep(5 * TAKE_UP_EVERY)
        assert (box.world.ids, box.world.looks) == (["send-1", "send-2"], [])
        assert [box.state(id_) for id_ in ("send-1", "send-2")] == ["cancelled"] * 2
        assert len(box.store.memory.dead_letters) == 2 * (how == "crash")


async def test_what_a_crash_left_under_way_is_looked_up_first(mock_clock: MockClock) -> None:
    store, world = MemoryStore(), World()
    world.acts["send"] = takes(1000)
    async with outbox(store, world) as box:
        await box.want("s", kind="send")
        await trio.sleep(1)
    del world.acts["send"]
    async with outbox(store, world) as box:
        await trio.sleep(10)
        assert world.ids == ["s"]  # the look found it
        assert (len(world.looks), box.state("s")) == (1, "done")


async def test_its_echo_ends_the_looking(mock_clock: MockClock) -> None:
    async with outbox() as box:
        box.world.acts |= {"s": doubtful, "look": doubtful}
        await box.want("s", "t", kind="send", lane="one")
        await trio.sleep(5)
        await box.mark("s", "done")
        await trio.sleep(1)
        looks = len(box.world.looks)
        await trio.sleep(60)
        assert (len(box.world.looks), box.world.ids) == (looks, ["s", "t"])
