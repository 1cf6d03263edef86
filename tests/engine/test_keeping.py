"""What an actor's envelopes leave behind when things go wrong, and that nothing is kept which would say too much."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from tests.engine.memory import MemoryStore
from tests.engine.talker import KINDS, Fail, Say, open_engine, talker
from trio.testing import MockClock, wait_all_tasks_blocked

from plixa.engine import registry
from plixa.engine.brake import Work
from plixa.engine.dead_letters import DeadLetters
from plixa.engine.errors import (
    Crashed,
    DeadLettered,
    Duplicate,
    Fenced,
    NotFound,
    RateLimited,
    Unavailable,
    again,
)
from plixa.engine.mailbox import Reply
from plixa.engine.ports import Address, Commit
from plixa.engine.registry import Registry


def _unwritable(commit: Commit) -> Exception | None:
    """Something attached that makes the commit crash, not the decision."""
    return ZeroDivisionError("no hash to be had") if commit.attached else None


# -- what was attached ------------------------------------------------------------------------------------------------


async def test_a_command_that_something_was_attached_to_is_not_parked_without_it(mock_clock: MockClock) -> None:
    store = MemoryStore()
    store.failing["commit"] = _unwritable
    async with open_engine(store) as engine:
        with pytest.raises(Crashed) as raised:
            await engine.ask(1, Fail(), attach=["a password's hash"])
        assert not isinstance(raised.value, DeadLettered)
        with pytest.raises(Crashed):
            await engine.ask(1, Say(text="x"), attach=["a password's hash"])
        await engine.ask(1, Say(text="after"))
        assert await engine.said(1) == ("after",)
    assert store.memory.dead_letters == []


async def test_what_is_only_about_the_request_is_no_reason_to_lose_a_command(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        with pytest.raises(DeadLettered):
            await engine.ask(1, Fail(), attach=["an idempotent answer"], replayable=True)
    assert [envelope.command_type for envelope in store.memory.dead_letters] == ["Fail"]


async def test_a_parked_letter_that_crashes_again_is_parked_again(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        with pytest.raises(DeadLettered):
            await engine.ask(1, Fail())
        [letter] = store.memory.dead_letters
        await DeadLetters(store, engine.registry, engine.registry.supervisor.brake).replay(letter)
        assert [each.command_type for each in store.memory.dead_letters] == ["Fail"]


async def test_one_that_stalled_twice_with_something_attached_is_not_kept_either(
    mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        brake, news = engine.registry.supervisor.brake, [True, False]
        monkeypatch.setattr(brake, "holds", lambda work: isinstance(work, Work))
        monkeypatch.setattr(brake, "put_aside", lambda _: news.pop(0))
        for _ in range(2):
            with pytest.raises(Crashed) as raised:
                await engine.ask(1, Say(text="x"), attach=["row"])
            assert not isinstance(raised.value, DeadLettered)
    assert store.memory.dead_letters == []


async def test_a_command_that_cannot_be_encoded_is_its_askers_trouble_alone(mock_clock: MockClock) -> None:
    class Unencodable(Fail, frozen=True, kw_only=True, tag=True):
        what: Any

    store = MemoryStore()
    async with open_engine(store) as engine:
        command = Unencodable(what=object())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Unencodable, "identity", lambda _: b"unencodable", raising=False)
            with pytest.raises(Crashed):
                await engine.ask(1, command)
        scope = engine.registry.supervisor.scopes[1]
        await engine.ask(1, Say(text="after"))
        assert engine.registry.supervisor.scopes[1] is scope  # the tenant was not restarted over it


# -- snapshots and sleep ----------------------------------------------------------------------------------------------


async def test_what_is_said_while_a_snapshot_is_written_is_not_counted_as_saved(mock_clock: MockClock) -> None:
    store = MemoryStore()
    async with open_engine(store) as engine:
        await engine.ask(1, Say(text="a"))
        cell = engine.registry.supervisor.scopes[1].cells[Address(1, "talk", 1)]
        gate = store.gates["save_snapshot"] = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(cell.save)
            await wait_all_tasks_blocked()
            await engine.ask(1, Say(text="b"))
            gate.set()
        assert cell.unsaved == 1


async def test_a_sweep_gives_way_and_sends_the_longest_unused_to_sleep(
    mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "TURN", 10)
    store = MemoryStore()
    async with open_engine(store, {**KINDS, "talk": talker(idle_seconds=1e9)}) as engine:
        small = Registry(engine.registry.supervisor, resident=5)
        for n in range(60):
            await engine.ask(n + 1, Say(text="a"))
            await trio.sleep(0.01)
        turns = await _turns_of_others_during(small)
        assert turns >= 5
        left = [address.id for address in engine.registry.supervisor.scopes[1].cells if address.kind == "talk"]
        assert sorted(left) == [56, 57, 58, 59, 60]


async def _turns_of_others_during(small: Registry) -> int:
    turns = 0
    async with trio.open_nursery() as nursery:

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await trio.lowlevel.checkpoint()

        nursery.start_soon(other)
        assert await small.sweep() == 55
        nursery.cancel_scope.cancel()
    return turns


async def test_a_tenant_that_is_just_closing_is_restarting_and_not_a_bug(mock_clock: MockClock) -> None:
    async with open_engine(MemoryStore()) as engine:
        await engine.ask(1, Say(text="a"))
        scope = engine.registry.supervisor.scopes[1]
        async with trio.open_nursery() as ended:
            pass
        scope._nursery = ended
        with pytest.raises(Unavailable, match="restarting"):
            await engine.ask(1, Say(text="b"))
        assert not scope.cells[Address(1, "talk", 1)].busy


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [Unavailable("away"), NotFound("contact"), Duplicate("messages_key"), RateLimited(7), Fenced(3), KeyError("x")],
    ids=lambda error: type(error).__name__,
)
def test_an_error_again_is_the_same_error(error: Exception) -> None:
    other = again(error)
    assert other is not error
    assert (type(other), str(other), other.args) == (type(error), str(error), error.args)
    assert other.__dict__ == error.__dict__


async def test_of_many_who_wait_for_one_error_each_gets_their_own() -> None:
    replies, error = [Reply[int]() for _ in range(5)], Unavailable("away")
    for reply in replies:
        reply.fail(error)
    raised = []
    for reply in replies:
        with pytest.raises(Unavailable) as caught:
            await reply.get()
        raised.append(caught.value)
    assert len({id(each) for each in raised}) == 5
    assert error.__traceback__ is None  # which would have grown with each
