"""Finds or activates the actor behind an address, and sends idle ones to sleep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from heapq import nsmallest
from typing import Any, Protocol

import structlog
import trio

from plixa.engine.actor import Outcome
from plixa.engine.cell import Cell
from plixa.engine.errors import Elsewhere, Overloaded, PlixaError, Unavailable
from plixa.engine.mailbox import Envelope
from plixa.engine.ports import Address, Owner
from plixa.engine.supervisor import Supervisor, TenantScope

SWEEP_SECONDS = 5.0
WITHIN = 30.0
TURN = 500
"""Actors that are sent to sleep before others have a turn."""
told_elsewhere: ContextVar[Callable[[Elsewhere], None] | None] = ContextVar("told_elsewhere", default=None)
"""Who, of what is under way, hears that a tenant is another node's: whatever becomes of the error on its way up."""
Carry = Callable[[Owner, Address, Any, str, str], Awaitable[None]]
log = structlog.get_logger("plixa.registry")


class Bus(Protocol):
    """How a command reaches the actor that owns it, on this node or another.

    `actor` says who asks ("user:12"), `cause` what led to it. `attach` is written in the same transaction, if something
    is decided: values that the store knows how to write, never a function.
    """

    async def ask(
        self,
        address: Address,
        command: Any,
        *,
        actor: str,
        cause: str,
        attach: Sequence[object] = (),
        within: float = WITHIN,
        replayable: bool | None = None,
    ) -> Outcome:
        """Return once what was decided is durable. Raises what `decide` raised, `Overloaded` or `Unavailable`.

        within: seconds after which `Unavailable` is raised; what was asked may still be done then.
        replayable: whether a command that crashes its actor may be tried again later without what was attached to it;
        None: where nothing was. Of one that may not be nothing is kept, and who asks hears `Crashed`.
        """
        ...

    async def own(self, tenant: int) -> None:
        """Make sure that this node serves the tenant, as far as it knows. Raises `Elsewhere`, `NotOpened`."""
        ...


