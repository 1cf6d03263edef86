"""Timers: rows that were written with a decision, delivered to the actor that set them when they are due.

Delivery is at least once, and once in effect: the actor ignores a timer that is not pending in its state, and taking it
removes the row in the same transaction. A timer that was due while nothing ran is delivered late, never lost.

A timer that is due within seconds of the commit that sets it is remembered, and delivered without a look at the table:
neither does it cost one, nor does it wait behind what others have due there. Somebody waits for it, as a rule: of these
more are delivered at once, so that their commits go together.

Tenants take turns (`fair.py`): one with a hundred thousand due timers delays no other. Of one tenant at most `SHARE`
are in memory; it is left out of the next look until they are done. What cannot be delivered (a tenant that does not
open, an actor or timer that this release does not know, a database in trouble) stays in its row and is tried again with
growing pauses: a tenant that does not open is asked at most once a pause, whatever it has due.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import count

import structlog
import trio

from plixa.engine.actor import TimerFired
from plixa.engine.backoff import Backoff
from plixa.engine.clock import Clock
from plixa.engine.errors import DeadLettered, PlixaError, Refused
from plixa.engine.fair import FairPool
from plixa.engine.ports import Address, DueTimer, Store
from plixa.engine.registry import Bus
from plixa.engine.telemetry import Telemetry
from plixa.engine.tracing import Context

LONGEST_SLEEP = 5.0
NEAR, MOST_NEAR = timedelta(seconds=LONGEST_SLEEP), 10_000
BUSY_SLEEP = 0.5
"""Between looks while somebody's backlog is worked off: a look passes over all that is due of it."""
SOONEST = 0.02
LONGEST_TURN = 30.0
AT_ONCE, AT_ONCE_A_TENANT, NEAR_A_TENANT = 64, 2, 24
Pool = FairPool[int, DueTimer]
Waits = Callable[[Address], Awaitable[bool]]
"""Whether an actor's timers stay in their rows for now, as a look at the table leaves them out by itself."""
LATE, RESTS = timedelta(minutes=1), 3
"""What is later is a backlog: whoever has worked on it rests three times as long, for other tenants wait meanwhile."""
BATCH, SHARE = 500, 200
log = structlog.get_logger("plixa.timers")


async def none_waits(_address: Address) -> bool:
    """No actor's timers are held."""
    return False


