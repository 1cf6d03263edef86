"""A number is connected again: the broadcasts that wait for it need wait no longer.

They look by themselves from time to time, so nothing is lost where this is not heard of.
"""

from __future__ import annotations

from collections import deque

import structlog
import trio

from plixa.actors.broadcasts.commands import Wake
from plixa.actors.broadcasts.events import Why
from plixa.actors.whatsapp.number import NumberStatus
from plixa.engine.errors import PlixaError
from plixa.engine.events import Recorded
from plixa.engine.ports import Address, Commit
from plixa.http.api.services import Services
from plixa.storage.broadcasts import reads

log = structlog.get_logger("plixa.broadcasts")
MOST = 10_000
WHYS: tuple[Why, ...] = ("number_disconnected", "number_missing")


class Waking:
    """`committed` hears of every commit, `run` wakes."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._connected: deque[tuple[int, int]] = deque(maxlen=MOST)
        self._wanted = trio.Event()

    def committed(self, commit: Commit, recorded: list[Recorded]) -> None:
        """Note the numbers that are connected by it."""
        if any(isinstance(each.event, NumberStatus) and each.event.status == "connected" for each in recorded):
            self._connected.append((commit.address.tenant, commit.address.id))
            self._wanted.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Wake those who wait, until cancelled."""
        task_status.started()
        while True:
            await self._wanted.wait()
            self._wanted = trio.Event()
            while self._connected:
                await self._wake(*self._connected.popleft())

    async def _wake(self, tenant: int, number_id: int) -> None:
        try:
            for id_ in await self._services.database.run(reads.waiting_for, tenant, number_id):
                for why in WHYS:
                    address = Address(tenant, "broadcast", id_)
                    await self._services.bus.ask(address, Wake(why=why), actor="system", cause=f"number:{number_id}")
        except PlixaError as error:  # they look by themselves
            log.warning("broadcasts_not_woken", tenant=tenant, number=number_id, error=str(error))