class Registry:
    """The in-memory bus: every tenant is owned here.

    Bounds: a mailbox holds what its kind says, all of them together `envelopes`; `resident` cells stay in memory, past
    that the longest unused ones go first.
    """

    def __init__(self, supervisor: Supervisor, *, resident: int = 50_000, envelopes: int = 20_000) -> None:
        self.supervisor = supervisor
        self._resident = resident
        self._envelopes = envelopes
        self._waiting = 0
        self.carry: Carry | None = None
        """How a command gets to another node, where there is a way."""

    async def ask(
        self,
        address: Address,
        command: Any,
        *,
        actor: str,
        cause: str,
        attach: Sequence[object] = (),
        within: float = WITHIN,
        replayable: bool | None = None,
    ) -> Outcome:
        """See `Bus.ask`. Cancelling the wait does not take the command back."""
        if self._waiting >= self._envelopes:
            raise Overloaded("this server")
        self._waiting += 1
        try:
            scope = await self._scope(address.tenant)
            envelope = Envelope(command, actor, cause, attach, replayable=replayable)
            scope.cell(address).post(envelope)
            with trio.move_on_after(within):
                return await _answered(envelope)
            raise Unavailable("This takes too long. It is not known whether it was done; look before asking again.")
        finally:
            self._waiting -= 1

    async def tell(self, address: Address, command: Any, *, actor: str, cause: str) -> None:
        """Ask for something wherever the actor is, without its answer; it may be done twice. Raises as `ask` does.

        For what no request of that tenant is behind: a request goes to the node of its tenant as a whole.
        """
        hears = told_elsewhere.set(None)
        try:
            await self.ask(address, command, actor=actor, cause=cause)
        except Elsewhere as error:
            if self.carry is None:
                raise
            await self.carry(Owner(error.node, error.incarnation), address, command, actor, cause)
        finally:
            told_elsewhere.reset(hears)

    async def own(self, tenant: int) -> None:
        """See `Bus.own`."""
        await self._scope(tenant)

    async def state(self, address: Address) -> Any:
        """The actor's state as of now, activated if need be. For reading only."""
        scope = await self._scope(address.tenant)
        cell = scope.cell(address)
        await cell.load()
        return cell.state

    async def look_at(self, address: Address) -> Any:
        """The actor's state, whoever has its tenant: of one that is not open here, what the log says now.

        For what a request of one tenant has to know of another: it is answered where it is, and nothing is taken.
        Not for what is personal, whose keys may be destroyed meanwhile where the tenant is.
        """
        if self.supervisor.has(address.tenant):
            return await self.state(address)
        return await self.supervisor.read(address)

    async def workspace(self, tenant: int) -> Any:
        """The state of the tenant's root actor."""
        scope = await self._scope(tenant)
        return scope.moment().workspace

    async def fresh_id(self, tenant: int) -> int:
        """An id for an actor that is to be: nobody else gets it."""
        return next((await self._scope(tenant)).moment().ids)

    async def _scope(self, tenant: int) -> TenantScope:
        try:
            return await self.supervisor.scope(tenant)
        except Elsewhere as error:
            _tell(error)
            raise

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Send idle actors to sleep until cancelled."""
        task_status.started()
        while True:
            await trio.sleep(SWEEP_SECONDS)
            await self.sweep()

    async def sweep(self) -> int:
        """Put what is idle (or too much) to sleep; returns how many went."""
        gone = 0
        for number, cell in enumerate(await self._sleepers()):
            gone += await self._retire(cell)
            if number % TURN == TURN - 1:  # nearly all go without waiting for anything
                await trio.lowlevel.checkpoint()
        self._measure()
        return gone

    async def _sleepers(self) -> list[Cell]:
        """Those that are idle, and the longest unused ones of those that are too many."""
        now, cells = trio.current_time(), list[Cell]()
        for scope in list(self.supervisor.scopes.values()):
            root = scope.root
            cells.extend(cell for cell in scope.cells.values() if cell is not root)
            await trio.lowlevel.checkpoint()
        surplus = max(0, len(cells) - self._resident)
        unused = nsmallest(surplus, cells, key=lambda cell: cell.touched) if surplus else []
        await trio.lowlevel.checkpoint()
        idle = [cell for cell in cells if now - cell.touched > cell.kind.idle_seconds]
        return [*unused, *idle]

    async def _retire(self, cell: Cell) -> int:
        if cell.busy or len(cell.mailbox) or cell.scope.cells.get(cell.address) is not cell:
            return 0
        if cell.unsaved >= 10:  # a shorter tail is quicker read again than written now
            try:
                await cell.save()
            except PlixaError as error:
                log.warning("snapshot_failed", stream=cell.address.stream, error=str(error))
        if cell.busy or len(cell.mailbox):  # an envelope came while the snapshot was written
            return 0
        cell.scope.cells.pop(cell.address, None)
        return 1

    def _measure(self) -> None:
        telemetry = self.supervisor.telemetry
        telemetry.mailboxes.set(self._waiting)
        resident = Counter(a.kind for scope in self.supervisor.scopes.values() for a in scope.cells)
        for kind in self.supervisor.kinds:
            telemetry.actors.labels(kind).set(resident[kind])

    async def drain(self) -> None:
        """Wait until no envelope is waiting. The caller sets the limit and sees to it that no new ones come."""
        while self._waiting:  # noqa: ASYNC110  # once in a process's life
            await trio.sleep(0.01)


async def _answered(envelope: Envelope) -> Outcome:
    try:
        outcome: Outcome = await envelope.reply.get()
    except Elsewhere as error:  # the tenant was handed over before its turn came
        _tell(error)
        raise
    return outcome


def _tell(error: Elsewhere) -> None:
    if (told := told_elsewhere.get()) is not None:
        told(error)
