"""A service that raises is begun anew, a few times; one that always raises ends its node."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs
from trio.testing import MockClock

from plixa.engine.errors import Unavailable
from plixa.engine.service import RESTARTS, WITHIN, Service, supervise
from plixa.engine.telemetry import Telemetry

Run = Callable[..., Awaitable[None]]


class Counting:
    """A service that raises after `lives[n]` seconds in its n-th life, and works on in those after."""

    def __init__(self, *lives: float, error: Exception | None = None) -> None:
        self.lives, self.error = list(lives), error or ZeroDivisionError("a row that nobody expected")
        self.begun: list[float] = []

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        self.begun.append(trio.current_time())
        task_status.started()
        if not self.lives:
            await trio.sleep_forever()
        await trio.sleep(self.lives.pop(0))
        raise self.error


def restarts(telemetry: Telemetry) -> float | None:
    return telemetry.registry.get_sample_value("plixa_service_restarts_total", {"name": "counting"})


async def test_a_service_that_raises_is_begun_anew_after_growing_pauses(mock_clock: MockClock) -> None:
    counting, telemetry = Counting(1, 1, 1), Telemetry()
    async with trio.open_nursery() as nursery:
        await nursery.start(supervise, Service("counting", counting.run), telemetry)
        await trio.sleep(60)
        nursery.cancel_scope.cancel()
    pauses = [later - earlier - 1 for earlier, later in zip(counting.begun, counting.begun[1:], strict=False)]
    assert pauses == [pytest.approx(0.1), pytest.approx(0.2), pytest.approx(0.4)]
    assert restarts(telemetry) == 3


async def test_one_that_raises_too_often_ends_its_node(mock_clock: MockClock) -> None:
    counting = Counting(*[0.01] * 100)
    with pytest.raises(ExceptionGroup) as raised:
        async with trio.open_nursery() as nursery:
            await nursery.start(supervise, Service("counting", counting.run), Telemetry())
    assert raised.group_contains(ZeroDivisionError)
    assert len(counting.begun) == RESTARTS + 1


async def test_a_database_that_is_away_for_long_ends_no_node(mock_clock: MockClock) -> None:
    """Nor a service that begins what it does in a nursery of its own, and some of which has no database."""
    away = Unavailable("The database cannot be reached.")
    for error in (away, ExceptionGroup("looks", [away, away])):
        counting, telemetry = Counting(*[0.01] * 100, error=error), Telemetry()
        async with trio.open_nursery() as nursery:
            await nursery.start(supervise, Service("counting", counting.run), telemetry)
            await trio.sleep(60)
            nursery.cancel_scope.cancel()
        assert restarts(telemetry) == 100


async def test_a_fault_beside_a_database_that_is_away_still_counts(mock_clock: MockClock) -> None:
    both = ExceptionGroup("looks", [Unavailable("The database cannot be reached."), ZeroDivisionError("a bug")])
    counting = Counting(*[0.01] * 100, error=both)
    with pytest.raises(ExceptionGroup):
        async with trio.open_nursery() as nursery:
            await nursery.start(supervise, Service("counting", counting.run), Telemetry())
    assert len(counting.begun) == RESTARTS + 1


async def test_one_that_raises_now_and_then_goes_on_for_ever(mock_clock: MockClock) -> None:
    counting, telemetry = Counting(*[WITHIN / 2] * 50), Telemetry()
    async with trio.open_nursery() as nursery:
        await nursery.start(supervise, Service("counting", counting.run), telemetry)
        await trio.sleep(50 * (WITHIN / 2 + 10) + 1)
        nursery.cancel_scope.cancel()
    assert restarts(telemetry) == 50


async def test_one_that_cannot_begin_is_an_error_of_the_start(mock_clock: MockClock) -> None:
    async def run(*, task_status: Any) -> None:
        raise OSError("no such database")

    with pytest.raises(ExceptionGroup):
        async with trio.open_nursery() as nursery:
            await nursery.start(supervise, Service("broken", run), Telemetry())


async def test_one_service_takes_no_other_along(mock_clock: MockClock) -> None:
    broken, well = Counting(1), Counting()
    async with trio.open_nursery() as nursery:
        for each in (broken, well):
            await nursery.start(supervise, Service("counting", each.run), Telemetry())
        await trio.sleep(10)
        nursery.cancel_scope.cancel()
    assert (len(broken.begun), len(well.begun)) == (2, 1)


async def test_one_that_raises_as_it_ends_keeps_nothing_from_ending(mock_clock: MockClock) -> None:
    async def run(*, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        async def raising() -> None:
            try:
                await trio.sleep_forever()
            finally:
                raise ZeroDivisionError("it cannot even end")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(raising)
            nursery.start_soon(trio.sleep_forever)
            task_status.started()

    async with trio.open_nursery() as nursery:
        await nursery.start(supervise, Service("counting", run), Telemetry())
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert nursery.cancel_scope.cancelled_caught


async def test_one_that_just_ends_is_not_told_of(mock_clock: MockClock) -> None:
    async def run(*, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            task_status.started()
            await trio.sleep_forever()

    with capture_logs() as told:
        async with trio.open_nursery() as nursery:
            await nursery.start(supervise, Service("calm", run), Telemetry())
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
    assert told == []
