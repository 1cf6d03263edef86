"""The outbox at work: what a decision wants done outside, carried out once, in order, and told truthfully.

    queued → attempting → done | failed | cancelled
                        ↘ unknown ↗ (or back to queued, or left as it is for good)

Each step is the owning actor's decision and is durable before the next begins: `EffectStarting` before the call goes
out, the report after it. So a crash leaves one of two things: `queued`, which has certainly not happened, or
`attempting`, which may have; the latter is reported as uncertain at the next start, and the actor reconciles it before
any second try. An owner that marks an effect `cancelled` calls off the call that is under way. Effects of one lane run
one at a time, in the order of their decisions; lanes of one pace share a rate, and a pace whose far end is away is left
alone for a while (0.5 s, doubling up to 30 s).

One effect's trouble is its own lane's. A refusal, however often, pauses no pace; what has failed before goes through a
narrower door than what is new (`AGAIN_AT_ONCE`); each kind says after how many tries it is given up. A doubt is looked
after in its lane alone (1 s later, doubling up to 15 s), beside the pace's rate and slots. It ends: after the time for
which the far end may be at work, and `DOUBT_LASTS` more in which nobody could say what came of it, or after
`DOUBT_AT_MOST` where the far end was away, the owner is told that it stays in doubt (`EffectLeft`); the lane goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import structlog
import trio
from msgspec.structs import replace

from plixa.engine.actor import EffectDone, EffectFailed, EffectLeft, EffectReport, EffectStarting, EffectUncertain
from plixa.engine.brake import Brake, Work, at_work_on
from plixa.engine.clock import Clock
from plixa.engine.errors import Parked, PlixaError, Refused
from plixa.engine.ports import Address, Effect, EffectMark, EffectState, Store, StoredEffect
from plixa.engine.registry import Bus
from plixa.engine.telemetry import Telemetry

IN_MEMORY = 50_000
AT_ONCE, AT_ONCE_A_PACE = 128, 24
AGAIN_AT_ONCE, LOOKS_AT_ONCE = 4, 4
"""A pace's effects that have failed before, and its doubts: how many are worked on at once."""
TAKE_UP_EVERY = 20.0
PAUSE_FIRST, PAUSE_LONGEST = 0.5, 30.0
LOOK_FIRST, LOOK_LONGEST = 1.0, 15.0
DOUBT_LASTS, DOUBT_AT_MOST = 600.0, 6 * 3600.0
log = structlog.get_logger("plixa.effects")

Handler = Callable[[StoredEffect], Awaitable[EffectReport]]


class Rate(Protocol):
    """How many effects a second a pace allows; None for no limit."""

    def __call__(self, pace: str) -> float | None: ...


@dataclass(slots=True)
class Pace:
    """One rate limit, and the pause after trouble. Times are trio's. back: the far end is there again."""

    interval: float
    next_free: float = 0.0
    paused_until: float = 0.0
    trouble: int = 0
    back: trio.Event = field(default_factory=trio.Event)
    limit: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(AT_ONCE_A_PACE))
    again: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(AGAIN_AT_ONCE))
    looks: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(LOOKS_AT_ONCE))

    async def wait(self) -> None:
        """Wait for this caller's turn."""
        while (seconds := self.paused_until - trio.current_time()) > 0:
            with trio.move_on_after(seconds):
                await self.back.wait()
        turn = max(self.next_free, trio.current_time())
        self.next_free = turn + self.interval
        await trio.sleep_until(turn)

    def heard(self, report: EffectReport) -> None:
        """Whether the far end is there, as a report tells."""
        if not isinstance(report, EffectDone) and report.away:
            self.pause()
        else:
            self.trouble = 0

    def pause(self) -> None:
        """The far end is away: nobody of this pace goes out for a while."""
        self.trouble += 1
        seconds = min(PAUSE_LONGEST, PAUSE_FIRST * 2 ** min(self.trouble - 1, 10))
        self.paused_until = max(self.paused_until, trio.current_time() + seconds)

    def resume(self) -> None:
        """The far end is back: whoever waits for that need wait no longer."""
        self.trouble, self.paused_until = 0, 0.0
        self.back.set()
        self.back = trio.Event()


@dataclass(slots=True)
class Doubt:
    """The looks after one effect that may have happened. Times are trio's; vain: seconds in which nobody could say."""

    began: float = field(default_factory=trio.current_time)
    looks: int = 0
    vain: float = 0.0

    def wait(self) -> float:
        """Seconds until the next look."""
        return min(LOOK_LONGEST, LOOK_FIRST * (1 << min(self.looks, 10)))

    def looked(self, since: float, report: EffectUncertain) -> None:
        """A look, and the wait before it, came to nothing."""
        self.looks += 1
        if not report.away:
            self.vain += trio.current_time() - since

    def is_over(self, far_end_works: float) -> bool:
        """Whether to look no more. far_end_works: seconds for which not being found says nothing."""
        return self.vain > far_end_works + DOUBT_LASTS or trio.current_time() - self.began > DOUBT_AT_MOST


