"""The part of the outbox that is in memory: what is due, by tenant and lane; the rest stays in its table.

Of each tenant the oldest `SHARE` effects are here, past `IN_MEMORY` in all the oldest `LEAST` of each that comes new.
Three rules keep the order of each lane:

- what is here of a tenant comes before all of it that is in the table only (`Tenant.more`): what is committed while
  there is such a rest stays in the table, too, and comes with a later look;
- a lane whose first effect is due late, or unknown to this release, is *held*: all of it is in the table, until a look
  finds that it is held no more;
- what has happened while a look was under way counts more than what the look saw (`Glance`).
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass, field

import trio
from msgspec.structs import replace

from plixa.engine.effect_spec import EffectSpec
from plixa.engine.pace import Doubt
from plixa.engine.ports import Address, Effect, EffectMark, EffectState, OpenEffects, StoredEffect

SHARE = 1_000
IN_MEMORY, LEAST = 50_000, 20
OPEN = ("queued", "attempting", "unknown")
Key = tuple[int, str]


@dataclass(slots=True, eq=False)
class Waiting:
    """An effect in memory, with what is decided of it so far.

    tries: as `StoredEffect.attempts`; of what is not harmless, one under way included. call: to call off what is under
    way.
    """

    owner: Address
    effect: Effect
    spec: EffectSpec
    state: EffectState = "queued"
    tries: int = 0
    call: trio.CancelScope | None = None
    doubt: Doubt | None = None

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.owner.tenant, self.effect.id

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.state not in OPEN

    def follow(self, mark: EffectMark) -> None:
        """Its owner has decided. What it was looked for is not, once that is known."""
        was, self.state = self.state, mark.state
        if mark.state == "queued":
            self.effect = replace(self.effect, not_before=mark.not_before)
        self.tries += (mark.state == "attempting") - mark.uncounted
        self.doubt = Doubt() if mark.state == "unknown" else None
        if self.call is not None and (mark.state == "cancelled" or was == "unknown"):
            self.call.cancel()


@dataclass(slots=True, eq=False)
class Lane:
    """What runs in one order. gone: it has left memory; whoever works on it stops."""

    tenant: int
    name: str
    queue: deque[Waiting] = field(default_factory=deque[Waiting])
    running: bool = False
    gone: bool = False


@dataclass(slots=True)
class Tenant:
    """What is known of one tenant's effects.

    held: lanes that are in the table only. unsure: so are others. more: the table has some that could be here.
    """

    lanes: dict[str, Lane] = field(default_factory=dict[str, Lane])
    held: set[str] = field(default_factory=set[str])
    count: int = 0
    more: bool = False
    unsure: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to remember."""
        return not (self.lanes or self.held or self.more or self.unsure)

    def hold(self, lane: str) -> None:
        """Remember that this lane is in the table only."""
        if len(self.held) < SHARE:
            self.held.add(lane)
        else:
            self.unsure = True


@dataclass(slots=True)
class Glance:
    """What has happened since a look began. only: the tenants that it concerns, None for all."""

    only: Collection[int] | None
    without: Collection[int]
    came: list[Waiting] = field(default_factory=list[Waiting])
    over: set[Key] = field(default_factory=set[Key])
    marks: dict[Key, list[EffectMark]] = field(default_factory=dict[Key, list[EffectMark]])
    held: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])
    left: set[int] = field(default_factory=set[int])

    def concerns(self, tenant: int) -> bool:
        """Whether this tenant is looked at."""
        return tenant not in self.without and (self.only is None or tenant in self.only)


