"""Web Push: a browser that subscribed hears of a customer's message while the panel is closed.

Told are a conversation's assignee, or, while it is nobody's, all members who take conversations: exactly those who may
see it, whatever the workspace lets its agents see.

Best effort, and never in the way of a commit: what was committed is noted in memory, on the node that wrote it, and
only for workspaces in which somebody has a subscription. A note is lost when this node stops, or when `WAITING` are
waiting (`SHARE` of one workspace); the message itself is in the inbox either way. A push service that is busy is asked
`TRIES` times. A subscription that has ended is dropped, and so is that of somebody who left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
import trio

from plixa.actors.conversation.events import MessageReceived
from plixa.actors.workspace.state import Workspace
from plixa.engine.clock import Clock
from plixa.engine.errors import PlixaError
from plixa.engine.events import Recorded
from plixa.engine.ports import Commit
from plixa.http.clients.webpush.client import Delivered, Gone, Later, Outcome, PushClient
from plixa.http.clients.webpush.keys import VapidKeys
from plixa.http.clients.webpush.subscription import Subscription
from plixa.http.services import Services
from plixa.storage.bridge import Database
from plixa.storage.reads import push as reads
from plixa.storage.sealing import ApplicationKey, WrongKey

SEALED_AS = "vapid keys"
SETTLE = 0.3
"""Seconds for which a new message's conversation finds its member, before anybody is told."""
FRESH = timedelta(minutes=15)
"""What a look-back finds later than this rings nobody."""
REFRESH = 60.0
WAITING, SHARE = 1000, 100
AT_ONCE = 16
TRIES, PAUSE, LONGEST_PAUSE = 3, 1.0, 30.0
TTL = 4 * 3600
TITLE, BODY = 80, 160  # characters: what a notification shows of them, and far below what a push may hold
log = structlog.get_logger("plixa.push")


@dataclass(frozen=True, slots=True)
class Push:
    """The way out, and the public key by which browsers know this server."""

    client: PushClient
    public_key: str
    allow_loopback: bool


@asynccontextmanager
async def open_push(
    database: Database, seal: ApplicationKey, subject: str, clock: Clock, *, allow_loopback: bool
) -> AsyncGenerator[Push]:
    """Push with this installation's keys, made if this is its first start; closed when the block is left.

    Raises `ValueError` for a subject that push services would not take.
    """
    keys = await _keys(database, seal, clock)
    async with PushClient(keys, subject, clock, allow_loopback=allow_loopback) as client:
        yield Push(client, keys.public_key, allow_loopback)


async def _keys(database: Database, seal: ApplicationKey, clock: Clock) -> VapidKeys:
    new = VapidKeys.make()
    sealed = seal.seal(new.to_bytes(), SEALED_AS)
    kept = await database.run(reads.vapid_keys, sealed, clock.now())
    try:
        return VapidKeys.load(seal.unseal(kept, SEALED_AS))
    except WrongKey as error:  # no reason not to start; with the right secret the old ones are good again
        log.warning("push_keys_lost", error=str(error))
        return new


@dataclass(frozen=True, slots=True)
class Note:
    """A customer's message. `body`: its text, or what kind it is."""

    tenant: int
    conversation_id: int
    body: str


