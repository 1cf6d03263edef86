"""The outbox at work: what a decision wants done outside, carried out once, in order, and told truthfully.

    queued → attempting → done | failed | cancelled
                        ↘ unknown ↗ (or back to queued, or left as it is for good)

What must not happen twice is its owner's decision step by step, and each step is durable before the next begins:
`EffectStarting` before the call goes out, the report after it. So a crash leaves one of two things: `queued`, which has
certainly not happened, or `attempting`, which may have; the latter is reported as uncertain at the next start, and the
actor reconciles it before any second try. What is *harmless* when done twice (`EffectSpec`) is done without asking, and
what became of it is booked in its row (`booking.py`): `done`, `failed` for good with its reason, or tried again later.
Its owner hears of it only where the kind says so: once, with the row settled by the same commit. An owner that marks an
effect `cancelled` calls off the call that is under way.

Effects of one lane run one at a time, in the order of their decisions; lanes of one pace share a rate, and a pace whose
far end is away is left alone for a while (0.5 s, doubling up to 30 s). Each queue has a limit of its own, within which
tenants take turns. What is due later than a minute, or not known to this release, stays in the table together with what
is behind it in its lane (`backlog.py`); so does all of a tenant that cannot be opened or lives on another node.

One effect's trouble is its own lane's. A refusal, however often, pauses no pace; what has failed before goes through a
narrower door than what is new; each kind says after how many tries it is given up. A doubt is looked after in its lane
alone (1 s later, doubling up to 15 s), beside the pace's rate and slots. It ends: after the time for which the far end
may be at work, and `DOUBT_LASTS` more in which nobody could say what came of it, or after `DOUBT_AT_MOST` where the far
end was away, the owner is told that it stays in doubt (`EffectLeft`); the lane goes on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import timedelta
from typing import Protocol

import structlog
import trio
from msgspec.structs import replace

from plixa.engine.actor import EffectDone, EffectFailed, EffectLeft, EffectReport, EffectStarting, EffectUncertain
from plixa.engine.backlog import IN_MEMORY, LEAST, SHARE, Backlog, Key, Lane, WaitingEffect
from plixa.engine.backoff import Backoff
from plixa.engine.booking import Books
from plixa.engine.brake import Brake, Work, at_work_on
from plixa.engine.clock import Clock
from plixa.engine.effect_spec import EffectSpec, Queue
from plixa.engine.errors import DeadLettered, PlixaError, Refused, UnknownHere
from plixa.engine.fair import FairLimiter
from plixa.engine.pace import Doubt, Pace
from plixa.engine.ports import Address, Booking, Effect, EffectMark, EffectState, Look, Store, StoredEffect
from plixa.engine.quiet import Quiet
from plixa.engine.registry import Bus
from plixa.engine.telemetry import Telemetry
from plixa.engine.tracing import HERE, Context

TAKE_UP_EVERY = 20.0
REFILL_EVERY = 0.5
AT_A_TIME = 32
LATER = timedelta(minutes=1)
AWAY = timedelta(seconds=2)
"""Until what found nobody there is tried again, at the soonest."""
REASON = 500
PACES = 5_000
"""Paces in memory, past which those that are idle are forgotten: each takes a kilobyte."""
log = structlog.get_logger("plixa.effects")

Handler = Callable[[StoredEffect], Awaitable[EffectReport]]


class Rate(Protocol):
    """How many effects a second a pace allows; None for no limit."""

    def __call__(self, pace: str) -> float | None: ...


Held = Callable[[int], Awaitable[bool]]
"""Whether nothing of a tenant's goes out by itself at the moment: its effects stay in the table until that is over."""


async def nobody(_tenant: int) -> bool:
    """No tenant is held."""
    return False


