"""The writer without a database: what becomes of those who wait as it stops, and of keys of what was not written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from plixa.engine.errors import Unavailable
from plixa.engine.telemetry import Telemetry
from plixa.storage.eventlog import writer as writing
from plixa.storage.eventlog.writer import Batch, Job, Writer

OWNER = (1, "talk-1")


class Without:
    """A database and a keyring that do nothing but say so."""

    def __init__(self) -> None:
        self.forgotten: list[Any] = []

    async def aio(self, work: Callable[[], Any]) -> Any:
        return await work()

    def destroyed(self, _rows: Any) -> None:
        pass

    def forget(self, owners: Sequence[Any]) -> None:
        self.forgotten += owners


@pytest.fixture
def without() -> Without:
    return Without()


@pytest.fixture
def writer(without: Without) -> Writer:
    parts: Any = without
    return Writer(parts, parts, parts, Telemetry(), {})


async def _asked(writer: Writer, outcomes: list[str]) -> None:
    try:
        await writer.write([])
        outcomes.append("stored")
    except Unavailable as error:
        outcomes.append(str(error))


async def test_what_is_under_way_is_finished_and_who_waits_is_told_as_it_stops(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    gate, outcomes = trio.Event(), list[str]()

    async def slowly(jobs: Sequence[Job]) -> Batch:
        await gate.wait()
        return Batch(jobs, {})

    monkeypatch.setattr(writer, "_write", slowly)
    running = trio.CancelScope()

    async def run(*, task_status: trio.TaskStatus[None]) -> None:
        with running:
            await writer.run(task_status=task_status)

    await nursery.start(run)
    nursery.start_soon(_asked, writer, outcomes)
    await wait_all_tasks_blocked()
    nursery.start_soon(_asked, writer, outcomes)
    await wait_all_tasks_blocked()
    running.cancel()
    await wait_all_tasks_blocked()
    assert outcomes == []
    gate.set()
    with trio.fail_after(1):
        while len(outcomes) < 2:  # noqa: ASYNC110  # an answer each
            await trio.sleep(0.01)
    assert outcomes == ["stored", "The server is stopping. Nothing was stored; try again shortly."]


async def test_a_commit_that_hangs_keeps_nobody_from_stopping(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def hang(_jobs: Sequence[Job]) -> Batch:
        await trio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(writer, "_write", hang)
    outcomes = list[str]()
    nursery.start_soon(_asked, writer, outcomes)
    nursery.start_soon(_asked, writer, outcomes)
    with trio.move_on_after(10):
        await writer.run()
    assert trio.current_time() == pytest.approx(10 + writing.FINISH_WITHIN)
    await wait_all_tasks_blocked()
    assert outcomes == ["It is not known whether this was stored. Look before asking again."] * 2


@pytest.mark.parametrize("fails", [True, False])
async def test_a_key_that_was_made_for_a_commit_goes_with_it(
    writer: Writer, without: Without, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """It would seal later events, and stands nowhere."""

    async def connected() -> None:
        await trio.lowlevel.checkpoint()

    async def prepare(_: None, batch: Batch) -> None:
        await trio.lowlevel.checkpoint()
        batch.made.append(OWNER)

    async def execute(*_: Any) -> None:
        await trio.lowlevel.checkpoint()
        if fails:
            raise LookupError("a rule says no")

    monkeypatch.setattr(writer, "_connected", connected)
    monkeypatch.setattr(writer, "_prepare", prepare)
    monkeypatch.setattr(writing, "_execute", execute)
    if fails:
        with pytest.raises(LookupError):
            await writer._write([Job(None)])
    else:
        await writer._write([Job(None)])
    assert without.forgotten == ([OWNER] if fails else [])
