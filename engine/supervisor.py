"""Who looks after whom.

    Supervisor.run                 root nursery
    └── TenantScope.run            one task and one nursery a tenant; its root actor stays resident
        └── Cell._drain            one task a busy actor

Strategy and limits, all in one place:
- An actor that raises is rebuilt from the log and tries the same envelope again after 50-100 ms, then 100-200 ms
  (`BACKOFF`); raising the third time (`ATTEMPTS`) makes it a dead letter, and the actor goes on with the next one.
- An envelope that has stalled or killed the process twice becomes one without another try (`brake.py`).
- A dead letter is tried again when an operator asks for it (`dead_letters.py`).
- If even that fails the asker is told, and nothing is kept: the asker still has the command. Nor is one kept to which
  rows were attached that cannot be kept along (`Envelope.replayable`).
- Anything that escapes a tenant's nursery closes that tenant only; the next envelope for it opens it again. One that
  cannot be opened is left alone for growing pauses (`backoff.py`), and who asks hears `NotOpened` at once.
- A tenant that another node took over is closed at once, and whoever waited is told to try again.
"""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable, Mapping
from contextvars import Context, copy_context
from typing import Any

import msgspec
import structlog
import trio

from plixa.engine.actor import ActorType, Moment
from plixa.engine.backoff import Backoff
from plixa.engine.brake import Brake, Work
from plixa.engine.cell import Cell, folded
from plixa.engine.clock import Clock
from plixa.engine.errors import (
    Crashed,
    DeadLettered,
    Elsewhere,
    Fenced,
    NotFound,
    NotOpened,
    PlixaError,
    Unavailable,
    UnknownHere,
    again,
)
from plixa.engine.ids import Ids
from plixa.engine.mailbox import Envelope
from plixa.engine.ownership import Belief
from plixa.engine.ports import Address, DeadLetter, Owner, Store, TenantHead
from plixa.engine.telemetry import Telemetry
from plixa.engine.tracing import Tracing
from plixa.engine.watchdog import Stalled

ATTEMPTS = 3
BACKOFF = 0.05
log = structlog.get_logger("plixa.supervisor")