class TimerService:
    """Sleeps until the next due time; `nudge` tells it that an earlier one may have been set."""

    def __init__(self, store: Store, bus: Bus, clock: Clock, telemetry: Telemetry, waits: Waits = none_waits) -> None:
        self._store = store
        self._waits = waits
        self._bus = bus
        self._clock = clock
        self._telemetry = telemetry
        self._nudged = trio.Event()
        self._next: datetime | None = None
        self._pool, self._near_pool = self._pools()
        self._taken: set[DueTimer] = set()
        self._near: list[tuple[datetime, int, DueTimer]] = []
        self._nearer = trio.Event()
        self._numbers = count()
        self._tenants: Backoff[int] = Backoff(clock)
        self._streams: Backoff[Address] = Backoff(clock)

    def _pools(self) -> tuple[Pool, Pool]:
        """For what the table has, and for what was set just now."""
        return (
            FairPool(self._deliver, at_once=AT_ONCE, share=AT_ONCE_A_TENANT),
            FairPool(self._deliver, at_once=AT_ONCE, share=NEAR_A_TENANT),
        )

    def committed(self, address: Address, timers: Mapping[str, datetime], trace: Context = None) -> None:
        """These were set just now. trace: see `Commit`."""
        now = self._clock.now()
        for name, due in timers.items():
            if due - now > NEAR:
                continue  # a look is sooner
            if len(self._near) >= MOST_NEAR:
                self.nudge(due)
            else:
                heappush(self._near, (due, next(self._numbers), DueTimer(address, name, due, trace)))
                self._nearer.set()

    def came(self, tenant: int) -> None:
        """The tenant was not this node's before: what was due elsewhere is due here."""
        self._tenants.well(tenant)
        self._nudged.set()

    def left(self, tenant: int) -> None:
        """Another node has the tenant, and its timers."""
        self._near = [each for each in self._near if each[2].address.tenant != tenant]
        heapify(self._near)

    def nudge(self, due: datetime | None = None) -> None:
        """A timer was set. Nothing is looked up unless it is due before all that are known."""
        if due is None:
            self._nearer.set()
        if due is None or self._next is None or due < self._next:
            self._nudged.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Deliver timers until cancelled."""
        async with trio.open_nursery() as nursery:
            self._pool, self._near_pool = self._pools()
            self._taken.clear()
            self._pool.start(nursery)
            self._near_pool.start(nursery)
            nursery.start_soon(self._take_near_ones)
            task_status.started()
            while True:
                self._nudged = trio.Event()
                self._next = None  # what is set during the look may be earlier than what it finds
                try:
                    wait = await self._look()
                except PlixaError as error:
                    log.warning("timers_waiting", error=str(error))
                    wait = 1.0
                with trio.move_on_after(wait):
                    await self._nudged.wait()
                    await trio.sleep(SOONEST)  # others may follow at once: one look for all of them

    async def _take_near_ones(self) -> None:
        while True:
            self._nearer = trio.Event()
            now = self._clock.now()
            while self._near and self._near[0][0] <= now:
                *_, timer = heappop(self._near)
                if not self._take(timer, self._near_pool):
                    self.nudge(timer.due)
            wait = (self._near[0][0] - now).total_seconds() if self._near else math.inf
            with trio.move_on_after(wait):
                await self._nearer.wait()

    async def _look(self) -> float:
        """Take what is due; return the seconds until something may be due again."""
        now = self._clock.now()
        without = self._tenants.resting() | self._pool.busy(SHARE // 2) | self._near_pool.busy(SHARE // 2)
        limit = BATCH + len(self._streams.resting())  # what rests is due as well, and must not hide what is behind it
        due = await self._store.due_timers(now, limit, without)
        taken = sum(self._take(timer, self._pool) for timer in due)
        if taken and len(due) == limit:
            return SOONEST
        upcoming = await self._store.next_due(now, without)
        self._next = upcoming
        wait = LONGEST_SLEEP if upcoming is None else (upcoming - self._clock.now()).total_seconds()
        # What is due and was not taken rests, or is under way: it is looked at again in a while.
        longest = BUSY_SLEEP if due or without else LONGEST_SLEEP
        return max(0.0, min(wait, longest))  # it may have come due while it was looked up

    def _take(self, timer: DueTimer, pool: Pool) -> bool:
        tenant = timer.address.tenant
        full = pool.waiting(tenant) >= SHARE
        if timer in self._taken or full or self._streams.rests(timer.address) or self._tenants.rests(tenant):
            return False
        self._taken.add(timer)
        pool.put(tenant, timer)
        return True

    async def _deliver(self, timer: DueTimer) -> None:
        began, late = trio.current_time(), self._clock.now() - timer.due > LATE
        try:
            if not self._tenants.rests(timer.address.tenant):
                await self._ask(timer)
        except (DeadLettered, Refused) as error:
            log.error("timer_dropped", tenant=timer.address.tenant, stream=timer.address.stream, error=str(error))
            await self._clear(timer)
        except (PlixaError, trio.TooSlowError) as error:
            self._postpone(timer, error)
        except Exception as error:
            log.exception("timer_failed", tenant=timer.address.tenant, stream=timer.address.stream)
            self._postpone(timer, error)
        finally:
            self._taken.discard(timer)
        if late:
            await trio.sleep(RESTS * (trio.current_time() - began))

    async def _ask(self, timer: DueTimer) -> None:
        if await self._waits(timer.address):
            return
        self._telemetry.timer_lateness.observe(max(0.0, (self._clock.now() - timer.due).total_seconds()))
        command = TimerFired(name=timer.name, due=timer.due)
        span = self._telemetry.tracing.span(f"timer {timer.name}", cause=timer.trace, tenant=timer.address.tenant)
        with span, trio.fail_after(LONGEST_TURN):
            outcome = await self._bus.ask(timer.address, command, actor="system", cause=f"timer:{timer.name}")
        if not outcome.recorded:  # not pending any more: only the row is left of it
            await self._store.clear_timer(timer)
        self._telemetry.timers_fired.inc()
        self._streams.well(timer.address)
        self._tenants.well(timer.address.tenant)

    def _postpone(self, timer: DueTimer, error: Exception) -> None:
        """It stays in its row. Where the tenant does not open, none of its timers is worth a try for a while."""
        tenant = timer.address.tenant
        pause = self._streams.trouble(timer.address)
        if isinstance(error, PlixaError) and error.whole_tenant:
            pause = self._tenants.trouble(tenant)
        log.warning(
            "timer_postponed", tenant=tenant, stream=timer.address.stream, error=str(error),
            seconds=pause / timedelta(seconds=1),
        )  # fmt: skip

    async def _clear(self, timer: DueTimer) -> None:
        try:
            await self._store.clear_timer(timer)
        except PlixaError as error:
            self._postpone(timer, error)
