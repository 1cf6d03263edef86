"""Whether a number still hears: the connection is polled, silences are checked, and restarts look back.

The gateway may lose its socket without a word, report one open that is dead, or stop posting webhooks. So, every
`POLL_SECONDS`: the live state of each number is asked for; a number that has been silent for `SILENCE` is compared
with the gateway's own store; and after a restart of ours every number looks back to the last message that it has.
Webhooks overtake each other: a number said to be connecting is asked for its state `SOON`, it may long be open (and its
actor believes no such webhook right after an open one).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
import trio

from plixa.actors.gateway import ConnectionSeen
from plixa.actors.number.actor import LookBack, Observe
from plixa.engine.clock import Clock
from plixa.engine.errors import PlixaError
from plixa.engine.ports import Address
from plixa.engine.registry import Bus
from plixa.http.clients.evolution.client import EvolutionClient
from plixa.http.gateway.directory import NumberKey
from plixa.storage.bridge import Database
from plixa.storage.reads import inbox, peers as reads

POLL_SECONDS = 30.0
SOON = 0.2
SILENCE = timedelta(minutes=10)
FIRST_LOOK = timedelta(days=1)
log = structlog.get_logger("plixa.watch")


class Watch:
    """See the module's text."""

    def __init__(self, database: Database, bus: Bus, gateway: EvolutionClient, clock: Clock) -> None:
        self._database = database
        self._bus = bus
        self._gateway = gateway
        self._clock = clock
        self._heard: dict[tuple[int, int], datetime] = {}
        self._suspects: set[tuple[int, int]] = set()
        self._doubted: set[tuple[int, int]] = set()
        self._doubts = trio.Event()

    def heard(self, number: NumberKey) -> None:
        """A webhook of this number arrived."""
        self._heard[number.tenant, number.number_id] = self._clock.now()

    def suspect(self, number: NumberKey) -> None:
        """Something of this number may have been missed: look back at the next round."""
        self._suspects.add((number.tenant, number.number_id))

    def doubt(self, number: NumberKey) -> None:
        """What was just heard of its connection may be out of date."""
        self._doubted.add((number.tenant, number.number_id))
        self._doubts.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look back once, then keep watch until cancelled."""
        task_status.started()
        await self._round(self._look_back_after_restart)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._settle_doubts)
            await self._poll()

    async def _poll(self) -> None:
        while True:
            await trio.sleep(POLL_SECONDS)
            await self._round(self._check)
            await self._forget_old()

    async def _settle_doubts(self) -> None:
        while True:
            await self._doubts.wait()
            self._doubts = trio.Event()
            await trio.sleep(SOON)
            doubted, self._doubted = self._doubted, set()
            await self._round(self._check, doubted)

    async def _round(self, check: Any, only: set[tuple[int, int]] | None = None) -> None:
        try:
            rows = await self._database.run(inbox.connected_numbers)
        except PlixaError as error:
            log.warning("watch_waiting", error=str(error))
            return
        for row in rows:
            if only is not None and (row["tenant_id"], row["id"]) not in only:
                continue
            try:
                await check(row)
            except PlixaError as error:
                log.warning("watch_failed", tenant=row["tenant_id"], number=row["id"], error=str(error))

    async def _look_back_after_restart(self, row: Any) -> None:
        since = await self._database.run(reads.last_heard, row["tenant_id"], row["id"])
        if since is not None:
            since = max(since, self._clock.now() - FIRST_LOOK)
            await self._look_back(row, since, "restart")

    async def _check(self, row: Any) -> None:
        key = (row["tenant_id"], row["id"])
        state = await self._gateway.state(row["instance"])
        if (state, row["status"]) in (("open", "connecting"), ("close", "connected"), ("connecting", "connected")):
            seen = ConnectionSeen(state or "close", 0)
            await self._bus.ask(self._number(row), Observe(seen=seen, asked=True), actor="system", cause="watch")
        heard = self._heard.setdefault(key, self._clock.now())
        silent = state == "open" and self._clock.now() - heard > SILENCE
        if key in self._suspects or (silent and await self._missed(row, heard)):
            self._suspects.discard(key)
            await self._look_back(row, heard, "silence")
        if silent:
            self._heard[key] = self._clock.now()  # compared: the next silence counts from here

    async def _missed(self, row: Any, since: datetime) -> bool:
        """Whether the gateway has messages that we have not."""
        page = await self._gateway.find_messages(row["instance"], now=self._clock.now(), since=since)
        keys = [key for seen in page.seen if (key := getattr(seen, "key_id", None))]
        return len(await self._database.run(reads.known_keys, row["tenant_id"], row["id"], keys)) < len(set(keys))

    async def _look_back(self, row: Any, since: datetime, why: Any) -> None:
        await self._bus.ask(self._number(row), LookBack(since=since, why=why), actor="system", cause="watch")

    def _number(self, row: Any) -> Address:
        return Address(row["tenant_id"], "number", row["id"])

    async def _forget_old(self) -> None:
        try:
            await self._database.run(reads.forget_old)
        except PlixaError as error:
            log.warning("clean_up_failed", error=str(error))
