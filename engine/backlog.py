"""The part of the outbox that is in memory: what is due, by tenant, pace and lane; the rest stays in its table.

Each pace of a tenant has a share of its own: what waits for a far end that is slow or away keeps nothing else of that
tenant out. The oldest `SHARE` effects of a pace are here, and past `OF_TENANT` of its tenant, or `IN_MEMORY` in all,
the oldest `LEAST`. Three rules keep the order of each lane (a lane is of one pace):

- what is here of a pace comes before all of it that is in the table only (`Line.more`): what is committed while there
  is such a rest stays in the table, too, and comes with a later look;
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
from plixa.engine.tracing import Context

SHARE, OF_TENANT = 200, 1_000
IN_MEMORY, LEAST = 50_000, 20
OPEN = ("queued", "attempting", "unknown")
Key = tuple[int, str]
LineKey = tuple[int, str]
"""Tenant and pace."""
LaneKey = tuple[int, str, str]
"""Tenant, pace and lane."""


@dataclass(slots=True, eq=False)
class WaitingEffect:
    """An effect in memory, with what is decided of it so far.

    tries: as `StoredEffect.attempts`; of what is not harmless, one under way included. call: to call off what is under
    way. trace: the span of the turn that wanted it.
    """

    owner: Address
    effect: Effect
    spec: EffectSpec
    state: EffectState = "queued"
    tries: int = 0
    call: trio.CancelScope | None = None
    doubt: Doubt | None = None
    trace: Context = None

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.owner.tenant, self.effect.id

    @property
    def line(self) -> LineKey:
        """Whose share it takes."""
        return self.owner.tenant, self.effect.rate_key

    @property
    def lane(self) -> LaneKey:
        """What it must not overtake."""
        return self.owner.tenant, self.effect.rate_key, self.effect.ordering_key

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
    pace: str
    name: str
    queue: deque[WaitingEffect] = field(default_factory=deque[WaitingEffect])
    running: bool = False
    gone: bool = False

    @property
    def line(self) -> LineKey:
        """Whose share it takes."""
        return self.tenant, self.pace

    @property
    def key(self) -> LaneKey:
        """What it is known by."""
        return self.tenant, self.pace, self.name


@dataclass(slots=True)
class Line:
    """What is known of one tenant's effects of one pace.

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
    came: list[WaitingEffect] = field(default_factory=list[WaitingEffect])
    over: set[Key] = field(default_factory=set[Key])
    marks: dict[Key, list[EffectMark]] = field(default_factory=dict[Key, list[EffectMark]])
    held: set[LaneKey] = field(default_factory=set[LaneKey])
    left: set[int] = field(default_factory=set[int])

    def concerns(self, tenant: int) -> bool:
        """Whether this tenant is looked at, and what the look sees of it still holds."""
        return tenant not in self.left and tenant not in self.without and (self.only is None or tenant in self.only)