class Pushing:
    """Follows what is committed, and tells browsers."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tenants: set[int] = set()
        self._new: set[int] = set()  # since the last refresh began: it may not have seen them
        self._waiting: Counter[int] = Counter()
        self._notes, self._received = trio.open_memory_channel[Note](WAITING)
        self._at_once = trio.CapacityLimiter(AT_ONCE)

    @property
    def tenants(self) -> frozenset[int]:
        """The workspaces that are followed."""
        return frozenset(self._tenants)

    # -- subscriptions ------------------------------------------------------------------------------------------------

    async def subscribe(self, tenant: int, user_id: int, subscription: Subscription) -> bool:
        """Keep a browser's subscription, which is checked already; whether it is new. tenant 0: Plixa's staff."""
        services, hashed = self._services, reads.endpoint_hash(subscription.endpoint)
        seal = services.store.keyring.application_key.seal
        sealed = seal(msgspec.json.encode(subscription), reads.belongs(tenant, user_id, hashed))
        made = await services.database.run(reads.save, tenant, user_id, hashed, sealed, services.clock.now())
        self._tenants.add(tenant)
        self._new.add(tenant)
        return made

    async def unsubscribe(self, tenant: int, user_id: int, endpoint: str) -> None:
        """Forget it, if it is there."""
        await self._services.database.run(reads.drop, tenant, user_id, reads.endpoint_hash(endpoint))

    # -- what happens -------------------------------------------------------------------------------------------------

    def committed(self, commit: Commit, recorded: Iterable[Recorded]) -> None:
        """Called after every commit: notes it, and never waits."""
        tenant = commit.address.tenant
        if tenant not in self._tenants or commit.address.kind != "conversation":
            return
        for each in recorded:
            event = each.event
            if isinstance(event, MessageReceived) and rings(event, each.at):
                self._note(Note(tenant, commit.address.id, event.content.body or event.content.kind.value))

    def _note(self, note: Note) -> None:
        if self._waiting[note.tenant] >= SHARE:
            log.info("push_dropped", tenant=note.tenant)
            return
        try:
            self._notes.send_nowait(note)
        except trio.WouldBlock:
            log.warning("push_dropped", tenant=note.tenant)
            return
        self._waiting[note.tenant] += 1

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Tell browsers, until cancelled."""
        await self._refresh()
        task_status.started()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_refreshing)
            async for note in self._received:
                nursery.start_soon(self._handle, note)  # as many as there are notes at most: see SHARE

    async def _keep_refreshing(self) -> None:
        """Subscriptions are made on any node; this one hears of the others' now and then."""
        while True:
            await trio.sleep(REFRESH)
            await self._refresh()

    async def _refresh(self) -> None:
        self._new = set()
        try:
            await self._services.database.run(reads.drop_left)
            self._tenants = await self._services.database.run(reads.subscribed_tenants) | self._new
        except PlixaError as error:
            log.warning("push_waits", error=str(error))

    async def _handle(self, note: Note) -> None:
        try:
            await trio.sleep(SETTLE)
            await self._tell(note)
        except Exception as error:  # noqa: BLE001  # one note's trouble, whatever it is, must not end the others
            log.warning("push_failed", tenant=note.tenant, error=repr(error))
        finally:
            self._waiting[note.tenant] -= 1
            if not self._waiting[note.tenant]:
                del self._waiting[note.tenant]

    async def _tell(self, note: Note) -> None:
        services = self._services
        house: Workspace = await services.bus.house(note.tenant)
        found = await services.database.run(reads.alert, note.tenant, note.conversation_id)
        if found is None or house.status != "active":
            return
        payload = {
            "title": (found["name"] or found["phone"] or house.name)[:TITLE],
            "body": note.body[:BODY],
            "conversation_id": note.conversation_id,
        }
        await self.send(note.tenant, told(house, found["assigned_user_id"]), payload, f"c-{note.conversation_id}")

    # -- sending ------------------------------------------------------------------------------------------------------

    async def send(self, tenant: int, user_ids: Sequence[int], payload: dict[str, Any], topic: str) -> None:
        """Push to every browser of these people. topic: a later push of this topic replaces one that waits."""
        rows = await self._services.database.run(reads.of_users, tenant, user_ids)
        body = msgspec.json.encode(payload)
        async with trio.open_nursery() as nursery:
            for row in rows:
                nursery.start_soon(self._send_one, row, body, topic)

    async def _send_one(self, row: Any, body: bytes, topic: str) -> None:
        tenant, user_id, hashed = row["tenant_id"], row["user_id"], row["endpoint_hash"]
        seal = self._services.store.keyring.application_key
        try:
            plain = seal.unseal(row["sealed"], reads.belongs(tenant, user_id, hashed))
        except WrongKey as error:
            log.warning("push_unreadable", tenant=tenant, user_id=user_id, error=str(error))
            return
        outcome = await self._try(msgspec.json.decode(plain, type=Subscription), body, topic)
        if isinstance(outcome, Gone):
            await self._services.database.run(reads.drop, tenant, user_id, hashed)
        elif not isinstance(outcome, Delivered):
            log.info("push_not_delivered", tenant=tenant, user_id=user_id, reason=outcome.reason)

    async def _try(self, subscription: Subscription, body: bytes, topic: str) -> Outcome:
        outcome = await self._once(subscription, body, topic)
        for pause in (PAUSE * 2**n for n in range(TRIES - 1)):
            if not isinstance(outcome, Later):
                break
            await trio.sleep(min(outcome.retry_after or pause, LONGEST_PAUSE))
            outcome = await self._once(subscription, body, topic)
        return outcome

    async def _once(self, subscription: Subscription, body: bytes, topic: str) -> Outcome:
        async with self._at_once:
            return await self._services.push.client.send(subscription, body, ttl=TTL, urgency="high", topic=topic)


def rings(event: MessageReceived, at: datetime) -> bool:
    """Whether a message that was taken at this time is news."""
    return at - event.sent_at < FRESH


def told(house: Workspace, assigned_user_id: int | None) -> list[int]:
    """Who hears of a message in a conversation of this assignee; one who left is nobody (as in `visible.py`)."""
    if assigned_user_id in house.members:
        return [assigned_user_id]
    return [member.id for member in house.members.values() if member.is_available]
