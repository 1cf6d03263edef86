"""Tenants go where they wish to be: a few at a time, the quiet ones first, and only while nobody comes or goes.

A tenant that moves ends what it is doing: no send begins any more and those under way are waited for (`SENDS_WITHIN`);
then no envelope is taken and those that were are answered (`ENVELOPES_WITHIN`). One `update` of its lease is the move:
it says to whom, and raises the epoch. Whoever asks here meanwhile, and afterwards, hears `Elsewhere`. Snapshots are not
waited for: the log has everything.

A node that has no way to the others for `APART_AFTER` seconds, so that what comes in elsewhere does not reach it, says
so with its beats: it wants no tenants any more. A little later it hands over all that it has, unless all others are
apart as well: then it is the way itself that is gone, and each serves what it has.

Where that `update` fails, or its answer is lost, the tenant goes on here. Should it have taken place all the same, then
the next beat says so, and until the other node takes the tenant this one may still commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import structlog
import trio

from plixa.engine.effects import EffectRunner
from plixa.engine.errors import Elsewhere, PlixaError
from plixa.engine.ownership import Member, Ownership
from plixa.engine.placement import AT_ONCE, AT_ONCE_DRAINING, STABLE_FOR, moves
from plixa.engine.ports import Owner
from plixa.engine.supervisor import Supervisor

ROUND = 2.0
APART_AFTER, LEAVES_AFTER = 10.0, 14.0
SENDS_WITHIN, ENVELOPES_WITHIN = 5.0, 2.0
log = structlog.get_logger("plixa.handover")


class Leases(Protocol):
    """Which tenants a node has."""

    apart: bool
    """Whether other nodes do not reach this one."""

    @property
    def member(self) -> Member:
        """This node."""
        ...

    async def leases(self) -> Mapping[int, int]:
        """Its tenants and their epochs, open or not. Raises `Unavailable`."""
        ...

    async def hand_over(self, tenant: int, epoch: int, to: Owner) -> bool:
        """Make it another node's, if it is ours by this epoch and that node lives. Raises `Unavailable`."""
        ...


class HandOver:
    """See the module's text."""

    def __init__(
        self,
        leases: Leases,
        supervisor: Supervisor,
        ownership: Ownership,
        effects: EffectRunner | None = None,
        stable_for: float = STABLE_FOR,
    ) -> None:
        """effects: None where nothing is sent."""
        self._leases = leases
        self._supervisor = supervisor
        self._ownership = ownership
        self._effects = effects
        self._stable_for = stable_for
        self.away_for: Callable[[], float] = lambda: 0.0
        """For how many seconds there has been no way to other nodes."""

    @property
    def leaves(self) -> bool:
        """Whether this node has no way to others that have one to each other."""
        return self.away_for() >= LEAVES_AFTER and not all(each.draining for each in self._ownership.members)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hand over what wishes to be elsewhere, until cancelled."""
        task_status.started()
        while True:
            await trio.sleep(ROUND)
            self._look_for_a_way()
            try:
                if self.leaves:
                    await self.drain()
                elif self._ownership.members and self._is_stable and self._ownership.belief.holds:
                    await self.round(AT_ONCE)
            except PlixaError as error:
                log.warning("handover_waits", error=str(error))

    @property
    def _is_stable(self) -> bool:
        return trio.current_time() - self._ownership.since > self._stable_for

    def _look_for_a_way(self) -> None:
        apart = self.away_for() >= APART_AFTER
        if apart is not self._leases.apart:
            log.warning("apart" if apart else "not_apart_any_more")
            self._leases.apart, self._ownership.since = apart, trio.current_time()

    async def drain(self, sends_within: float = SENDS_WITHIN) -> None:
        """Hand over everything, as long as there is somebody who takes it. The caller sets the limit."""
        while self._ownership.members:
            if not await self.round(AT_ONCE_DRAINING, sends_within):
                return

    async def round(self, at_once: int, sends_within: float = SENDS_WITHIN) -> int:
        """Move so many at most; returns how many have gone. Raises `Unavailable`."""
        epochs = await self._leases.leases()
        quiet = {tenant: self._quiet(tenant) for tenant in epochs}
        gone: list[int] = []

        async def move(tenant: int, to: Owner) -> None:
            if await self._move(tenant, epochs[tenant], to, sends_within):
                gone.append(tenant)

        async with trio.open_nursery() as nursery:
            for tenant, to in moves(quiet, self._leases.member, self._ownership.members)[:at_once]:
                nursery.start_soon(move, tenant, to)
        return len(gone)

    def _quiet(self, tenant: int) -> float:
        scope = self._supervisor.scopes.get(tenant)
        cells = scope.cells.values() if scope is not None else ()
        touched = max((cell.touched for cell in cells), default=-float("inf"))
        return trio.current_time() - touched

    async def _move(self, tenant: int, epoch: int, to: Owner, sends_within: float) -> bool:
        moved, began = False, trio.current_time()
        try:
            await self._calm(tenant, to, sends_within)
            moved = await self._leases.hand_over(tenant, epoch, to)
        except PlixaError as error:
            log.warning("not_handed_over", tenant=tenant, to=to.node, error=str(error))
        finally:
            self._end(tenant, to, moved=moved)
        if moved:
            self._supervisor.telemetry.hand_over_seconds.observe(trio.current_time() - began)
        return moved

    async def _calm(self, tenant: int, to: Owner, sends_within: float) -> None:
        """End what it is doing."""
        scope = self._supervisor.scopes.get(tenant)
        if scope is None or not scope.serves:
            return
        if self._effects is not None:
            with trio.move_on_after(sends_within):
                await self._effects.retire(tenant)
        scope.hold(to)
        with trio.move_on_after(ENVELOPES_WITHIN):
            await scope.quiet()

    def _end(self, tenant: int, to: Owner, *, moved: bool) -> None:
        if moved:
            log.info("handed_over", tenant=tenant, to=to.node)
            self._supervisor.lost(tenant, Elsewhere(tenant, *to))
            return
        scope = self._supervisor.scopes.get(tenant)
        if scope is not None:
            scope.go_on()
        if self._effects is not None:
            self._effects.stay(tenant)
