"""Three nodes in memory that share a database, and all that can happen to them: `python -m tests.engine.schedules`.

A schedule follows from its seed alone: nodes fall asleep and wake, are cut off from the database, lose its answers, are
killed and start anew, and the database itself restarts, while customers write to whichever node they find. Supervisor,
ownership and hand-over are the real ones; only the database is played, by the rules of `storage/nodes/ownership.py`.

Promised in every schedule, whatever happens in it:

- each acknowledged message is in the log once, in real-time order;
- what is read at any node shows all that was acknowledged before it was asked for;
- no two epochs of a tenant commit side by side: epochs only grow along the log, and each has one node;
- nothing is answered from memory once a node's belief has run out;
- when all is well again, every tenant is served within `WELL_WITHIN` seconds, and ends where it wishes to be.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
import trio
from tests.engine.memory import Memory, MemoryStore
from tests.engine.talker import KINDS, Say, TrioClock
from trio._core import _run as scheduler
from trio.testing import MockClock

from plixa.engine.errors import Elsewhere, PlixaError, Unavailable
from plixa.engine.events import Recorded
from plixa.engine.handover import HandOver
from plixa.engine.ownership import DEAD_AFTER, GONE_AFTER, LASTS, Heard, Member, Ownership
from plixa.engine.placement import wish
from plixa.engine.ports import Address, Commit, Owner, TenantHead
from plixa.engine.registry import Registry
from plixa.engine.supervisor import Supervisor
from plixa.engine.telemetry import Telemetry

NODES, TENANTS = ("a", "b", "c"), (1, 2)
SECONDS = 30.0
WELL_WITHIN = 10.0
HOME_WITHIN, STABLE = 30.0, 3.0
ASK_WITHIN = 3.0
SLOWEST = 0.02
TELEMETRY = Telemetry()


class Broken(AssertionError):
    """A promise."""


@dataclass
class Database:
    """What all nodes share."""

    chance: random.Random
    memory: Memory = field(default_factory=Memory)
    beats: dict[str, tuple[float, Member]] = field(default_factory=dict[str, tuple[float, Member]])
    locks: dict[str, object] = field(default_factory=dict[str, object])
    started: float = -60.0
    moved: int = 0
    commits: dict[int, list[tuple[int, str]]] = field(default_factory=dict[int, list[tuple[int, str]]])

    def lives(self, node: str) -> bool:
        """See `LIVES`."""
        if node not in self.beats:
            return False
        now = trio.current_time()
        age = now - max(self.beats[node][0], self.started)
        locks_tell = now - self.started > DEAD_AFTER
        return age < GONE_AFTER or (age < DEAD_AFTER and (node in self.locks or not locks_tell))

    def takes(self, to: Owner) -> bool:
        """Whether that life of a node wants tenants."""
        member = self.beats[to.node][1]
        return member.owner == to and not member.draining and self.lives(to.node)

    def restart(self) -> None:
        """All sessions end, and with them all locks."""
        self.started = trio.current_time()
        self.locks.clear()


class PlayedStore(MemoryStore):
    """One life of a node, as the database sees it."""

    def __init__(self, database: Database, node: str, life: int) -> None:
        super().__init__(database.memory, node)
        self.database = database
        self.me = Owner(node, f"{node}{life}")
        self.awake = trio.Event()
        self.awake.set()
        self.cut = self.lossy = self.dead = self.apart = False
        self.sent = -60.0
        """When the last beat was sent that has been answered."""

    async def _called(self, name: str, *args: object) -> None:
        await self._trip()
        if self.cut:
            await trio.sleep(self.database.chance.uniform(0, 5))
            raise Unavailable("cut off")

    async def _trip(self) -> None:
        """A way there or back takes its time, and whoever sleeps takes no step."""
        await trio.sleep(self.database.chance.uniform(0, SLOWEST))
        await self.awake.wait()
        if self.dead:
            await trio.sleep_forever()

    async def _answered(self) -> None:
        await self._trip()
        if self.lossy and self.database.chance.random() < 0.5:
            raise Unavailable("the answer is lost")

    def _elsewhere(self, tenant: int) -> bool:
        holder, _ = self.memory.leases.get(tenant, (self.node, 0))
        return holder != self.node and self.database.lives(holder)

    async def own(self, tenant: int) -> TenantHead:
        await self._called("own")
        if self._elsewhere(tenant):
            holder = self.memory.leases[tenant][0]
            await self._answered()
            raise Elsewhere(tenant, *self.database.beats[holder][1].owner)
        epoch = self.memory.leases.get(tenant, ("", 0))[1] + 1
        self.memory.leases[tenant] = (self.node, epoch)
        known = self.memory.heads.get(tenant, TenantHead(0, 0, 0))
        head = self.memory.heads[tenant] = TenantHead(epoch, known.position, known.last_id)
        await self._answered()
        self._heads[tenant] = head
        return head

    async def load(self, address: Address) -> Any:
        loaded = await super().load(address)
        await self._answered()
        return loaded

    async def commit(self, commit: Commit) -> list[Recorded]:
        await self._called("commit")
        recorded = self._commit(commit)
        made = self.database.commits.setdefault(commit.address.tenant, [])
        made += [(commit.epoch, self.node)] * len(recorded)
        await self._answered()
        return recorded

    async def beat(self, opened: Mapping[int, int]) -> Heard:
        """See `Beats.beat`."""
        sent = trio.current_time()
        await self._called("beat")
        self.database.beats[self.node] = trio.current_time(), self.member
        lives = [n for n in self.database.beats if n != self.node and self.database.lives(n)]
        members = [self.database.beats[each][1] for each in lives]
        lost = [each for each, epoch in opened.items() if self.memory.leases.get(each) != (self.node, epoch)]
        await self._answered()
        self.sent = sent
        return Heard(members, lost)

    @property
    def member(self) -> Member:
        """See `Leases`."""
        return Member(self.me, 1, self.apart)

    async def leases(self) -> Mapping[int, int]:
        """See `Leases`."""
        await self._called("leases")
        found = {tenant: epoch for tenant, (node, epoch) in self.memory.leases.items() if node == self.node}
        await self._answered()
        return found

    async def hand_over(self, tenant: int, epoch: int, to: Owner) -> bool:
        """See `Leases`."""
        await self._called("hand_over")
        done = self.memory.leases[tenant] == (self.node, epoch) and self.database.takes(to)
        if done:
            self.memory.leases[tenant] = (to.node, epoch + 1)
            self.database.moved += 1
        await self._answered()
        return done


class Node:
    """One life of a node."""

    def __init__(self, database: Database, name: str, life: int, stable_for: float = STABLE) -> None:
        self.store = PlayedStore(database, name, life)
        self.ownership = Ownership(self.store, trio.current_time)
        self.supervisor = Supervisor(self.store, KINDS, "root", TrioClock(), TELEMETRY, belief=self.ownership.belief)
        self.registry = Registry(self.supervisor)
        self.ownership.opened, self.ownership.lost = self.supervisor.opened, self.supervisor.lost
        self.ownership.held = lambda: database.locks.get(name) is self
        self.handover = HandOver(self.store, self.supervisor, self.ownership, stable_for=stable_for)
        self.scope = trio.CancelScope()

    async def live(self) -> None:
        """Until killed."""
        locks, name = self.store.database.locks, self.store.node
        with self.scope:
            async with trio.open_nursery() as nursery:
                while locks.setdefault(name, self) is not self:  # noqa: ASYNC110  # the database tells nobody
                    await trio.sleep(0.05)
                await nursery.start(self.supervisor.run)
                await nursery.start(self.ownership.run)
                await nursery.start(self.handover.run)
                while True:  # as `name_lock.py` does
                    await trio.sleep(0.5)
                    await self.store.awake.wait()
                    if not self.store.cut:
                        locks.setdefault(name, self)

    def kill(self) -> None:
        """The process is gone, and its session with it."""
        self.store.dead = True
        locks, name = self.store.database.locks, self.store.node
        if locks.get(name) is self:
            del locks[name]
        self.scope.cancel()


class Schedule:
    """One run. `play` raises `Broken`."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.database = Database(self.chance)
        self.nodes = {name: Node(self.database, name, 0) for name in NODES}
        self.acknowledged: dict[int, list[str]] = {tenant: [] for tenant in TENANTS}
        self.reads = self.answers = self.lives = 0
        self._nursery: trio.Nursery | None = None
        self._over = False

    async def play(self) -> None:
        """Trouble for `SECONDS`, then peace, then the account."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for node in self.nodes.values():
                nursery.start_soon(node.live)
            async with trio.open_nursery() as trouble:
                for tenant in TENANTS:
                    trouble.start_soon(self._write, tenant)
                    trouble.start_soon(self._read, tenant)
                for name in NODES:
                    trouble.start_soon(self._trouble, name)
            for tenant in TENANTS:
                await self._served_again(tenant)
            await self._at_home()
            nursery.cancel_scope.cancel()
        for tenant in TENANTS:
            self._account(tenant)

    # -- what goes wrong ----------------------------------------------------------------------------------------------

    async def _trouble(self, name: str) -> None:
        kinds = (*3 * [self._sleep], self._cut, self._lose, self._kill, self._restart_database)
        while trio.current_time() < SECONDS:
            await trio.sleep(self.chance.expovariate(1 / 6))
            await self.chance.choice(kinds)(name)

    async def _sleep(self, name: str) -> None:
        store = self.nodes[name].store
        store.awake = trio.Event()
        await trio.sleep(self.chance.choice((1.5, 3, 3.5, 8, 20)) * self.chance.uniform(0.7, 1.3))
        store.awake.set()

    async def _cut(self, name: str) -> None:
        store = self.nodes[name].store
        store.cut = True
        await trio.sleep(self.chance.uniform(0.5, 15))
        store.cut = False

    async def _lose(self, name: str) -> None:
        store = self.nodes[name].store
        store.lossy = True
        await trio.sleep(self.chance.uniform(0.5, 8))
        store.lossy = False

    async def _kill(self, name: str) -> None:
        self.nodes[name].kill()
        await trio.sleep(self.chance.choice((0.2, 4, 10)))
        self.lives += 1
        node = self.nodes[name] = Node(self.database, name, self.lives)
        assert self._nursery is not None
        self._nursery.start_soon(node.live)

    async def _restart_database(self, _: str) -> None:
        self.database.restart()

    # -- customers ----------------------------------------------------------------------------------------------------

    async def _node(self) -> Node:
        """One that is awake: a request to one that sleeps waits in its sockets. Raises `Unavailable` for a dead one."""
        node = self.nodes[self.chance.choice(NODES)]
        await node.store.awake.wait()
        if node.store.dead:
            raise Unavailable("nobody listens")
        return node

    async def _write(self, tenant: int) -> None:
        number = 0
        while trio.current_time() < SECONDS:
            await trio.sleep(self.chance.uniform(0, 0.8))
            with trio.move_on_after(ASK_WITHIN):
                text, number = f"{tenant}-{number}", number + 1
                try:
                    node = await self._node()
                    await node.registry.ask(_talk(tenant), Say(text=text), actor="test", cause="test")
                except PlixaError:
                    continue
                if not node.store.dead:
                    self.acknowledged[tenant].append(text)
                    self.answers += 1

    async def _read(self, tenant: int) -> None:
        while trio.current_time() < SECONDS:
            await trio.sleep(self.chance.uniform(0, 0.8))
            with trio.move_on_after(ASK_WITHIN):
                try:
                    node = await self._node()
                    known = list(self.acknowledged[tenant])
                    state = await node.registry.state(_talk(tenant))
                except PlixaError:
                    continue
                if node.store.dead:
                    continue
                self.reads += 1
                if missing := [each for each in known if each not in state.said]:
                    raise Broken(f"{node.store.me} at {trio.current_time():.2f} does not show {missing}")
                age = trio.current_time() - node.store.sent
                if age > LASTS + SLOWEST * 2:
                    raise Broken(f"{node.store.me} answered {age:.2f} s after its last beat")

    async def _served_again(self, tenant: int) -> None:
        for node in self.nodes.values():
            node.store.cut = node.store.lossy = False
            node.store.awake.set()
        with trio.move_on_after(WELL_WITHIN):
            while True:
                for node in self.nodes.values():
                    try:
                        await node.registry.ask(_talk(tenant), Say(text="well"), actor="test", cause="test")
                    except PlixaError:
                        await trio.sleep(0.1)
                    else:
                        return
        raise Broken(f"tenant {tenant} is not served {WELL_WITHIN} s after all trouble")

    async def _at_home(self) -> None:
        wishes = {each: wish(each, [node.store.member for node in self.nodes.values()]) for each in TENANTS}
        with trio.move_on_after(HOME_WITHIN):
            while any(self.database.memory.leases[each][0] != to.node for each, to in wishes.items() if to):  # noqa: ASYNC110
                await trio.sleep(1)
            return
        raise Broken(f"{self.database.memory.leases} is not what they wish")

    # -- the account --------------------------------------------------------------------------------------------------

    def _account(self, tenant: int) -> None:
        said: list[str] = [each.event.text for each in self.database.memory.log[tenant]]  # type: ignore[attr-defined]
        if len(said) != len(set(said)):
            raise Broken(f"tenant {tenant}: something is there twice")
        if [text for text in said if text in set(self.acknowledged[tenant])] != self.acknowledged[tenant]:
            raise Broken(f"tenant {tenant}: acknowledged messages are missing, or in another order")
        made = self.database.commits.get(tenant, [])
        if [epoch for epoch, _ in made] != sorted(epoch for epoch, _ in made):
            raise Broken(f"tenant {tenant}: two epochs committed side by side")
        if len(set(made)) != len({epoch for epoch, _ in made}):
            raise Broken(f"tenant {tenant}: two nodes committed in one epoch")


def _talk(tenant: int) -> Address:
    return Address(tenant, "talk", 1)


def play(seed: int) -> Schedule:
    """Play a schedule to its end. Raises `Broken`."""
    schedule = Schedule(seed)
    random.seed(seed)  # of the engine's own jitter, and of the order in which trio runs what may run
    scheduler._r.seed(seed)
    scheduler._ALLOW_DETERMINISTIC_SCHEDULING = True
    try:
        trio.run(schedule.play, clock=MockClock(autojump_threshold=0))
    except BaseExceptionGroup as group:
        broken, others = group.split(Broken)
        if broken is None or others is not None:
            raise
        raise Broken(f"schedule {seed}: {_first(broken)}") from None
    return schedule


def _first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


def main() -> None:
    """Many schedules."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.schedules", description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first one")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    reads = answers = 0
    for seed in range(asked.seed, asked.seed + asked.schedules):
        played = play(seed)
        reads, answers = reads + played.reads, answers + played.answers
    print(f"{asked.schedules} schedules: {answers} messages, {reads} reads; all promises held")


if __name__ == "__main__":
    sys.exit(main())