class Backlog:
    """All effects in memory."""

    def __init__(self) -> None:
        self.known: dict[Key, Waiting] = {}
        self._tenants: dict[int, Tenant] = {}
        self._glance: Glance | None = None
        self._stragglers: set[tuple[int, str]] = set()
        self._complete = False

    def wanting(self) -> set[int]:
        """The tenants of which the table has more, and memory has room again."""
        return {id_ for id_, tenant in self._tenants.items() if tenant.more and tenant.count <= self._limit() // 2}

    def _limit(self) -> int:
        return SHARE if len(self.known) < IN_MEMORY else LEAST

    def forget_order(self, tenant: int) -> None:
        """The table may have anything of this tenant: what comes anew waits for a look."""
        self._tenants.setdefault(tenant, Tenant()).more = True
        if self._glance is not None:
            self._glance.left.add(tenant)

    def marked(self, tenant: int, mark: EffectMark) -> None:
        """An owner has decided of an effect."""
        waiting = self.known.get((tenant, mark.id))
        if waiting is not None:
            waiting.follow(mark)
        if self._glance is not None:
            self._glance.marks.setdefault((tenant, mark.id), []).append(mark)

    def offer(self, waiting: Waiting) -> Lane | None:
        """An effect was committed just now. Returns its lane if it is taken; else a later look finds it."""
        id_, name = waiting.owner.tenant, waiting.effect.lane
        if self._glance is not None and self._glance.concerns(id_):
            self._glance.came.append(waiting)  # behind what is older and comes from the table
            return None
        if not self._complete:
            return None
        tenant = self._tenants.setdefault(id_, Tenant())
        if name in tenant.held:
            return None
        tenant.more = tenant.more or (tenant.unsure and name not in tenant.lanes)
        return None if tenant.more else self._add(tenant, waiting)

    def _add(self, tenant: Tenant, waiting: Waiting) -> Lane | None:
        """Put it behind what is there of its lane; where there is no room, note that the table has more."""
        id_, name = waiting.owner.tenant, waiting.effect.lane
        if tenant.count >= self._limit() or (id_, name) in self._stragglers:
            tenant.more = True
            return None
        self.known[waiting.key] = waiting
        tenant.count += 1
        lane = tenant.lanes.setdefault(name, Lane(id_, name))
        lane.queue.append(waiting)
        return lane

    def done(self, lane: Lane) -> None:
        """The first effect of a lane is over."""
        waiting = lane.queue.popleft()
        self._forget(waiting)
        tenant = self._tenants[lane.tenant]
        if not lane.queue:
            del tenant.lanes[lane.name]
            lane.gone = True
        self._tidy(lane.tenant)

    def _forget(self, waiting: Waiting) -> None:
        del self.known[waiting.key]
        self._tenants[waiting.owner.tenant].count -= 1
        if self._glance is not None:
            self._glance.over.add(waiting.key)

    def _tidy(self, tenant: int) -> None:
        if tenant in self._tenants and self._tenants[tenant].is_idle:
            del self._tenants[tenant]

    def hold(self, lane: Lane) -> None:
        """Its first effect is not for now: the lane stays in the table until a look finds that it is."""
        self._let_go(lane)
        self._tenants[lane.tenant].hold(lane.name)
        if self._glance is not None:
            self._glance.held.add((lane.tenant, lane.name))

    def _let_go(self, lane: Lane) -> None:
        tenant = self._tenants[lane.tenant]
        for waiting in lane.queue:
            del self.known[waiting.key]
        tenant.count -= len(lane.queue)
        del tenant.lanes[lane.name]
        lane.gone = True

    def leave(self, tenant: int) -> None:
        """Another node's tenant, or one that does not open: nothing of it stays; the table has it all."""
        for lane in list(self._tenants[tenant].lanes.values()) if tenant in self._tenants else ():
            self._let_go(lane)
            if lane.running:
                self._stragglers.add((tenant, lane.name))
        self._tenants[tenant] = Tenant(more=True)
        if self._glance is not None:
            self._glance.left.add(tenant)

    def ended(self, lane: Lane) -> None:
        """Nobody works on this lane any more."""
        lane.running = False
        self._stragglers.discard((lane.tenant, lane.name))

    def begin(self, only: Collection[int] | None, without: Collection[int]) -> None:
        """A look begins."""
        self._glance = Glance(only, without)

    def give_up(self) -> None:
        """The look came to nothing: what came meanwhile is in the table."""
        glance, self._glance = self._glance, None
        for waiting in glance.came if glance is not None else ():
            self.forget_order(waiting.owner.tenant)

    def end(self, found: OpenEffects, waiting_of: dict[Key, Waiting], each: int) -> list[Lane]:
        """A look is over: take what there is room for. Returns the lanes that have got something to do.

        waiting_of: what was found, ready to wait. each: how much of a tenant the look could see.
        """
        glance, self._glance = self._glance, None
        assert glance is not None
        self._complete = self._complete or glance.only is None
        self._reconcile(glance, found, each)
        lanes = [self._found(glance, stored, waiting_of) for stored in found.effects]
        came = [self._came(glance, waiting) for waiting in glance.came]
        for tenant in list(self._tenants):
            self._tidy(tenant)
        return [lane for lane in (*lanes, *came) if lane is not None]

    def _reconcile(self, glance: Glance, found: OpenEffects, each: int) -> None:
        """What the look says of each tenant as a whole."""
        held: defaultdict[int, set[str]] = defaultdict(set)
        for id_, lane in (*found.held, *glance.held):
            held[id_].add(lane)
        counts = Counter(stored.owner.tenant for stored in found.effects)
        for id_ in {*self._tenants, *held, *counts}:
            if glance.concerns(id_) and id_ not in glance.left:
                tenant = self._tenants.setdefault(id_, Tenant())
                tenant.more, tenant.held = counts[id_] >= each, held[id_]
                tenant.unsure = len(tenant.held) >= each

    def _came(self, glance: Glance, waiting: Waiting) -> Lane | None:
        if waiting.key in self.known or waiting.key in glance.over:
            return None
        for mark in glance.marks.get(waiting.key, ()):
            waiting.follow(mark)
        return None if waiting.is_over else self.offer(waiting)

    def _found(self, glance: Glance, stored: StoredEffect, waiting_of: dict[Key, Waiting]) -> Lane | None:
        id_, key = stored.owner.tenant, (stored.owner.tenant, stored.effect.id)
        tenant = self._tenants.get(id_)
        if tenant is None or id_ in glance.left or key in glance.over or key in self.known:
            return None
        if (id_, stored.effect.lane) in glance.held:
            return None
        waiting = waiting_of[key]
        for mark in glance.marks.get(key, ()):
            waiting.follow(mark)
        full = tenant.more and tenant.count >= self._limit()
        return None if full or waiting.is_over else self._add(tenant, waiting)
