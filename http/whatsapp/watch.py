"""Whether a number still hears: the connection is polled, silences are checked, and restarts look back.

The gateway may lose its socket without a word, report one open that is dead, stop posting webhooks, lose an instance,
or post a logout that is long out of date. So, every `POLL_SECONDS`: the live state of each number is asked for,
whatever we take it to be; a number that has been silent for `SILENCE` is compared with the gateway's own store; and
after a restart of ours, or of the node that had it before, every number looks back to the last message that it has.
Each node watches what it owns, and what nobody does. Webhooks overtake each other: what one
says of a connection that is lost or coming is checked `SOON` after it.

Each number is asked about by itself, since that costs the gateway a look into its memory; its list of all instances
counts every message that it keeps, and tells a stored state. At most `AT_ONCE` are asked at a time, those that did not
answer last time after all others. Who has been without a connection for longer than `LATELY` is asked in every
`SELDOM`th round only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import structlog
import trio

from plixa.actors.whatsapp.gateway import ConnectionSeen, Missing
from plixa.actors.whatsapp.number import LookBack, Observe
from plixa.engine.clock import Clock
from plixa.engine.errors import PlixaError
from plixa.engine.ports import Address
from plixa.engine.registry import Bus
from plixa.http.whatsapp.directory import NumberKey
from plixa.http.whatsapp.evolution.client import EvolutionClient
from plixa.http.whatsapp.evolution.errors import GatewayDown, GatewayNotFound
from plixa.storage.conversation import messages as reads
from plixa.storage.postgres.bridge import Database
from plixa.storage.whatsapp import numbers

POLL_SECONDS = 30.0
SOON = 0.2
AT_ONCE = 16
ANSWER_WITHIN = 10.0
LATELY, SELDOM = timedelta(days=1), 10
SILENCE = timedelta(minutes=10)
FIRST_LOOK = timedelta(days=1)
log = structlog.get_logger("plixa.watch")


class Watch:
    """See the module's text."""

    def __init__(self, database: Database, bus: Bus, gateway: EvolutionClient, clock: Clock, node: str) -> None:
        self._database = database
        self._bus = bus
        self._gateway = gateway
        self._clock = clock
        self._node = node
        self._looked: set[int] = set()
        self._arrived: set[int] = set()
        self._arrival = trio.Event()
        self._heard: dict[tuple[int, int], datetime] = {}
        self._suspects: dict[tuple[int, int], datetime] = {}
        self._doubted: set[tuple[int, int]] = set()
        self._doubts = trio.Event()
        self._rows_failed = False
        self._slow: set[tuple[int, int]] = set()
        self._limit = trio.CapacityLimiter(AT_ONCE)

    def heard(self, number: NumberKey) -> None:
        """A webhook of this number arrived."""
        self._heard[number.tenant, number.number_id] = self._clock.now()

    def suspect(self, number: NumberKey) -> None:
        """Something of this number may have been missed: look back at the next round, to what was heard before it."""
        key = (number.tenant, number.number_id)
        self._suspects.setdefault(key, self._heard.get(key, self._clock.now() - SILENCE))

    def doubt(self, number: NumberKey) -> None:
        """What was just heard of its connection may be out of date."""
        self._doubted.add((number.tenant, number.number_id))
        self._doubts.set()

    def came(self, tenant: int) -> None:
        """This node has the tenant from now on: what its numbers heard meanwhile may have reached nobody."""
        if tenant not in self._looked:
            self._arrived.add(tenant)
            self._arrival.set()

    def left(self, tenant: int) -> None:
        """Another node has it, and watches."""
        self._looked.discard(tenant)
        for known in (self._heard, self._suspects):
            for key in [key for key in known if key[0] == tenant]:
                del known[key]

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look back once, then keep watch until cancelled."""
        task_status.started()
        rows = await self._rows_at_last()
        self._looked |= {row["tenant_id"] for row in rows}
        await self._round(self._look_back_after_restart, rows)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._look_back_for_those_who_come)
            nursery.start_soon(self._settle_doubts)
            await self._poll()

    async def _poll(self) -> None:
        for turn in count():
            rows = await self._rows()
            await self._round(self._check, [row for row in rows if turn % SELDOM == 0 or self._is_of_late(row)])
            await trio.sleep(POLL_SECONDS)

    async def _look_back_for_those_who_come(self) -> None:
        while True:
            await self._arrival.wait()
            self._arrival = trio.Event()
            await trio.sleep(SOON)  # many may come at once: one look for all of them
            arrived, self._arrived = self._arrived - self._looked, set()
            self._looked |= arrived
            await self._round(self._look_back_after_restart, await self._rows_at_last(arrived))

    async def _settle_doubts(self) -> None:
        while True:
            await self._doubts.wait()
            self._doubts = trio.Event()
            await trio.sleep(SOON)
            doubted, self._doubted = self._doubted, set()
            rows = await self._rows({tenant for tenant, _ in doubted})
            await self._round(self._check, [row for row in rows if _key(row) in doubted])

    async def _rows_at_last(self, tenants: Collection[int] | None = None) -> Sequence[Any]:
        """As `_rows`, however long the database is away: what was missed meanwhile must be looked for."""
        while not (rows := await self._rows(tenants)) and self._rows_failed:  # noqa: ASYNC110  # the database says nothing
            await trio.sleep(1)
        return rows

    async def _rows(self, tenants: Collection[int] | None = None) -> Sequence[Any]:
        """All numbers that are for this node to watch, or these tenants'; who kept us waiting last time at the end."""
        try:
            rows = await self._database.run(numbers.numbers_to_watch, self._node, tenants)
        except PlixaError as error:
            log.warning("watch_waiting", error=str(error))
            self._rows_failed = True
            return []
        self._rows_failed = False
        return sorted(rows, key=lambda row: _key(row) in self._slow)

    def _is_of_late(self, row: Any) -> bool:
        if row["status"] in ("connected", "connecting"):
            return True
        changed_at = row["data"].get("changed_at")
        since = datetime.fromisoformat(changed_at) if changed_at else row["created_at"]
        return bool(self._clock.now() - since < LATELY)

    async def _round(self, check: Any, rows: Sequence[Any]) -> None:
        """Check these numbers, each by itself: what one does to us is nothing to the others."""
        async with trio.open_nursery() as nursery:
            for row in rows:
                await self._limit.acquire_on_behalf_of(turn := object())
                nursery.start_soon(self._checked, check, row, turn)

    async def _checked(self, check: Any, row: Any, turn: object) -> None:
        try:
            await check(row)
        except PlixaError as error:
            log.warning("watch_failed", tenant=row["tenant_id"], number=row["id"], error=str(error))
        except Exception as error:  # a surprise in this number's answers is no reason to leave the others alone
            log.exception("watch_failed", tenant=row["tenant_id"], number=row["id"], error=type(error).__name__)
        finally:
            self._limit.release_on_behalf_of(turn)

    async def _look_back_after_restart(self, row: Any) -> None:
        if row["status"] not in ("connected", "connecting"):
            return
        since = await self._database.run(reads.last_heard, row["tenant_id"], row["id"])
        if since is not None:
            since = max(since, self._clock.now() - FIRST_LOOK)
            self._suspects[_key(row)] = since  # until it is begun: the database or the workspace may not be there yet
            if await self._look_back(row, since, "restart"):
                self._suspects.pop(_key(row), None)

    async def _check(self, row: Any) -> None:
        key = _key(row)
        seen = await self._seen(row)
        if _is_news(seen, row):
            await self._bus.ask(self._number(row), Observe(seen=seen, asked=True), actor="system", cause="watch")
        heard = self._heard.setdefault(key, self._clock.now())
        is_open = isinstance(seen, ConnectionSeen) and seen.state == "open"
        silent = is_open and self._clock.now() - heard > SILENCE
        since = self._suspects.get(key)
        if since is None and silent and await self._missed(row, heard):
            since = heard
        if since is not None:
            if not await self._look_back(row, since, "silence"):
                return  # so many are under way: the next round asks again
            self._suspects.pop(key, None)
        if silent:
            self._heard[key] = self._clock.now()  # compared: the next silence counts from here

    async def _seen(self, row: Any) -> ConnectionSeen | Missing:
        """The gateway's word on a number just now. Raises `GatewayError`."""
        key = _key(row)
        try:
            with trio.fail_after(ANSWER_WITHIN):
                state = await self._gateway.state(row["instance"])
        except GatewayNotFound:
            return Missing()
        except trio.TooSlowError:
            self._slow.add(key)
            raise GatewayDown(f"The gateway has not answered for {ANSWER_WITHIN:.0f} s.") from None
        self._slow.discard(key)
        return ConnectionSeen(state or "connecting", 0)  # stored and not loaded: it is not listening yet

    async def _missed(self, row: Any, since: datetime) -> bool:
        """Whether the gateway has messages that we have not."""
        page = await self._gateway.find_messages(row["instance"], now=self._clock.now(), since=since)
        keys = [key for seen in page.seen if (key := getattr(seen, "key_id", None))]
        return len(await self._database.run(reads.known_keys, row["tenant_id"], row["id"], keys)) < len(set(keys))

    async def _look_back(self, row: Any, since: datetime, why: Any) -> bool:
        """Whether one begins, or there is none to begin any more."""
        command = LookBack(since=since, why=why)
        outcome = await self._bus.ask(self._number(row), command, actor="system", cause="watch")
        return bool(outcome.recorded) or outcome.state.removed

    @staticmethod
    def _number(row: Any) -> Address:
        return Address(row["tenant_id"], "number", row["id"])


def _key(row: Any) -> tuple[int, int]:
    return row["tenant_id"], row["id"]


def _is_news(seen: ConnectionSeen | Missing, row: Any) -> bool:
    """Whether it differs from what we take the number to be; its actor decides what that means."""
    status: str = row["status"]
    why = row["data"].get("why")
    lost = why == "unknown_to_gateway"
    match seen:
        case Missing():
            return not lost and why != "setup_failed"
        case ConnectionSeen(state="open"):
            return status != "connected"
        case ConnectionSeen(state="connecting"):
            return lost or status == "connected"
        case _:
            return lost or status in ("connected", "connecting")