class Backlog:
    """All effects in memory."""

    def __init__(self) -> None:
        self.known: dict[Key, WaitingEffect] = {}
        self._lines: dict[LineKey, Line] = {}
        self._counts: Counter[int] = Counter()
        self._unseen: set[int] = set()
        self._glance: Glance | None = None
        self._stragglers: set[LaneKey] = set()
        self._complete = False

    def wanting(self) -> set[int]:
        """The tenants of which the table has more, and memory has room again."""
        more = {id_ for (id_, _), line in self._lines.items() if line.more and line.count <= self._limit(id_) // 2}
        return more | self._unseen

    def _limit(self, tenant: int) -> int:
        """How much of each of this tenant's paces may be here."""
        return SHARE if len(self.known) < IN_MEMORY and self._counts[tenant] < OF_TENANT else LEAST

    def forget_order(self, tenant: int) -> None:
        """The table may have anything of this tenant: what comes anew waits for a look."""
        self._unseen.add(tenant)
        if self._glance is not None:
            self._glance.left.add(tenant)

    def marked(self, tenant: int, mark: EffectMark) -> None:
        """An owner has decided of an effect."""
        waiting = self.known.get((tenant, mark.id))
        if waiting is not None:
            waiting.follow(mark)
        if self._glance is not None:
            self._glance.marks.setdefault((tenant, mark.id), []).append(mark)

    def offer(self, waiting: WaitingEffect) -> Lane | None:
        """An effect was committed just now. Returns its lane if it is taken; else a later look finds it."""
        id_, name = waiting.owner.tenant, waiting.effect.ordering_key
        if self._glance is not None and self._glance.concerns(id_):
            self._glance.came.append(waiting)  # behind what is older and comes from the table
            return None
        if not self._complete or id_ in self._unseen:
            return None
        line = self._lines.setdefault(waiting.line, Line())
        if name in line.held:
            return None
        line.more = line.more or (line.unsure and name not in line.lanes)
        return None if line.more else self._add(line, waiting)

    def _add(self, line: Line, waiting: WaitingEffect) -> Lane | None:
        """Put it behind what is there of its lane; where there is no room, note that the table has more."""
        if line.count >= self._limit(waiting.owner.tenant) or waiting.lane in self._stragglers:
            line.more = True
            return None
        self.known[waiting.key] = waiting
        self._count(waiting.line, 1)
        lane = line.lanes.setdefault(waiting.effect.ordering_key, Lane(*waiting.lane))
        lane.queue.append(waiting)
        return lane

    def _count(self, key: LineKey, more: int) -> None:
        self._lines[key].count += more
        self._counts[key[0]] += more
        if not self._counts[key[0]]:
            del self._counts[key[0]]

    def done(self, lane: Lane) -> None:
        """The first effect of a lane is over."""
        waiting = lane.queue.popleft()
        self._forget(waiting)
        if not lane.queue:
            del self._lines[lane.line].lanes[lane.name]
            lane.gone = True
        self._tidy(lane.line)

    def _forget(self, waiting: WaitingEffect) -> None:
        del self.known[waiting.key]
        self._count(waiting.line, -1)
        if self._glance is not None:
            self._glance.over.add(waiting.key)

    def _tidy(self, key: LineKey) -> None:
        if key in self._lines and self._lines[key].is_idle:
            del self._lines[key]

    def hold(self, lane: Lane) -> None:
        """Its first effect is not for now: the lane stays in the table until a look finds that it is."""
        self._let_go(lane)
        self._lines[lane.line].hold(lane.name)
        if self._glance is not None:
            self._glance.held.add(lane.key)

    def _let_go(self, lane: Lane) -> None:
        for waiting in lane.queue:
            del self.known[waiting.key]
        self._count(lane.line, -len(lane.queue))
        del self._lines[lane.line].lanes[lane.name]
        lane.gone = True

    def leave(self, tenant: int) -> None:
        """Another node's tenant, or one that does not open: nothing of it stays; the table has it all."""
        for key in [key for key in self._lines if key[0] == tenant]:
            for lane in list(self._lines[key].lanes.values()):
                self._let_go(lane)
                if lane.running:
                    self._stragglers.add(lane.key)
            del self._lines[key]
        self.forget_order(tenant)

    def at_work_for(self, tenant: int) -> bool:
        """Whether lanes of a tenant that has left memory are still worked on."""
        return any(key[0] == tenant for key in self._stragglers)

    def ended(self, lane: Lane) -> None:
        """Nobody works on this lane any more."""
        lane.running = False
        self._stragglers.discard(lane.key)

    def begin(self, only: Collection[int] | None, without: Collection[int]) -> None:
        """A look begins."""
        self._glance = Glance(only, without)

    def give_up(self) -> None:
        """The look came to nothing: what came meanwhile is in the table."""
        glance, self._glance = self._glance, None
        for waiting in glance.came if glance is not None else ():
            self.forget_order(waiting.owner.tenant)

    def end(self, found: OpenEffects, waiting_of: dict[Key, WaitingEffect], each: int) -> list[Lane]:
        """A look is over: take what there is room for. Returns the lanes that have got something to do.

        waiting_of: what was found, ready to wait. each: how much of a pace the look could see.
        """
        glance, self._glance = self._glance, None
        assert glance is not None
        self._complete = self._complete or glance.only is None
        self._reconcile(glance, found, each)
        lanes = [self._found(glance, stored, waiting_of) for stored in found.effects]
        came = [self._came(glance, waiting) for waiting in glance.came]
        for key in list(self._lines):
            self._tidy(key)
        return [lane for lane in (*lanes, *came) if lane is not None]

    def _reconcile(self, glance: Glance, found: OpenEffects, each: int) -> None:
        """What the look says of each pace as a whole."""
        self._unseen = {id_ for id_ in self._unseen if not glance.concerns(id_)}
        held: defaultdict[LineKey, set[str]] = defaultdict(set)
        for id_, pace, lane in (*found.held, *glance.held):
            held[id_, pace].add(lane)
        counts = Counter((stored.owner.tenant, stored.effect.rate_key) for stored in found.effects)
        for key in {*self._lines, *held, *counts}:
            if glance.concerns(key[0]):
                line = self._lines.setdefault(key, Line())
                line.more, line.held = counts[key] >= each, held[key]
                line.unsure = len(line.held) >= each

    def _came(self, glance: Glance, waiting: WaitingEffect) -> Lane | None:
        if waiting.key in self.known or waiting.key in glance.over:
            return None
        for mark in glance.marks.get(waiting.key, ()):
            waiting.follow(mark)
        return None if waiting.is_over else self.offer(waiting)

    def _found(self, glance: Glance, stored: StoredEffect, waiting_of: dict[Key, WaitingEffect]) -> Lane | None:
        id_, key = stored.owner.tenant, (stored.owner.tenant, stored.effect.id)
        waiting = waiting_of[key]
        line = self._lines.get(waiting.line)
        if line is None or id_ in glance.left or key in glance.over or key in self.known:
            return None
        if waiting.lane in glance.held:
            return None
        for mark in glance.marks.get(key, ()):
            waiting.follow(mark)
        full = line.more and line.count >= self._limit(id_)
        return None if full or waiting.is_over else self._add(line, waiting)