class EffectRunner:
    """Runs the effects of the tenants owned here. `committed` is told of every commit that concerns the outbox."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        telemetry: Telemetry,
        specs: Mapping[str, EffectSpec],
        handlers: Mapping[str, Handler],
        reconcilers: Mapping[str, Handler],
        owners: Collection[str],
        rate: Rate,
        far_end_works: float,
        brake: Brake | None = None,
        held: Held = nobody,
        quiet: Quiet | None = None,
    ) -> None:
        """owners: the kinds of actors that this release has. far_end_works: see `Doubt`."""
        self._store = store
        self._bus = bus
        self._clock = clock
        self._telemetry = telemetry
        self._specs = {kind: spec for kind, spec in specs.items() if kind in handlers}
        self._handlers = handlers
        self._reconcilers = reconcilers
        self._owners = owners
        self._rate = rate
        self._far_end_works = far_end_works
        self._brake = brake or Brake(clock)
        self._held = held
        self._quiet = quiet
        self._backlog = Backlog()
        self._books = Books(store)
        self._paces: dict[Key, Pace] = {}
        self._queues: dict[Queue, FairLimiter[int]] = {}
        self._tenants: Backoff[int] = Backoff(clock)
        self._troubles: Backoff[Key] = Backoff(clock)
        self._looks: Backoff[str] = Backoff(clock)
        self._hasten: set[Key] = set()
        self._released: set[int] = set()
        self._retiring: set[int] = set()
        self._wanted = trio.Event()
        self._looked = -TAKE_UP_EVERY
        self._nursery: trio.Nursery | None = None
        self._stopping = False

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take up what an earlier life left, then carry effects out until cancelled."""
        async with trio.open_nursery() as books, trio.open_nursery() as nursery:
            books.start_soon(self._books.run)
            self._nursery, self._backlog = nursery, Backlog()
            task_status.started()
            try:
                await self._take_up_for_ever()
            finally:
                self._nursery = None

    async def _take_up_for_ever(self) -> None:
        """All tenants from time to time: one may have come from another node. In between, those that have more."""
        self._looked = -TAKE_UP_EVERY
        while True:
            await self._make_haste()
            if (now := trio.current_time()) - self._looked >= TAKE_UP_EVERY:
                self._looked = now
                if not await self._look(None):
                    self._looked = -TAKE_UP_EVERY
            elif only := (self._backlog.wanting() | self._released) - self._tenants.resting() - self._retiring:
                released = self._released & only
                if await self._look(only):
                    self._released -= released
            with trio.move_on_after(REFILL_EVERY):
                await self._wanted.wait()
            self._wanted = trio.Event()

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
        return sum(limiter.under_way for limiter in self._queues.values())

    def resume(self, tenant: int, pace: str) -> None:
        """Whatever these lanes wait for is there again: what was put off is tried now."""
        known = self._paces.get((tenant, pace))
        if known is not None:
            known.resume()
        self._hasten.add((tenant, pace))
        self._wanted.set()

    def released(self, tenant: int) -> None:
        """The tenant is not held any more."""
        self._released.add(tenant)
        self._wanted.set()

    def taken_over(self, tenant: int) -> None:
        """The tenant is owned here from now on: whoever had it before may have left something."""
        self._backlog.forget_order(tenant)
        self._wanted.set()

    def came(self, tenant: int) -> None:
        """The tenant was not this node's before: what was in its way then is over."""
        self._tenants.well(tenant)
        self._wanted.set()

    def left(self, tenant: int) -> None:
        """Another node has the tenant: what waits of it goes, what is under way finds nobody to tell."""
        self._retiring.discard(tenant)
        self._backlog.leave(tenant)

    async def retire(self, tenant: int) -> None:
        """Begin nothing of a tenant any more; returns once nothing of it is under way."""
        self._retiring.add(tenant)
        self._backlog.leave(tenant)
        while self._backlog.at_work_for(tenant):  # noqa: ASYNC110  # a lane has no event to wait for
            await trio.sleep(0.02)

    def stay(self, tenant: int) -> None:
        """It does not go after all."""
        self._retiring.discard(tenant)
        self._backlog.forget_order(tenant)
        self._wanted.set()

    def look(self) -> None:
        """Look at all tenants now: a node is gone, and may have left something."""
        self._looked = -TAKE_UP_EVERY
        self._wanted.set()

    def committed(self, owner: Address, effects: list[Effect], marks: list[EffectMark], trace: Context = None) -> None:
        """Called in commit order, after the commit. trace: see `Commit`."""
        for mark in marks:
            self._backlog.marked(owner.tenant, mark)
        for effect in effects:
            spec = self._specs.get(effect.kind)
            if spec is not None and self._nursery is not None:
                self._start(self._backlog.offer(WaitingEffect(owner, effect, spec, trace=trace)))

    def _start(self, lane: Lane | None) -> None:
        if lane is not None and not lane.running and self._nursery is not None:
            lane.running = True
            self._nursery.start_soon(self._run_lane, lane)
        self._telemetry.outbox_open.set(len(self._backlog.known))

    async def _look(self, only: Collection[int] | None) -> bool:
        """Look at the table; false if that was not possible."""
        resting = self._tenants.resting() | self._retiring
        self._backlog.begin(only, resting)
        try:
            await self._books.flush()
            by = self._clock.now() + LATER
            look = Look(SHARE, by, list(self._specs), self._owners, only, resting, IN_MEMORY, LEAST)
            found = await self._store.open_effects(look)
            waiting = dict[Key, WaitingEffect]()
            for number, stored in enumerate(found.effects, 1):
                taken_up = self._taken_up(stored)
                waiting[taken_up.key] = taken_up
                await _let_others(number)
        except Exception as error:  # noqa: BLE001  # whatever it is, what is under way goes on
            self._backlog.give_up()
            log.warning("outbox_waiting", error=str(error))
            await trio.sleep(self._looks.trouble("table").total_seconds())
            return False
        except BaseException:
            self._backlog.give_up()
            raise
        self._looks.well("table")
        for number, lane in enumerate(self._backlog.end(found, waiting, found.each), 1):
            self._start(lane)
            await _let_others(number)
        if only is None:
            self._telemetry.outbox_unknown.set(found.unknown)
        return True

    async def _make_haste(self) -> None:
        """What was put off in the table is due now."""
        for tenant, pace in list(self._hasten):
            try:
                await self._store.hasten(tenant, pace)
            except Exception as error:  # noqa: BLE001  # whatever it is, what is under way goes on
                log.warning("outbox_waiting", error=str(error))
                return
            self._hasten.discard((tenant, pace))
            self._backlog.forget_order(tenant)

    def _taken_up(self, stored: StoredEffect) -> WaitingEffect:
        """As it waits from now on. A harmless one that was under way is simply done again."""
        spec = self._specs[stored.effect.kind]
        state: EffectState = "queued" if spec.harmless else stored.state
        return WaitingEffect(stored.owner, stored.effect, spec, state, stored.attempts)

    async def _run_lane(self, lane: Lane) -> None:
        try:
            while lane.queue and not lane.gone and not self._stopping:
                waiting = lane.queue[0]
                if self._is_late(waiting.effect):
                    self._backlog.hold(lane)
                    return
                await self._step(lane, waiting)
                if waiting.is_over and not lane.gone:
                    self._backlog.done(lane)
                    self._telemetry.outbox_open.set(len(self._backlog.known))
        finally:
            self._backlog.ended(lane)

    async def _is_held(self, lane: Lane, waiting: WaitingEffect) -> bool:
        """Whether it is not to go out now; its lane leaves memory then, and comes back with a later look."""
        if waiting.spec.always or not await self._held(waiting.owner.tenant):
            return False
        if not lane.gone:
            self._backlog.hold(lane)
        return True

    def _is_late(self, effect: Effect) -> bool:
        return effect.not_before is not None and effect.not_before - self._clock.now() > LATER

    async def _step(self, lane: Lane, waiting: WaitingEffect) -> None:
        """One step of one effect. Whatever goes wrong is this lane's trouble, or its tenant's."""
        where = {"tenant": lane.tenant, "effect": waiting.effect.id}
        name = f"effect {waiting.effect.kind}"
        try:
            with self._telemetry.tracing.span(
                name, "inside", cause=waiting.trace, tenant=lane.tenant, effect=waiting.effect.id
            ):
                await self._run_one(lane, waiting)
        except (Refused, DeadLettered) as error:  # the owner will not have it: it must not hold up the lane for ever
            log.error("effect_dropped", **where, error=str(error))
            self._over(waiting, "failed", f"{type(error).__name__}: {error}")
        except UnknownHere as error:
            log.warning("effect_unknown", **where, error=str(error))
            if not lane.gone:
                self._backlog.hold(lane)
        except PlixaError as error:
            log.warning("effect_waiting", **where, error=str(error))
            await (self._leave if error.whole_tenant else self._rest)(lane)
        except Exception:
            log.exception("effect_failed", **where)
            await self._rest(lane)
        else:
            self._troubles.well((lane.tenant, lane.name))

    async def _rest(self, lane: Lane) -> None:
        await trio.sleep(self._troubles.trouble((lane.tenant, lane.name)).total_seconds())

    async def _leave(self, lane: Lane) -> None:
        """Another node has the tenant, or it cannot be opened: it rests, and comes back with a later look."""
        if not lane.gone:
            self._tenants.trouble(lane.tenant)
            self._backlog.leave(lane.tenant)

    async def _run_one(self, lane: Lane, waiting: WaitingEffect) -> None:
        if waiting.spec.harmless:
            await self._carry_out(lane, waiting)
        elif waiting.state == "attempting":  # left by a crash
            stopped = EffectUncertain(effect_id=waiting.effect.id, reason="The server stopped.")
            await self._tell(waiting, self._counted(waiting, stopped))
        elif waiting.state == "unknown":
            await self._reconcile(waiting)
        elif waiting.state == "queued":
            await self._attempt(lane, waiting)

    # -- what is harmless when done twice ------------------------------------------------------------------------------

    async def _carry_out(self, lane: Lane, waiting: WaitingEffect) -> None:
        """Do it, and book what came of it."""
        pace = self._pace(waiting)
        await self._until(waiting)
        await pace.wait()
        await self._behind(waiting)
        async with pace.again if waiting.tries else nullcontext(), pace.limit, self._turn(waiting):
            if self._stopping or lane.gone or waiting.is_over:
                return
            await self._bus.own(waiting.owner.tenant)
            if await self._is_held(lane, waiting):
                return
            report = await self._call(waiting)
            if report is None or waiting.is_over:
                return
            pace.heard(report)
        self._tenants.well(waiting.owner.tenant)
        await self._settle(waiting, report)

    async def _settle(self, waiting: WaitingEffect, report: EffectReport) -> None:
        if not isinstance(report, EffectDone):
            waiting.tries += not report.away
            report = self._counted(waiting, report)
        match report:
            case EffectDone():
                await self._close(waiting, report, self._booking(waiting, "done"))
            case EffectFailed(permanent=True):
                self._telemetry.effects_given_up.labels(waiting.effect.kind).inc()
                await self._close(waiting, report, self._booking(waiting, "failed", report.reason))
            case _:
                self._again(waiting, report)

    async def _close(self, waiting: WaitingEffect, report: EffectReport, booking: Booking) -> None:
        """It is over. An owner that wants to hear it settles the row with what it decides."""
        told = waiting.spec.tells and await self._tell_owner(waiting, report, booking)
        if not told and not waiting.is_over:
            self._books.put(booking)
        waiting.state = booking.state

    async def _tell_owner(self, waiting: WaitingEffect, report: EffectReport, booking: Booking) -> bool:
        """Whether the owner has decided something. Raises what it refuses, and what is its whole tenant's trouble."""
        while True:
            try:
                outcome = await self._bus.ask(
                    waiting.owner,
                    report,
                    actor="system",
                    cause=f"effect:{waiting.effect.id}",
                    attach=(self._store.booked(booking),),
                    replayable=True,  # the row is settled anyway
                )
            except (Refused, DeadLettered):
                raise
            except PlixaError as error:
                if error.whole_tenant:
                    raise
                await self._report_waits(waiting, error)
            else:
                return bool(outcome.recorded)

    def _again(self, waiting: WaitingEffect, report: EffectFailed | EffectUncertain) -> None:
        """Not now. That nobody was there is no word on this effect, and not worth a row's change."""
        rest = AWAY if report.away else waiting.spec.rest(waiting.tries)
        waiting.effect = replace(waiting.effect, not_before=self._clock.now() + rest)
        if not report.away:
            self._books.put(self._booking(waiting, "queued", report.reason))

    def _over(self, waiting: WaitingEffect, state: EffectState, reason: str) -> None:
        """Close the row of an effect whose owner does not."""
        waiting.state = state
        self._books.put(self._booking(waiting, state, reason))

    def _booking(self, waiting: WaitingEffect, state: EffectState, reason: str | None = None) -> Booking:
        due = waiting.effect.not_before if state == "queued" else None
        why = None if reason is None else reason[:REASON]
        return Booking(*waiting.key, state, self._clock.now(), waiting.tries, due, why)

    # -- what must not happen twice ------------------------------------------------------------------------------------

    async def _reconcile(self, waiting: WaitingEffect) -> None:
        """Ask the far end whether it happened. Not knowing leaves everything as it is, until the doubt is over."""
        pace, began = self._pace(waiting), trio.current_time()
        doubt = waiting.doubt = waiting.doubt or Doubt()
        report = await self._look_up(waiting, pace, doubt.wait())
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

    async def _look_up(self, waiting: WaitingEffect, pace: Pace, after: float) -> EffectReport | None:
        """What a look shows; None when the owner knows meanwhile, and wants to hear no more of it."""
        with trio.CancelScope() as waiting.call:
            await trio.sleep(after)
            async with pace.looks:
                return await self._handle(waiting, self._reconcilers, f"{waiting.effect.kind}.look")
        return None

    async def _attempt(self, lane: Lane, waiting: WaitingEffect) -> None:
        pace = self._pace(waiting)
        await self._until(waiting)
        await pace.wait()
        await self._behind(waiting)
        async with pace.again if waiting.tries else nullcontext(), pace.limit, self._turn(waiting):
            if self._stopping or lane.gone or waiting.is_over:
                return
            if await self._is_held(lane, waiting):
                return
            outcome = await self._tell(waiting, EffectStarting(effect_id=waiting.effect.id))
            if lane.gone:  # it left memory meanwhile, and what was decided is not known here: its row has it
                return
            if not outcome or waiting.state != "attempting":
                if waiting.state == "queued":  # the actor does not want it: nothing to do, and nobody to ask
                    self._over(waiting, "cancelled", "Its owner does not want it any more.")
                    log.warning("effect_unwanted", tenant=waiting.owner.tenant, effect=waiting.effect.id)
                return
            await self._bus.own(waiting.owner.tenant)  # a node that slept since then may not be the one any more
            if lane.gone:  # whoever has the tenant now looks up what became of it
                return
            report = await self._call(waiting)
            if report is None:
                return
            pace.heard(report)
            await self._tell_surely(waiting, self._counted(waiting, report))

    def _counted(self, waiting: WaitingEffect, report: EffectReport) -> EffectReport:
        """A report with the tries that it took; the last one that its kind allows is for good."""
        if isinstance(report, EffectDone):
            return report
        most = waiting.spec.tries
        if report.away or most is None or waiting.tries < most:
            return replace(report, tries=waiting.tries)
        reason = f"{report.reason} Given up after {waiting.tries} tries."
        return EffectFailed(effect_id=waiting.effect.id, reason=reason, permanent=True, tries=waiting.tries)

    async def _tell_surely(self, waiting: WaitingEffect, report: EffectReport | EffectLeft) -> None:
        """The world has changed: the owner must learn it, however long the database is away.

        An owner that is not here any more learns it otherwise: what is left `attempting` is looked up.
        """
        while True:
            try:
                await self._tell(waiting, report)
            except DeadLettered:  # it can be replayed from there
                self._over(waiting, "cancelled", "Its owner crashed on what came of it; that report is a dead letter.")
            except (Refused, UnknownHere):
                raise  # it will not have it, now or later
            except PlixaError as error:
                if error.whole_tenant:
                    raise
                await self._report_waits(waiting, error)
                continue
            return

    async def _tell(self, waiting: WaitingEffect, command: EffectReport | EffectLeft | EffectStarting) -> bool:
        cause = f"effect:{waiting.effect.id}"
        outcome = await self._bus.ask(waiting.owner, command, actor="system", cause=cause)
        self._tenants.well(waiting.owner.tenant)
        if not isinstance(command, EffectStarting) and not outcome.recorded and not waiting.is_over:
            # The owner knew already (its echo was quicker, and settled the row), or has no use for it any more.
            self._over(waiting, "cancelled", "Its owner has no use for it any more.")
        return bool(outcome.recorded)

    # -- both ----------------------------------------------------------------------------------------------------------

    async def _report_waits(self, waiting: WaitingEffect, error: PlixaError) -> None:
        pause = self._troubles.trouble((waiting.owner.tenant, waiting.effect.ordering_key))
        log.warning("effect_report_waits", effect=waiting.effect.id, error=str(error))
        await trio.sleep(pause.total_seconds())

    async def _call(self, waiting: WaitingEffect) -> EffectReport | None:
        """Carry it out; None when its owner called it off meanwhile, and wants to hear no more of it."""
        with trio.CancelScope() as waiting.call:
            return await self._handle(waiting, self._handlers, waiting.effect.kind)
        return None

    async def _until(self, waiting: WaitingEffect) -> None:
        if waiting.effect.not_before is not None:
            seconds = (waiting.effect.not_before - self._clock.now()).total_seconds()
            with trio.move_on_after(max(0.0, seconds)):
                await self._pace(waiting).back.wait()

    async def _behind(self, waiting: WaitingEffect) -> None:
        if waiting.spec.queue.behind and self._quiet is not None:
            await self._quiet.wait()

    async def _handle(self, waiting: WaitingEffect, handlers: Mapping[str, Handler], counted_as: str) -> EffectReport:
        effect, work = waiting.effect, _work(waiting)
        if self._brake.holds(work):
            return self._put_aside(waiting, work)
        try:
            with self._telemetry.tracing.span(effect.kind, "client", parent=HERE.get()), at_work_on(work):
                report = await handlers[effect.kind](StoredEffect(waiting.owner, effect, waiting.state, waiting.tries))
            self._brake.over(work)
        except Exception as error:  # a bug in a handler: the call may have gone out
            log.error("effect_crashed", tenant=waiting.owner.tenant, effect=effect.id, exc_info=error)
            report = EffectUncertain(effect_id=effect.id, reason=f"{type(error).__name__} while it was carried out.")
        self._telemetry.effects.labels(counted_as, type(report).__name__.removeprefix("Effect").lower()).inc()
        return report

    def _put_aside(self, waiting: WaitingEffect, work: Work) -> EffectReport:
        """It has stalled or killed the process twice: not again. Its owner hears what is certain."""
        log.error("effect_put_aside", tenant=waiting.owner.tenant, work=work.name())
        self._telemetry.put_aside.labels("effect").inc()
        reason = "It stopped the server twice, and is not tried again."
        if waiting.state == "unknown":
            return EffectUncertain(effect_id=waiting.effect.id, reason=reason)
        return EffectFailed(effect_id=waiting.effect.id, reason=reason, permanent=True)

    def _turn(self, waiting: WaitingEffect) -> AbstractAsyncContextManager[None]:
        queue = waiting.spec.queue
        if queue not in self._queues:
            self._queues[queue] = FairLimiter(queue.at_once, queue.share)
        return self._queues[queue].turn(waiting.owner.tenant)

    def _pace(self, waiting: WaitingEffect) -> Pace:
        key = (waiting.owner.tenant, waiting.effect.rate_key)
        if key not in self._paces:
            if len(self._paces) >= PACES:
                self._paces = {each: pace for each, pace in self._paces.items() if not pace.is_idle}
            rate = self._rate(waiting.effect.rate_key)
            self._paces[key] = Pace(1 / rate if rate else 0.0)
        return self._paces[key]


def _work(waiting: WaitingEffect) -> Work:
    """What carrying it out is to the watchdog; looking whether it happened is something else."""
    what = "Looking for" if waiting.state == "unknown" else "Carrying out"
    effect, tenant = waiting.effect, waiting.owner.tenant
    name = f"{what} {effect.kind} {effect.id} of workspace {tenant}"
    return Work(lambda: name, name.encode)


async def _let_others(number: int) -> None:
    """Of the hundreds that a look finds, after every few whoever waits for an answer has a turn."""
    if number % AT_A_TIME == 0:
        await trio.lowlevel.checkpoint()
