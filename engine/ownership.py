"""Whose each tenant is, as far as this node knows.

The truth is in the database: the row of `leases`, and the epoch that every commit is checked against. What is here is
belief, and it knows how old it is:

- **A beat** once a second (`EVERY`), one statement: this node is there; who else is; which of the tenants that are open
  here are another's by now. Those are let go at once.
- **Belief** lasts `LASTS` seconds from before the last beat was *sent* that was answered, on a clock that runs on while
  the machine is suspended. After that nothing is served from memory until a beat is answered: who asks waits for that
  for a moment (`LATE`), and from then on is refused at once (`Unsure`, a 503). Others take a node for dead
  `DEAD_AFTER` seconds after its beat at the soonest, which is later: at no moment do two believe.
- **A beat that fails** (no database, no answer within `WITHIN`, the node's name not held) changes nothing but that
  belief runs out. It is sent again a moment later, and again.
- **A beat that is cut off** may have renewed the node's row: the others wait longer, nobody believes longer.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

import structlog
import trio

from plixa.engine.errors import PlixaError, Unsure
from plixa.engine.ports import Owner

EVERY, WITHIN, LASTS = 1.0, 3.0, 4.0
LATE = 2.0
"""Seconds from the end of belief for which who asks waits for it, and is not refused."""
AGAIN = 0.25
"""Seconds until a beat that failed is sent anew."""
LOOK_EVERY = 0.25
GONE_AFTER, DEAD_AFTER = 2.0, 6.0
"""A node without its name's lock is dead so long after its last beat; one that holds it, so long."""
KNOWN_FOR = 5.0
KNOWN = 50_000
log = structlog.get_logger("plixa.ownership")
Find = Callable[[int], Awaitable[Owner | None]]
"""Looks up the living node that has a tenant."""


def boot_time() -> float:
    """Seconds of a clock that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Member(NamedTuple):
    """A living node. draining: it is about to stop, and wants no more tenants."""

    owner: Owner
    cores: int = 1
    draining: bool = False


class Heard(NamedTuple):
    """What a beat is answered. members: the other living nodes. lost: what was said to be open here and is not ours."""

    members: Sequence[Member]
    lost: Collection[int]


class Beats(Protocol):
    """Where beats go."""

    async def beat(self, opened: Mapping[int, int]) -> Heard:
        """Say that this node lives and has these tenants open, by their epochs. Raises `Unavailable`."""
        ...


class Belief:
    """Whether this node may take itself for the owner of what it has. until: for ever, where nobody else can be."""

    def __init__(self, now: Callable[[], float] = boot_time, until: float = -math.inf) -> None:
        self.now = now
        self._until = until
        self._renewed = trio.Event()

    @property
    def holds(self) -> bool:
        """Whether it has not run out."""
        return self.now() < self._until

    @property
    def age(self) -> float:
        """Seconds since the last beat that was answered was sent."""
        return self.now() - self._until + LASTS

    async def sure(self) -> None:
        """Return while it holds. One that has only just run out is waited for. Raises `Unsure`.

        A process that had no processor for a while, or that slept, has its beat answered in a moment: what that says of
        lost tenants is heeded first, and until then nothing is served.
        """
        if self.now() < self._until:
            return
        with trio.move_on_after(max(0.0, self._until + LATE - self.now())):
            while not self.holds:
                await self._renewed.wait()
        if not self.holds:
            raise Unsure

    def renewed(self, sent: float) -> None:
        """A beat that was sent then has been answered."""
        self._until = max(self._until, sent + LASTS)
        self._renewed.set()
        self._renewed = trio.Event()


class Ownership:
    """The node's beats, and who is told of what they say. All listeners are called at once and must not raise.

    opened: which tenants are open here, and by which epoch. lost: told of each that is another's now. cut_off: called
    as belief runs out while others live, who will take over. changed: called when other nodes have come or gone.
    held: whether this process has the node's name.
    """

    def __init__(self, beats: Beats, now: Callable[[], float] = boot_time) -> None:
        self.belief = Belief(now)
        self.members: Sequence[Member] = ()
        self.since = -math.inf
        """When the members last changed, on trio's clock."""
        self.opened: Callable[[], Mapping[int, int]] = dict[int, int]
        self.lost: Callable[[int], object] = lambda _: None
        self.cut_off: Callable[[], None] = lambda: None
        self.changed: Callable[[], None] = lambda: None
        self.held: Callable[[], bool] = lambda: True
        self._beats = beats
        self._believed = False

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Beat until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._watch_belief)
            task_status.started()
            while True:
                began = trio.current_time()
                well = await self.beat()
                await trio.sleep_until(began + EVERY if well else trio.current_time() + AGAIN)

    async def beat(self) -> bool:
        """One beat, and what follows from its answer; false where there was none."""
        sent, opened = self.belief.now(), dict(self.opened())
        try:
            with trio.fail_after(WITHIN):
                heard = await self._beats.beat(opened)
        except (PlixaError, trio.TooSlowError) as error:
            log.warning("beat_failed", error=str(error) or type(error).__name__)
            return False
        for tenant in heard.lost:
            if self.opened().get(tenant) == opened[tenant]:  # not one that was taken anew meanwhile
                log.warning("tenant_lost", tenant=tenant)
                self.lost(tenant)
        if self.held():
            self.belief.renewed(sent)
        self._see(heard.members)
        return True

    def _see(self, members: Sequence[Member]) -> None:
        if {each[::2] for each in members} != {each[::2] for each in self.members}:  # who, and whether it drains
            self.since = trio.current_time()
            self.members = members
            self.changed()
        self.members = members

    async def _watch_belief(self) -> None:
        """By itself: a beat that hangs must not keep anybody from hearing that it does."""
        while True:
            believed, self._believed = self._believed, self.belief.holds
            if believed and not self._believed:
                log.error("belief_ran_out", others=len(self.members))
                if self.members:
                    self.cut_off()
            await trio.sleep(LOOK_EVERY)


class Owners:
    """Where a tenant is at home, at most `KNOWN_FOR` seconds old: a hint for whoever carries requests.

    me: this node. mine: whether it serves a tenant, without a look. wish: where one that nobody has should be. At most
    `KNOWN` are remembered.
    """

    def __init__(
        self, me: Owner, find: Find, mine: Callable[[int], bool], wish: Callable[[int], Owner | None] = lambda _: None
    ) -> None:
        self.me = me
        self._find = find
        self._mine = mine
        self._wish = wish
        self._known: OrderedDict[int, tuple[float, Owner]] = OrderedDict()

    async def of(self, tenant: int) -> Owner | None:
        """The living node that has it, None where none has. Raises `Unavailable` when that cannot be looked up."""
        if self._mine(tenant):
            return self.me
        known = self._known.get(tenant)
        if known is not None and known[0] > trio.current_time():
            return known[1]
        self.learned(tenant, found := await self._find(tenant))
        return found

    async def place(self, tenant: int) -> Owner:
        """Who is to answer for it: who has it, else where it wishes to be, which takes it when asked. As `of`."""
        return await self.of(tenant) or self._wish(tenant) or self.me

    async def here(self, tenant: int) -> bool:
        """Whether that is this node. Raises as `of`."""
        return await self.place(tenant) == self.me

    def learned(self, tenant: int, owner: Owner | None) -> None:
        """It is this node's now, as an `Elsewhere` told; None: what is known of it is wrong, look again."""
        self._known.pop(tenant, None)
        if owner is None:
            return
        self._known[tenant] = trio.current_time() + KNOWN_FOR, owner
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
