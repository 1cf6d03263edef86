"""How fast broadcasts go out from a number: one after the other over all of them, with a gap that varies.

When the last one went out stands in its row: a restart makes nothing quicker. Each waits for a quiet moment, too, when
its turn has come, and once more before its message goes out: what somebody is waiting for goes first. So do they as
they are written down.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import trio

from plixa.actors.broadcasts.estimate import SLOWER
from plixa.engine.clock import Clock
from plixa.engine.quiet import Quiet
from plixa.storage.broadcasts import reads
from plixa.storage.postgres.bridge import Database

VARIES = 0.25
MOST_KEPT = 10_000


class Pacer:
    """The gaps of all numbers here. per_minute: 0 for no gap."""

    def __init__(self, database: Database, clock: Clock, quiet: Quiet, per_minute: float) -> None:
        self._database = database
        self._clock = clock
        self._quiet = quiet
        self._per_minute = per_minute
        self._last: dict[tuple[int, int], datetime | None] = {}

    async def wait(self, tenant: int, number_id: int, *, stranger: bool) -> None:
        """Wait until it is the next one's turn; to people who have never written it takes longer."""
        last = await self._last_of(tenant, number_id) if self._per_minute else None
        if last is not None:
            gap = 60 / self._per_minute * (SLOWER if stranger else 1) * random.uniform(1 - VARIES, 1 + VARIES)
            due = last + timedelta(seconds=gap)
            await trio.sleep(min(max((due - self._clock.now()).total_seconds(), 0.0), gap))
        await self._quiet.wait()

    def sent(self, tenant: int, number_id: int) -> None:
        """One has just gone on its way."""
        if len(self._last) >= MOST_KEPT:
            self._last.clear()
        self._last[tenant, number_id] = self._clock.now()

    async def _last_of(self, tenant: int, number_id: int) -> datetime | None:
        key = (tenant, number_id)
        if key not in self._last:
            self._last[key] = await self._database.run(reads.last_queued, tenant, number_id)
        return self._last[key]

    def forget(self, tenant: int) -> None:
        """Another node has had the tenant meanwhile."""
        self._last = {key: at for key, at in self._last.items() if key[0] != tenant}
