"""Timers: rows that were written with a decision, delivered to the actor that set them when they are due.

Delivery is at least once, and once in effect: the actor ignores a timer that is not pending in its state, and taking it
removes the row in the same transaction. A timer that was due while nothing ran is delivered late, never lost.
"""

from __future__ import annotations

import structlog
import trio

from plixa.engine.actor import TimerFired
from plixa.engine.clock import Clock
from plixa.engine.errors import Parked, PlixaError, Refused
from plixa.engine.ports import DueTimer, Store
from plixa.engine.registry import Bus
from plixa.engine.telemetry import Telemetry

LONGEST_SLEEP = 5.0
LONGEST_TURN = 30.0
AT_ONCE = 64
BATCH = 500
log = structlog.get_logger("plixa.timers")


class TimerService:
    """Sleeps until the next due time; `nudge` tells it that an earlier one may have been set."""

    def __init__(self, store: Store, bus: Bus, clock: Clock, telemetry: Telemetry) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._telemetry = telemetry
        self._nudged = trio.Event()

    def nudge(self) -> None:
        """A timer was set."""
        self._nudged.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Deliver timers until cancelled."""
        task_status.started()
        while True:
            self._nudged = trio.Event()
            try:
                wait = await self._round()
            except PlixaError as error:
                log.warning("timers_waiting", error=str(error))
                wait = 1.0
            with trio.move_on_after(wait):
                await self._nudged.wait()

    async def _round(self) -> float:
        """Deliver what is due; return the seconds until something may be due again."""
        due = await self._store.due_timers(self._clock.now(), BATCH)
        limit = trio.CapacityLimiter(AT_ONCE)
        async with trio.open_nursery() as nursery:
            for timer in due:
                await limit.acquire_on_behalf_of(timer)
                nursery.start_soon(self._deliver, timer, limit)
        if len(due) == BATCH:
            return 0.05
        upcoming = await self._store.next_due()
        if upcoming is None:
            return LONGEST_SLEEP
        # What is due already and was not taken is in trouble: leave it a moment, do not spin on it.
        floor = 0.5 if upcoming <= self._clock.now() else 0.001
        return min(LONGEST_SLEEP, max(floor, (upcoming - self._clock.now()).total_seconds()))

    async def _deliver(self, timer: DueTimer, limit: trio.CapacityLimiter) -> None:
        self._telemetry.timer_lateness.observe(max(0.0, (self._clock.now() - timer.due).total_seconds()))
        command = TimerFired(name=timer.name, due=timer.due)
        try:
            with trio.fail_after(LONGEST_TURN):
                outcome = await self._bus.ask(timer.address, command, actor="system", cause=f"timer:{timer.name}")
            if not outcome.recorded:  # not pending any more: only the row is left of it
                await self._store.clear_timer(timer)
            self._telemetry.timers_fired.inc()
        except (Parked, Refused) as error:
            log.error("timer_dropped", tenant=timer.address.tenant, stream=timer.address.stream, error=str(error))
            await self._clear(timer)
        except (PlixaError, trio.TooSlowError) as error:
            log.warning("timer_postponed", tenant=timer.address.tenant, stream=timer.address.stream, error=str(error))
        finally:
            limit.release_on_behalf_of(timer)

    async def _clear(self, timer: DueTimer) -> None:
        try:
            await self._store.clear_timer(timer)
        except PlixaError as error:
            log.warning("timer_not_cleared", tenant=timer.address.tenant, error=str(error))
