"""The writer: what fails hurts only itself, what comes after a commit is no part of it, and trouble is told at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import trio
from tests.engine.talker import KINDS, START, Said, Talk
from tests.harness import SECRET_KEY
from tests.storage.engines import Engine, open_engine

from plixa.engine import ownership
from plixa.engine.errors import Fenced, PlixaError, Unavailable
from plixa.engine.events import Recorded
from plixa.engine.ports import Address, Commit
from plixa.engine.telemetry import Telemetry
from plixa.storage.eventlog import writer as writing
from plixa.storage.postgres.bridge import open_database
from plixa.storage.store import open_store


async def _told(outcomes: list[str], work: Callable[[], Any]) -> None:
    """How it ended, for whoever asked."""
    try:
        await work()
        outcomes.append("stored")
    except PlixaError as error:
        outcomes.append(type(error).__name__)


async def _write_together(engine: Engine, keys: list[str], first: int = 200) -> list[str]:
    """Many conversations' messages, in as few batches as it takes; how each ended."""
    outcomes: list[str] = []
    async with trio.open_nursery() as nursery:
        for number, key in enumerate(keys, first):
            nursery.start_soon(_told, outcomes, lambda number=number, key=key: engine.write(number, key))
    return outcomes


async def test_one_bad_commit_among_many_is_found_by_halving(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0
    execute = writing._execute

    async def counting(*args: Any) -> None:
        nonlocal tries
        tries += 1
        await execute(*args)

    async with (
        open_database(database_url) as database,
        open_store(database, secret_key=SECRET_KEY, node="n", kinds=KINDS, telemetry=Telemetry()) as store,
    ):
        await store.own(1)
        await store.commit(_commit(77))
        monkeypatch.setattr(writing, "_execute", counting)
        outcomes: list[str] = []
        async with trio.open_nursery() as nursery:
            for number in range(200):  # all in one batch, number 77 a second time
                nursery.start_soon(_told, outcomes, lambda number=number: store.commit(_commit(number)))
        assert sorted(outcomes) == [Fenced.__name__, *["stored"] * 199]
        assert tries <= 2 * 8 + 1  # halving 200; one by one it would be 201
        positions = [each.position for each in await store.read_range(1, 0, 500)]
        assert positions == list(range(1, 201))


def _commit(number: int) -> Commit:
    events = [Said(text="a")]
    return Commit(Address(1, "talk", number), 0, Talk(), Talk(("a",)), events, START, "test", "test", epoch=1)


def _conversation(number: int) -> Address:
    return Address(1, "conversation", number)


async def test_a_listener_that_raises_keeps_nothing_from_anybody(database_url: str) -> None:
    heard: list[str] = []

    def bug(commit: Commit, _: list[Recorded]) -> None:
        if commit.address.id == 201:
            raise ZeroDivisionError("in the view of a new event")

    def next_one(commit: Commit, _: list[Recorded]) -> None:
        heard.append(commit.address.stream)

    async with open_engine(database_url) as engine:
        await engine.found()
        engine.store.writer.listeners |= {"bug": bug, "next": next_one}
        assert await _write_together(engine, ["A", "B", "C"]) == ["stored"] * 3
        assert await engine.rows("select count(*) from messages") == [(3,)]
        assert await engine.rows("select count(*) from parked") == [(0,)]
        assert {"conversation-200", "conversation-201", "conversation-202"} <= set(heard)
        telemetry = engine.registry.supervisor.telemetry
        failures = telemetry.registry.get_sample_value("plixa_listener_failures_total", {"name": "bug"})
        assert failures is not None
        assert failures >= 1


async def test_whoever_asked_goes_on_only_after_the_listeners_have_heard(database_url: str) -> None:
    heard: list[str] = []
    async with open_engine(database_url) as engine:
        await engine.found()
        engine.store.writer.listeners["heard"] = lambda commit, _: heard.append(commit.address.stream)
        await engine.write(200, "A")
        assert "conversation-200" in heard


async def test_a_database_out_of_reach_is_told_to_all_who_wait_at_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = 0

    async def out_of_reach(**_: str) -> Any:
        nonlocal attempts
        attempts += 1
        await asyncio.sleep(0.5)
        raise OSError("no route to host")

    async with open_engine(database_url) as engine:
        await engine.found()
        for number in range(200, 300):
            await engine.registry.state(_conversation(number))
        connection = engine.store.writer._connection
        assert connection is not None
        connection.terminate()
        monkeypatch.setattr(engine.store.writer._database, "connect", out_of_reach)
        outcomes = await _write_together(engine, [f"K{n}" for n in range(100)])
        assert outcomes == [Unavailable.__name__] * 100
        assert attempts <= 3  # not one after another: that would take fifty seconds
        monkeypatch.undo()
        assert await _write_together(engine, [f"K{n}" for n in range(100)]) == ["stored"] * 100


def _raising_once(monkeypatch: pytest.MonkeyPatch, whose: Any, name: str) -> trio.Event:
    """This method raises the next time it is called, and never again; set when it has."""
    method, raised = getattr(whose, name), trio.Event()

    async def once(*args: Any) -> Any:
        if raised.is_set():
            return await method(*args)
        raised.set()
        raise ZeroDivisionError("a bug in the loop itself")

    monkeypatch.setattr(whose, name, once)
    return raised


async def test_the_stores_loops_are_begun_anew(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "EVERY", 0.01)
    async with open_engine(database_url) as engine:
        store = engine.store
        await engine.found()
        with trio.fail_after(10):
            await _raising_once(monkeypatch, store.ownership, "beat").wait()
            _raising_once(monkeypatch, store._loader, "_serve")
            with pytest.raises(Unavailable):
                await store.load(_conversation(200))
            _raising_once(monkeypatch, store.writer, "_commit_all")
            with pytest.raises(Unavailable):
                await store.writer.write([])
            store.sweeper.nudge()
            monkeypatch.undo()
            await engine.write(200, "A")  # all of them are at work again
        telemetry = engine.registry.supervisor.telemetry
        restarts = [
            telemetry.registry.get_sample_value("plixa_service_restarts_total", {"name": name})
            for name in ("ownership", "loader", "writer")
        ]
        assert restarts == [1, 1, 1]