@dataclass(slots=True)
class Waiting:
    """An effect in memory, with what its owner has decided of it so far.

    tries: as `StoredEffect.attempts`, one under way included. call: to call off what is under way.
    """

    owner: Address
    effect: Effect
    state: EffectState
    tries: int = 0
    call: trio.CancelScope | None = None
    doubt: Doubt | None = None

    def follow(self, mark: EffectMark) -> None:
        """Its owner has decided. What it was looked for is not, once that is known."""
        was, self.state = self.state, mark.state
        self.effect = _later(self.effect, mark)
        self.tries += (mark.state == "attempting") - mark.uncounted
        self.doubt = Doubt() if mark.state == "unknown" else None
        if self.call is not None and (mark.state == "cancelled" or was == "unknown"):
            self.call.cancel()


@dataclass(slots=True)
class Lane:
    """What waits in one order."""

    queue: deque[Waiting] = field(default_factory=deque[Waiting])
    running: bool = False


class EffectRunner:
    """Runs the effects of the tenants owned here. `committed` is told of every commit that concerns the outbox."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        telemetry: Telemetry,
        handlers: Mapping[str, Handler],
        reconcilers: Mapping[str, Handler],
        tries: Mapping[str, int | None],
        rate: Rate,
        far_end_works: float,
        brake: Brake | None = None,
    ) -> None:
        """tries: after how many an effect of a kind is given up, None for never. far_end_works: see `Doubt`."""
        self._store = store
        self._bus = bus
        self._clock = clock
        self._telemetry = telemetry
        self._handlers = handlers
        self._reconcilers = reconcilers
        self._tries = tries
        self._rate = rate
        self._far_end_works = far_end_works
        self._brake = brake or Brake(clock)
        self._lanes: dict[tuple[int, str], Lane] = {}
        self._paces: dict[tuple[int, str], Pace] = {}
        self._known: dict[tuple[int, str], Waiting] = {}
        self._limit = trio.CapacityLimiter(AT_ONCE)
        self._nursery: trio.Nursery | None = None
        self._overflow = False
        self._looking: list[Waiting] | None = None
        self._over_meanwhile: set[tuple[int, str]] = set()
        self._stopping = False

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take up what an earlier life left, then carry effects out until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            self._overflow = True  # whatever is committed from now on is found by the first look, too
            task_status.started()
            looked = -TAKE_UP_EVERY
            while True:
                # Also from time to time: a tenant may have been taken over from another node.
                if self._overflow or trio.current_time() - looked > TAKE_UP_EVERY:
                    looked = trio.current_time()
                    await self._take_up()
                await trio.sleep(0.5)

    def stop(self) -> None:
        """Start nothing any more; what is under way may finish."""
        self._stopping = True

    @property
    def kinds(self) -> Iterable[str]:
        """What can be carried out."""
        return self._handlers.keys()

    @property
    def under_way(self) -> int:
        """How many calls are out at this moment."""
        return self._limit.borrowed_tokens

    def resume(self, tenant: int, pace: str) -> None:
        """Whatever these lanes wait for is there again: what was put off is tried now."""
        known = self._paces.get((tenant, pace))
        if known is not None:
            known.resume()

    def committed(self, owner: Address, effects: list[Effect], marks: list[EffectMark]) -> None:
        """Called in commit order, after the commit."""
        for mark in marks:
            waiting = self._known.get((owner.tenant, mark.id))
            if waiting is not None:
                waiting.follow(mark)
        for effect in effects:
            waiting = Waiting(owner, effect, "queued")
            if self._looking is not None:
                self._looking.append(waiting)  # behind what is older and comes from the store
            elif not self._overflow and self._nursery is not None:
                self._accept(waiting)

    def _accept(self, waiting: Waiting) -> None:
        if len(self._known) >= IN_MEMORY:
            self._overflow = True  # what does not fit is found by a later look
        else:
            self._enqueue(waiting)

    def _enqueue(self, waiting: Waiting) -> None:
        key = (waiting.owner.tenant, waiting.effect.id)
        if key in self._known:
            return
        self._known[key] = waiting
        lane = self._lanes.setdefault((waiting.owner.tenant, waiting.effect.lane), Lane())
        lane.queue.append(waiting)
        if not lane.running and self._nursery is not None:
            lane.running = True
            self._nursery.start_soon(self._run_lane, (waiting.owner.tenant, waiting.effect.lane), lane)
        self._telemetry.outbox_open.set(len(self._known))

    async def _take_up(self) -> None:
        if self._overflow and len(self._known) > IN_MEMORY // 2:
            return
        self._looking, self._over_meanwhile = [], set()
        try:
            stored = await self._store.open_effects(IN_MEMORY)
        except PlixaError as error:
            log.warning("outbox_waiting", error=str(error))
            stored = None
        finally:
            came, self._looking = self._looking, None
        if stored is None:
            self._overflow = self._overflow or bool(came)
            return
        self._overflow = len(stored) >= IN_MEMORY
        for each in stored:
            if (each.owner.tenant, each.effect.id) not in self._over_meanwhile:
                self._enqueue(Waiting(each.owner, each.effect, each.state, each.attempts))
        for waiting in came:
            if not self._overflow:
                self._accept(waiting)

    async def _run_lane(self, key: tuple[int, str], lane: Lane) -> None:
        while lane.queue and not self._stopping:
            waiting = lane.queue[0]
            try:
                over = await self._run_one(waiting)
            except (Refused, Parked) as error:  # the owner will not have it: it must not hold up the lane for ever
                log.error("effect_dropped", tenant=key[0], effect=waiting.effect.id, error=str(error))
                over = await self._drop(waiting)
            except PlixaError as error:
                log.warning("effect_waiting", tenant=key[0], effect=waiting.effect.id, error=str(error))
                await trio.sleep(0.5)
                continue
            if over:
                lane.queue.popleft()
                self._over_meanwhile.add((waiting.owner.tenant, waiting.effect.id))
                self._known.pop((waiting.owner.tenant, waiting.effect.id), None)
                self._telemetry.outbox_open.set(len(self._known))
        lane.running = False
        if not lane.queue:
            self._lanes.pop(key, None)

    async def _drop(self, waiting: Waiting) -> bool:
        try:
            await self._store.settle_effect(waiting.owner.tenant, waiting.effect.id, "failed")
        except PlixaError as error:
            log.warning("effect_not_dropped", effect=waiting.effect.id, error=str(error))
            await trio.sleep(0.5)
            return False
        return True

    async def _run_one(self, waiting: Waiting) -> bool:
        """One step of one effect; true when it is over as far as the outbox goes."""
        if waiting.state == "attempting":  # left by a crash
            stopped = EffectUncertain(effect_id=waiting.effect.id, reason="The server stopped.")
            await self._tell(waiting, self._counted(waiting, stopped))
        elif waiting.state == "unknown":
            await self._reconcile(waiting)
        elif waiting.state == "queued":
            await self._attempt(waiting)
        return self._stopping or waiting.state not in ("queued", "attempting", "unknown")

    async def _reconcile(self, waiting: Waiting) -> None:
        """Ask the far end whether it happened. Not knowing leaves everything as it is, until the doubt is over."""
        pace, began = self._pace(waiting), trio.current_time()
        doubt = waiting.doubt = waiting.doubt or Doubt()
        report = await self._look(waiting, pace, doubt.wait())
        if report is None or waiting.state != "unknown":  # settled in the meantime: its echo came
            return
        if not isinstance(report, EffectUncertain):
            await self._tell_surely(waiting, self._counted(waiting, report))
            return
        if report.away:
            pace.pause()
        doubt.looked(began, report)
        if doubt.is_over(self._far_end_works):
            await self._tell_surely(waiting, EffectLeft(effect_id=waiting.effect.id, reason=report.reason))

    async def _look(self, waiting: Waiting, pace: Pace, after: float) -> EffectReport | None:
        """What a look shows; None when the owner knows meanwhile, and wants to hear no more of it."""
        with trio.CancelScope() as waiting.call:
            await trio.sleep(after)
            async with pace.looks:
                return await self._handle(waiting, self._reconcilers, f"{waiting.effect.kind}.look")
        return None

    async def _attempt(self, waiting: Waiting) -> None:
        pace = self._pace(waiting)
        await self._until(waiting)
        await pace.wait()
        if self._stopping:
            return
        async with pace.again if waiting.tries else nullcontext(), pace.limit, self._limit:
            outcome = await self._tell(waiting, EffectStarting(effect_id=waiting.effect.id))
            if not outcome or waiting.state != "attempting":
                if waiting.state == "queued":  # the actor does not want it: nothing to do, and nobody to ask
                    waiting.state = "cancelled"
                    await self._store.settle_effect(waiting.owner.tenant, waiting.effect.id, "cancelled")
                    log.warning("effect_unwanted", tenant=waiting.owner.tenant, effect=waiting.effect.id)
                return
            report = await self._call(waiting)
            if report is None:
                return
            pace.heard(report)
            await self._tell_surely(waiting, self._counted(waiting, report))

    def _counted(self, waiting: Waiting, report: EffectReport) -> EffectReport:
        """A report with the tries that it took; the last one that its kind allows is for good."""
        if isinstance(report, EffectDone):
            return report
        most = self._tries.get(waiting.effect.kind)
        if report.away or most is None or waiting.tries < most:
            return replace(report, tries=waiting.tries)
        reason = f"{report.reason} Given up after {waiting.tries} tries."
        return EffectFailed(effect_id=waiting.effect.id, reason=reason, permanent=True, tries=waiting.tries)

    async def _call(self, waiting: Waiting) -> EffectReport | None:
        """Carry it out; None when its owner called it off meanwhile, and wants to hear no more of it."""
        with trio.CancelScope() as waiting.call:
            return await self._handle(waiting, self._handlers, waiting.effect.kind)
        return None

    async def _until(self, waiting: Waiting) -> None:
        if waiting.effect.not_before is not None:
            seconds = (waiting.effect.not_before - self._clock.now()).total_seconds()
            with trio.move_on_after(max(0.0, seconds)):
                await self._pace(waiting).back.wait()

    async def _handle(self, waiting: Waiting, handlers: Mapping[str, Handler], counted_as: str) -> EffectReport:
        effect, work = waiting.effect, _work(waiting)
        if self._brake.holds(work):
            return self._put_aside(waiting, work)
        try:
            with at_work_on(work):
                report = await handlers[effect.kind](StoredEffect(waiting.owner, effect, waiting.state, waiting.tries))
            self._brake.over(work)
        except Exception as error:  # a bug in a handler: the call may have gone out
            log.error("effect_crashed", tenant=waiting.owner.tenant, effect=effect.id, exc_info=error)
            report = EffectUncertain(effect_id=effect.id, reason=f"{type(error).__name__} while it was carried out.")
        self._telemetry.effects.labels(counted_as, type(report).__name__.removeprefix("Effect").lower()).inc()
        return report

    def _put_aside(self, waiting: Waiting, work: Work) -> EffectReport:
        """It has stalled or killed the process twice: not again. Its owner hears what is certain."""
        log.error("effect_put_aside", tenant=waiting.owner.tenant, work=work.name())
        self._telemetry.put_aside.labels("effect").inc()
        reason = "It stopped the server twice, and is not tried again."
        if waiting.state == "unknown":
            return EffectUncertain(effect_id=waiting.effect.id, reason=reason)
        return EffectFailed(effect_id=waiting.effect.id, reason=reason, permanent=True)

    async def _tell_surely(self, waiting: Waiting, report: EffectReport | EffectLeft) -> None:
        """The world has changed: the owner must learn it, however long the database is away."""
        while True:
            try:
                await self._tell(waiting, report)
            except Parked:
                waiting.state = "done"  # it can be replayed from there
            except Refused:
                raise  # it will not have it, now or later
            except PlixaError as error:
                log.warning("effect_report_waits", effect=waiting.effect.id, error=str(error))
                await trio.sleep(0.5)
                continue
            return

    async def _tell(self, waiting: Waiting, command: EffectReport | EffectLeft | EffectStarting) -> bool:
        cause = f"effect:{waiting.effect.id}"
        outcome = await self._bus.ask(waiting.owner, command, actor="system", cause=cause)
        if not isinstance(command, EffectStarting) and not outcome.recorded:
            waiting.state = "done"  # the owner knew already (its echo was quicker), or has no use for it any more
        return bool(outcome.recorded)

    def _pace(self, waiting: Waiting) -> Pace:
        key = (waiting.owner.tenant, waiting.effect.pace)
        if key not in self._paces:
            rate = self._rate(waiting.effect.pace)
            self._paces[key] = Pace(1 / rate if rate else 0.0)
        return self._paces[key]


def _work(waiting: Waiting) -> Work:
    """What carrying it out is to the watchdog; looking whether it happened is something else."""
    what = "Looking for" if waiting.state == "unknown" else "Carrying out"
    effect, tenant = waiting.effect, waiting.owner.tenant
    name = f"{what} {effect.kind} {effect.id} of workspace {tenant}"
    return Work(lambda: name, name.encode)


def _later(effect: Effect, mark: EffectMark) -> Effect:
    if mark.state != "queued":
        return effect
    return Effect(effect.id, effect.kind, effect.lane, effect.pace, effect.request, mark.not_before)
