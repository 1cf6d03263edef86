"""A store in memory, under the same contract as Postgres' (`tests/storage/test_store_contract.py`).

    Memory        what a database holds; stores of several nodes may share one
    MemoryStore   one node's store on it

For tests of the engine: nothing in it waits for the world, so they run on trio's `MockClock`. Every call yields once
(`trio.lowlevel.checkpoint`), as a real one would. `failing` makes calls raise, `gates` lets them hang until told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import trio

from plixa.engine.errors import Duplicate, Elsewhere, Fenced
from plixa.engine.events import Recorded
from plixa.engine.ports import (
    Address,
    Booking,
    Commit,
    DeadLetter,
    DueTimer,
    Effect,
    EffectState,
    Loaded,
    Look,
    OpenEffects,
    StoredEffect,
    TenantHead,
)

OPEN = ("queued", "attempting", "unknown")


@dataclass
class Row:
    """An outbox row."""

    owner: Address
    effect: Effect
    state: EffectState
    order: int
    tries: int = 0
    reason: str | None = None


@dataclass
class Memory:
    """What is durable. nodes_alive: whose leases hold."""

    log: dict[int, list[Recorded]] = field(default_factory=lambda: defaultdict(list))
    heads: dict[int, TenantHead] = field(default_factory=dict[int, TenantHead])
    leases: dict[int, tuple[str, int]] = field(default_factory=dict[int, tuple[str, int]])
    nodes_alive: set[str] = field(default_factory=set[str])
    snapshots: dict[Address, tuple[int, Any]] = field(default_factory=dict[Address, tuple[int, Any]])
    timers: dict[tuple[Address, str], datetime] = field(default_factory=dict[tuple[Address, str], datetime])
    outbox: dict[tuple[int, str], Row] = field(default_factory=dict[tuple[int, str], Row])
    dead_letters: list[DeadLetter] = field(default_factory=list[DeadLetter])
    requested: set[int] = field(default_factory=set[int])
    unique: set[object] = field(default_factory=set[object])
    """What was attached to commits: a value a second time is a `Duplicate`."""


class MemoryStore:
    """See the module's text, and `plixa.engine.ports.Store`."""

    def __init__(self, memory: Memory | None = None, node: str = "node-1") -> None:
        self.memory = memory or Memory()
        self.node = node
        self.memory.nodes_alive.add(node)
        self.failing: dict[str, Callable[..., Exception | None]] = {}
        self.gates: dict[str, trio.Event] = {}
        self.calls: dict[str, int] = defaultdict(int)
        self.listeners: list[Callable[[Commit, list[Recorded]], None]] = []
        self.errors: list[Exception] = []
        self.taken_over: list[Callable[[int], None]] = []
        self._heads: dict[int, TenantHead] = {}

    async def _called(self, name: str, *args: object) -> None:
        self.calls[name] += 1
        await trio.lowlevel.checkpoint()
        if name in self.gates:
            await self.gates[name].wait()
        error = self.failing[name](*args) if name in self.failing else None
        if error is not None:
            raise error

    def _elsewhere(self, tenant: int) -> bool:
        holder, _ = self.memory.leases.get(tenant, (self.node, 0))
        return holder != self.node and holder in self.memory.nodes_alive

    async def own(self, tenant: int) -> TenantHead:
        await self._called("own", tenant)
        if self._elsewhere(tenant):
            raise Elsewhere(tenant, self.memory.leases[tenant][0], "")
        _, epoch = self.memory.leases.get(tenant, (self.node, 0))
        self.memory.leases[tenant] = (self.node, epoch + 1)
        known = self.memory.heads.get(tenant, TenantHead(0, 0, 0))
        head = TenantHead(epoch + 1, known.position, known.last_id)
        self.memory.heads[tenant] = self._heads[tenant] = head
        for hear in self.taken_over:
            hear(tenant)
        return head

    async def load(self, address: Address) -> Loaded:
        await self._called("load", address)
        memory = self.memory
        revision, state = memory.snapshots.get(address, (0, None))
        events = [each for each in memory.log[address.tenant] if each.stream == address.stream]
        timers = {name: due for (owner, name), due in memory.timers.items() if owner == address}
        return Loaded(state, revision, [each for each in events if each.revision > revision], timers)

    async def commit(self, commit: Commit) -> list[Recorded]:
        await self._called("commit", commit)
        recorded = self._commit(commit)
        for listener in self.listeners:
            try:
                listener(commit, recorded)
            except Exception as error:  # noqa: BLE001  # kept: what comes after a commit is no part of it
                self.errors.append(error)
        return recorded

    def _commit(self, commit: Commit) -> list[Recorded]:
        memory, address = self.memory, commit.address
        tenant = address.tenant
        head = self._heads.get(tenant)
        if head is None or head.epoch != commit.epoch or memory.heads[tenant] != head:
            raise Fenced(tenant)
        stored = sum(each.stream == address.stream for each in memory.log[tenant])
        if stored != commit.revision:
            raise Fenced(tenant)
        attached = {each for each in commit.attached if not isinstance(each, Booking)}
        if taken := attached & memory.unique:
            raise Duplicate(str(next(iter(taken))))
        memory.unique |= attached
        recorded = [
            Recorded(
                tenant,
                head.position + n,
                address.stream,
                commit.revision + n,
                commit.at,
                commit.actor,
                commit.cause,
                event,
            )
            for n, event in enumerate(commit.events, 1)
        ]
        memory.log[tenant].extend(recorded)
        last_id = max(head.last_id, commit.last_id)
        memory.heads[tenant] = self._heads[tenant] = TenantHead(head.epoch, head.position + len(recorded), last_id)
        for name in commit.timers_cleared:
            memory.timers.pop((address, name), None)
        for name, due in commit.timers_set.items():
            memory.timers[address, name] = due
        for effect in commit.effects:
            memory.outbox[tenant, effect.id] = Row(address, effect, "queued", len(memory.outbox))
        for mark in commit.marks:
            row = memory.outbox.get((tenant, mark.id))
            if row is not None:
                row.state = mark.state
                row.tries += (mark.state == "attempting") - mark.uncounted
                if mark.state == "queued":
                    row.effect = _due(row.effect, mark.not_before)
        for booking in commit.attached:
            if isinstance(booking, Booking):
                self._book(booking)
        if commit.snapshot:
            memory.snapshots[address] = (commit.revision + len(recorded), commit.after)
        return recorded

    async def save_snapshot(self, address: Address, revision: int, state: object) -> None:
        await self._called("save_snapshot", address)
        self.memory.snapshots[address] = (revision, state)

    async def due_timers(self, now: datetime, limit: int, without: Collection[int] = ()) -> list[DueTimer]:
        await self._called("due_timers", now)
        due = [timer for timer in self._timers(without) if timer.due <= now]
        return due[:limit]

    async def next_due(self, now: datetime, without: Collection[int] = ()) -> datetime | None:
        await self._called("next_due", now)
        return next((timer.due for timer in self._timers(without) if timer.due > now), None)

    def _timers(self, without: Collection[int]) -> list[DueTimer]:
        timers = [
            DueTimer(address, name, due)
            for (address, name), due in self.memory.timers.items()
            if address.tenant not in without and not self._elsewhere(address.tenant)
        ]
        return sorted(timers, key=lambda timer: timer.due)

    async def clear_timer(self, timer: DueTimer) -> None:
        await self._called("clear_timer", timer)
        if self.memory.timers.get((timer.address, timer.name)) == timer.due:
            del self.memory.timers[timer.address, timer.name]

    async def open_effects(self, look: Look) -> OpenEffects:
        await self._called("open_effects", look)
        found, held, unknown = list[StoredEffect](), dict[tuple[int, str, str], None](), 0
        counts: defaultdict[tuple[int, str], int] = defaultdict(int)
        rows = sorted(self.memory.outbox.values(), key=lambda row: row.order)
        lines = {(row.owner.tenant, row.effect.rate_key) for row in rows if row.state in OPEN}
        lines = {line for line in lines if self._looked_at(line[0], look)}
        each = look.each if len(lines) * look.each <= look.most else max(look.least, look.most // len(lines))
        for row in rows:
            tenant, pace = row.owner.tenant, row.effect.rate_key
            lane = (tenant, pace, row.effect.ordering_key)
            strange = row.effect.kind not in look.kinds or row.owner.kind not in look.owners
            unknown += row.state in OPEN and strange
            if row.state not in OPEN or not self._looked_at(tenant, look) or lane in held:
                continue
            if strange or (row.effect.not_before is not None and row.effect.not_before > look.due_by):
                held[lane] = None
            elif counts[tenant, pace] < each:
                counts[tenant, pace] += 1
                found.append(StoredEffect(row.owner, row.effect, row.state, row.tries))
        return OpenEffects(found, _each_of_a_pace(held, each), unknown if look.only is None else 0, each)

    def _looked_at(self, tenant: int, look: Look) -> bool:
        wanted = look.only is None or tenant in look.only
        return wanted and tenant not in look.without and not self._elsewhere(tenant)

    async def book(self, bookings: Sequence[Booking]) -> None:
        await self._called("book", bookings)
        for booking in bookings:
            self._book(booking)

    def _book(self, booking: Booking) -> None:
        row = self.memory.outbox.get((booking.tenant, booking.effect_id))
        if row is not None and row.state in OPEN:
            row.state, row.tries, row.reason = booking.state, booking.tries, booking.reason
            row.effect = _due(row.effect, booking.not_before)

    def booked(self, booking: Booking) -> object:
        return booking

    async def hasten(self, tenant: int, pace: str) -> None:
        await self._called("hasten", tenant, pace)
        for (owner, _), row in self.memory.outbox.items():
            if owner == tenant and row.effect.rate_key == pace and row.state in OPEN:
                row.effect = _due(row.effect, None)

    async def keep_dead_letter(self, letter: DeadLetter) -> None:
        await self._called("keep_dead_letter", letter)
        kept = DeadLetter(
            letter.address, letter.command, letter.command_type, letter.actor, letter.cause, letter.error, letter.at,
            len(self.memory.dead_letters) + 1,
        )  # fmt: skip
        self.memory.dead_letters.append(kept)

    async def requested_dead_letters(self, limit: int) -> list[DeadLetter]:
        await self._called("requested_dead_letters")
        return [letter for letter in self.memory.dead_letters if letter.id in self.memory.requested][:limit]

    def taken(self, letter: DeadLetter) -> object:
        return ("taken", letter.id)

    async def drop_dead_letter(self, letter: DeadLetter) -> None:
        await self._called("drop_dead_letter", letter)
        self.memory.dead_letters = [each for each in self.memory.dead_letters if each.id != letter.id]

    async def leave_dead_letter(self, letter: DeadLetter, error: str) -> None:
        await self._called("leave_dead_letter", letter)
        self.memory.requested.discard(letter.id)


def _each_of_a_pace(lanes: Collection[tuple[int, str, str]], each: int) -> list[tuple[int, str, str]]:
    by_pace: defaultdict[tuple[int, str], list[tuple[int, str, str]]] = defaultdict(list)
    for lane in lanes:
        by_pace[lane[:2]].append(lane)
    return [lane for some in by_pace.values() for lane in some[:each]]


def _due(effect: Effect, not_before: datetime | None) -> Effect:
    return Effect(effect.id, effect.kind, effect.ordering_key, effect.rate_key, effect.request, not_before)
