"""The log's readers for endpoints: what was committed becomes deliveries, a step at a time.

It listens to commits and costs them a look into a set; the reading goes on beside them, a tenant at a time in order,
some tenants at once. What a crash or a missed commit leaves is found by the look that goes round.

What happens when …
- a step fails: nothing of it is written, and it is tried again soon; other tenants go on.
- the process is cut off: deliveries and cursor are one transaction; the next start goes on from there.
- an event does not decode (a later release's): it is passed over, as sockets do.
- the workspace is suspended: nothing is read until it is active again. Its plan has no webhooks: what happens meanwhile
  is told to nobody, and nobody hears of it later, unless they ask for a replay.
- an endpoint takes nothing and has `FULL` deliveries waiting: the rest stays in the log until it does.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog
import trio

from plixa.actors.staff.stays import WorkspaceResumed, sends_nothing
from plixa.actors.webhooks.endpoints import WEBHOOKS
from plixa.actors.workspace.plans import limits_of
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import PlixaError
from plixa.engine.events import Recorded
from plixa.engine.ports import Commit
from plixa.engine.rounds import go_round
from plixa.http.api.services import Services
from plixa.http.webhooks.courier import Courier
from plixa.http.webhooks.happened import TellingOf
from plixa.storage.webhooks import feeds

LOOK_EVERY = 5.0
PAUSE = 0.5
"""Seconds until a tenant is tried again that could not be fed."""
GATHER = 0.1
"""Seconds after a tenant was read in which what happens comes together: ten events cost much the same as one."""
AT_ONCE = 4
"""Tenants that are read at the same time."""
log = structlog.get_logger("plixa.webhooks")


class Feeding:
    """Reads the log for endpoints. `committed` hears of every commit."""

    def __init__(self, services: Services, courier: Courier) -> None:
        self._services = services
        self._courier = courier
        self._known: set[int] = set()
        """Tenants with endpoints."""
        self._waiting: dict[int, dict[int, int]] = {}
        """How much waits at most for endpoints that take nothing, by tenant."""
        self._wanted: dict[int, None] = {}
        self._at_work: set[int] = set()
        self._wake = trio.Event()

    def committed(self, commit: Commit, recorded: list[Recorded]) -> None:
        """Something happened in a workspace."""
        tenant = commit.address.tenant
        if any(isinstance(each.event, WorkspaceResumed) for each in recorded):
            self._courier.released(tenant)
        if tenant in self._known and commit.events:
            self.want(tenant)
        elif commit.address.kind == "workspace" and WEBHOOKS.of(commit.after):
            self._known.add(tenant)
            self.want(tenant)

    def want(self, tenant: int) -> None:
        """Look whether endpoints of this tenant have something to hear."""
        self._wanted[tenant] = None
        self._wake.set()

    def forget(self, tenant: int) -> None:
        """Another node may have had it meanwhile."""
        self._known.discard(tenant)
        self._waiting.pop(tenant, None)

    @property
    def size(self) -> int:
        """How many tenants are listened to."""
        return len(self._known)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Read on, until cancelled."""
        self._at_work = set()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(go_round, self._look, LOOK_EVERY)
            for _ in range(AT_ONCE):
                nursery.start_soon(self._work, nursery)
            task_status.started()

    async def _look(self) -> None:
        """Whoever is behind, whatever the reason."""
        services = self._services
        for tenant in await services.database.run(feeds.behind, services.settings.node):
            self.want(tenant)

    async def _work(self, nursery: trio.Nursery) -> None:
        while True:
            tenant = next((each for each in self._wanted if each not in self._at_work), None)
            if tenant is None:
                await self._wake.wait()
                self._wake = trio.Event() if self._wake.is_set() else self._wake
                continue
            del self._wanted[tenant]
            self._at_work.add(tenant)
            await self._try(tenant)
            nursery.start_soon(self._gather, tenant)

    async def _gather(self, tenant: int) -> None:
        """Leave it alone for a moment."""
        await trio.sleep(GATHER)
        self._at_work.discard(tenant)
        self._wake.set()

    async def _try(self, tenant: int) -> None:
        try:
            await self.feed(tenant)
        except PlixaError as error:
            log.info("webhooks_wait", tenant=tenant, error=str(error))
        except Exception as error:
            log.exception("webhook_feed_failed", tenant=tenant, error=type(error).__name__)
            await trio.sleep(PAUSE)
            self.want(tenant)

    async def feed(self, tenant: int) -> None:
        """Queue all that there is for this tenant's endpoints."""
        workspace: Workspace = await self._services.bus.workspace(tenant)
        if WEBHOOKS.of(workspace):
            self._known.add(tenant)
        if workspace.status != "active" or sends_nothing(workspace):
            return
        now = self._services.clock.now()
        if "api_access" not in limits_of(workspace, now).features:
            await self._services.database.run(feeds.skip, tenant)
            return
        if wanted := {each.id: each.events for each in WEBHOOKS.of(workspace).values() if each.is_active}:
            await self._feed(
                tenant, wanted, TellingOf(self._services.store.keyring.application_key, tenant, workspace, now)
            )

    async def _feed(self, tenant: int, wanted: Mapping[int, tuple[str, ...]], telling: TellingOf) -> None:
        services = self._services
        database, keyring, now = services.database, services.store.keyring, services.clock.now()
        known = self._waiting.get(tenant, {})
        more, waiting = False, {id_: known[id_] for id_ in known.keys() & wanted.keys()}
        self._waiting[tenant] = waiting
        groups, replays = await database.run(feeds.groups, tenant, wanted, waiting)
        for after, endpoints in groups.items():
            chosen = {each: wanted[each] for each in endpoints}
            step = await database.run(feeds.step, keyring, tenant, after, chosen, telling, now)
            self._queued(tenant, step.endpoints)
            more |= step.more
        if replays:
            chosen = {each: wanted[each] for each in replays}
            step = await database.run(feeds.replay_step, keyring, tenant, chosen, telling, now)
            self._queued(tenant, step.endpoints)
            more |= step.more
        if more:
            self.want(tenant)

    def _queued(self, tenant: int, endpoints: Mapping[int, int]) -> None:
        waiting = self._waiting.get(tenant, {})
        for id_ in waiting.keys() & endpoints.keys():
            waiting[id_] += endpoints[id_]
        self._courier.due(tenant, endpoints)