class TenantScope:
    """Everything of one tenant that is in memory."""

    def __init__(self, supervisor: Supervisor, tenant: int) -> None:
        self.tenant = tenant
        self.cells: dict[Address, Cell] = {}
        self.opened = trio.Event()
        self.closed = False
        self.serves = False
        """Whether envelopes are taken: it is open, is not closed, and is not being handed over."""
        self.moving: Owner | None = None
        """To whom it is being handed over."""
        self._supervisor = supervisor
        self._nursery: trio.Nursery | None = None
        self.ids = Ids(0)
        self._workspace: Any = None
        self._failure: Exception | None = None

    @property
    def store(self) -> Store:
        return self._supervisor.store

    @property
    def brake(self) -> Brake:
        return self._supervisor.brake

    @property
    def tracing(self) -> Tracing:
        return self._supervisor.telemetry.tracing

    @property
    def belief(self) -> Belief:
        return self._supervisor.belief

    @property
    def head(self) -> TenantHead:
        """What ownership began with. Only there once opened."""
        return self._head

    @property
    def root(self) -> Cell:
        """The tenant's own actor, whose state the others see as `now.workspace`."""
        return self.cell(Address(self.tenant, self._supervisor.root_kind, self.tenant))

    async def run(self) -> None:
        """Own the tenant, then keep its nursery open until it is closed."""
        try:
            self._head = await self.store.own(self.tenant)
            self.ids = Ids(self._head.last_id)
            await self.root.load()
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                self.opened.set()
                self.serves = True
                await trio.sleep_forever()
        except Exception as error:  # one tenant's trouble stays its own
            self._failure = error
            if isinstance(error, UnknownHere) or not isinstance(error, Unavailable | NotFound):
                log.error("tenant_failed", tenant=self.tenant, error=type(error).__name__, exc_info=error)
                if not self.opened.is_set():
                    self._failure = NotOpened()
            if not self.opened.is_set():
                self._supervisor.not_opened(self.tenant, self._failure)
        finally:
            self._close()

    def _close(self) -> None:
        self.closed, self.serves = True, False
        self._supervisor.drop(self)
        error = self._failure if isinstance(self._failure, PlixaError) else Unavailable("This workspace is restarting.")
        for cell in self.cells.values():
            while len(cell.mailbox):
                cell.mailbox.take().reply.fail(error)
        self._failure = error
        self.opened.set()

    async def ready(self) -> None:
        """Wait until it is open. Raises why it could not be opened."""
        await self.opened.wait()
        if self.closed:
            raise again(self._failure or Unavailable("This workspace is restarting."))

    def cell(self, address: Address) -> Cell:
        """The resident cell of an address, made if need be."""
        cell = self.cells.get(address)
        if cell is None:
            kind = self._supervisor.kinds.get(address.kind)
            if kind is None:
                raise UnknownHere(f"actors of kind {address.kind}")
            cell = self.cells[address] = Cell(self, kind, address)
        return cell

    def start(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run a task in this tenant's nursery."""
        if self._nursery is None or self.closed:
            raise Unavailable("This workspace is restarting.")
        try:
            self._nursery.start_soon(work)
        except RuntimeError:  # its last task is just ending
            raise Unavailable("This workspace is restarting.") from None

    def moment(self) -> Moment:
        """Now, with fresh ids and the business."""
        return Moment(self._supervisor.clock.now(), self.ids, self.workspace)

    @property
    def workspace(self) -> Any:
        """The root actor's state (the last good one, if it is being rebuilt)."""
        self._workspace = self.root.state or self._workspace
        return self._workspace

    def fenced(self, error: Fenced) -> None:
        """Another node owns this tenant: let go of everything, here and wherever else something of it is in memory."""
        first = not self.closed
        self.end(error)
        if first:
            self._supervisor.tell_left(self.tenant)

    def hold(self, to: Owner) -> None:
        """Take no more envelopes: it is being handed over."""
        self.moving, self.serves = to, False

    def go_on(self) -> None:
        """Take envelopes again, after all."""
        self.moving, self.serves = None, self.opened.is_set() and not self.closed

    async def quiet(self) -> None:
        """Wait until no actor has an envelope any more."""
        while any(cell.busy or len(cell.mailbox) for cell in self.cells.values()):  # noqa: ASYNC110  # a move's last step
            await trio.sleep(0.01)

    def end(self, error: Fenced) -> None:
        """Whoever waits is told this; nothing is taken any more."""
        self._failure = error
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()
        self.closed, self.serves = True, False
        self._supervisor.drop(self)

    async def crashed(self, cell: Cell, envelope: Envelope, error: Exception) -> None:
        """Decide what becomes of an envelope whose turn raised."""
        envelope.attempts += 1
        self._supervisor.telemetry.crashes.labels(cell.kind.name).inc()
        log.error(
            "actor_crashed",
            tenant=self.tenant,
            stream=cell.address.stream,
            command=type(envelope.command).__name__,
            cause=envelope.cause,
            attempt=envelope.attempts,
            error=type(error).__name__,
            exc_info=error,
        )
        if envelope.attempts < ATTEMPTS:
            await trio.sleep(BACKOFF * 2 ** (envelope.attempts - 1) * random.uniform(1, 2))
            await cell.answer(envelope)
        else:
            await self.give_up(cell, envelope, error)

    async def put_aside(self, cell: Cell, envelope: Envelope, work: Work) -> None:
        """Give up one that has stalled or killed the process, untried; once, however often it comes again."""
        if not self.brake.put_aside(work):
            envelope.reply.fail(DeadLettered() if envelope.replayable else Crashed())
            return
        log.error("letter_put_aside", tenant=self.tenant, work=work.name())
        self._supervisor.telemetry.put_aside.labels("envelope").inc()
        await self.give_up(cell, envelope, Stalled())

    async def give_up(self, cell: Cell, envelope: Envelope, error: Exception) -> None:
        """Keep an envelope for the operators, and tell who sent it.

        What was attached to it (a password hash, a file) cannot be kept along, and without it the command would say
        that something happened which did not: such an envelope is not kept.
        """
        if not envelope.replayable:
            log.error("envelope_not_kept", tenant=self.tenant, command=type(envelope.command).__name__)
            envelope.reply.fail(Crashed())
            return
        try:
            await self.store.keep_dead_letter(self._dead(cell, envelope, error))
        except Exception as trouble:  # noqa: BLE001  # not kept: the asker still has it, and is told
            log.error("parking_failed", tenant=self.tenant, error=type(trouble).__name__)
            envelope.reply.fail(Crashed())
            return
        self._supervisor.telemetry.dead_letters.labels(cell.kind.name).inc()
        envelope.reply.fail(DeadLettered())

    def _dead(self, cell: Cell, envelope: Envelope, error: Exception) -> DeadLetter:
        return DeadLetter(
            address=cell.address,
            command=msgspec.msgpack.encode(envelope.command),
            command_type=type(envelope.command).__name__,
            actor=envelope.actor,
            cause=envelope.cause,
            error=type(error).__name__,  # its text may quote what a customer wrote
            at=self._supervisor.clock.now(),
        )


class Supervisor:
    """The root: which tenants are open, and what all of them share."""

    def __init__(
        self,
        store: Store,
        kinds: Mapping[str, ActorType[Any]],
        root_kind: str,
        clock: Clock,
        telemetry: Telemetry,
        brake: Brake | None = None,
        belief: Belief | None = None,
    ) -> None:
        """belief: None where no other node can be."""
        self.store = store
        self.kinds = kinds
        self.root_kind = root_kind
        self.clock = clock
        self.telemetry = telemetry
        self.brake = brake or Brake(clock)
        self.belief = belief or Belief(until=math.inf)
        self.scopes: dict[int, TenantScope] = {}
        self.left: list[Callable[[int], None]] = []
        """Told of each tenant that another node has now: what is in memory of it goes, whoever waits is sent there."""
        self._context: Context = copy_context()
        self._backoff: Backoff[int] = Backoff(clock)
        self._nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look after the tenants until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            self._context = copy_context()
            task_status.started()
            await trio.sleep_forever()

    async def scope(self, tenant: int) -> TenantScope:
        """The open scope of a tenant, opened if need be. Raises `Elsewhere`, `Unavailable`."""
        await self.belief.sure()
        scope = self.scopes.get(tenant)
        if scope is not None and scope.serves:
            return scope
        return await self._open(tenant)

    async def _open(self, tenant: int) -> TenantScope:
        scope = self.scopes.get(tenant)
        if scope is not None and scope.moving is not None:
            raise Elsewhere(tenant, *scope.moving)
        if scope is None or scope.closed:
            if self._backoff.rests(tenant):
                raise NotOpened
            if self._nursery is None:
                raise Unavailable("The server is starting. Try again shortly.")
            scope = self.scopes[tenant] = TenantScope(self, tenant)
            # In a context of its own: not as the work of whoever happens to ask first, which would live on with it.
            self._context.run(self._nursery.start_soon, scope.run)
        await scope.ready()
        await self.belief.sure()  # it may have run out while the log was read
        await scope.ready()  # and the tenant may have gone meanwhile
        self._backoff.well(tenant)
        return scope

    def has(self, tenant: int) -> bool:
        """Whether a tenant is open here, without opening it."""
        scope = self.scopes.get(tenant)
        return scope is not None and scope.serves

    async def read(self, address: Address) -> Any:
        """What the log makes of an actor, whether or not its tenant is open here. Raises `Unavailable`."""
        return await folded(self.kinds[address.kind], address, await self.store.load(address))

    def opened(self) -> dict[int, int]:
        """The tenants that are open here, and by which epoch."""
        return {tenant: scope.head.epoch for tenant, scope in self.scopes.items() if scope.opened.is_set()}

    def lost(self, tenant: int, error: Fenced | None = None) -> None:
        """Another node has this tenant now. error: what whoever waits is told."""
        self.telemetry.left.labels("lost" if error is None else "handed_over").inc()
        scope = self.scopes.get(tenant)
        if scope is not None:
            scope.fenced(error or Fenced(tenant))

    def tell_left(self, tenant: int) -> None:
        """Each listener is on its own."""
        for hear in self.left:
            try:
                hear(tenant)
            except Exception as error:
                log.exception("left_failed", tenant=tenant, error=type(error).__name__)

    def not_opened(self, tenant: int, error: Exception) -> None:
        """A tenant that does not open is left alone for a while: opening it costs a take-over and a read of its log."""
        if isinstance(error, NotOpened):
            self._backoff.trouble(tenant)

    def drop(self, scope: TenantScope) -> None:
        """Forget a scope that has closed."""
        if self.scopes.get(scope.tenant) is scope:
            del self.scopes[scope.tenant]
