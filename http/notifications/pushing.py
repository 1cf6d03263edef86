"""Web Push: a browser that subscribed hears of a customer's message while the panel is closed.

Told are a conversation's assignee, or, while it is nobody's, all members who take conversations: exactly those who may
see it, whatever the workspace lets its agents see.

A push is an effect like a mail: asked for in the commit of the message itself, where anybody of the workspace has a
subscription (`actors/notifications/push.py`), carried out from the outbox, and after a crash done again, which a
browser does not show twice: the second one has the topic of the first. Push services are given `LONGEST` seconds and
`TRIES` tries; the message itself is in the inbox either way. A subscription that has ended is dropped, and so is that
of somebody who left.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import structlog
import trio

from plixa.actors.conversation.arriving import NEWS
from plixa.actors.notifications.push import ForgetPush, NotePush
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import EffectDone, EffectFailed, EffectReport
from plixa.engine.clock import Clock
from plixa.engine.errors import PlixaError, Unavailable
from plixa.engine.ports import Address, StoredEffect
from plixa.engine.rounds import go_round
from plixa.http.api.services import Part, Services
from plixa.http.notifications.webpush.client import Delivered, Gone, Later, Outcome, PushClient
from plixa.http.notifications.webpush.keys import VapidKeys
from plixa.http.notifications.webpush.subscription import Subscription
from plixa.storage.eventlog.sealing import ApplicationKey, WrongKey
from plixa.storage.notifications import push as reads
from plixa.storage.postgres.bridge import Database

SEALED_AS = "vapid keys"
SETTLE = 0.3
"""Seconds for which a new message's conversation finds its member, before anybody is told."""
REFRESH = 60.0
AT_ONCE = 16
TRIES, PAUSE, LONGEST_PAUSE = 3, 1.0, 5.0
LONGEST = 15.0
TTL = 4 * 3600
TITLE, BODY = 80, 160  # characters: what a notification shows of them, and far below what a push may hold
Ask = Callable[[NotePush | ForgetPush], Awaitable[object]]
"""Asks the workspace, in the name of whoever wants it."""
Payload = Mapping[str, Any]
Says = Callable[[str | None], Payload]
"""By a browser's language; None for one that did not say."""
log = structlog.get_logger("plixa.push")


@dataclass(frozen=True, slots=True)
class Push:
    """The way out, and the public key by which browsers know this server."""

    client: PushClient
    public_key: str
    allow_loopback: bool


PUSH = Part[Push]("the way out for pushes")


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


class Pushing:
    """Keeps subscriptions, and tells browsers: `tell` is the outbox's handler."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._at_once = trio.CapacityLimiter(AT_ONCE)

    # -- subscriptions ------------------------------------------------------------------------------------------------

    async def subscribe(self, tenant: int, user_id: int, subscription: Subscription, ask: Ask) -> bool:
        """Keep a browser's subscription, which is checked already; whether it is new. tenant 0: Plixa's staff."""
        services, hashed = self._services, reads.endpoint_hash(subscription.endpoint)
        seal = services.store.keyring.application_key.seal
        sealed = seal(msgspec.json.encode(subscription), reads.belongs(tenant, user_id, hashed))
        made = await services.database.run(reads.save, tenant, user_id, hashed, sealed, services.clock.now())
        if tenant:
            await ask(NotePush(user_id=user_id))
        return made

    async def unsubscribe(self, tenant: int, user_id: int, endpoint: str, ask: Ask) -> None:
        """Forget it, if it is there."""
        await self._drop(tenant, user_id, reads.endpoint_hash(endpoint), ask)

    async def _drop(self, tenant: int, user_id: int, hashed: bytes, ask: Ask) -> None:
        services = self._services
        await services.database.run(reads.drop, tenant, user_id, hashed)
        if not tenant or await services.database.run(reads.has_any, tenant, user_id):
            return
        await ask(ForgetPush(user_id=user_id))
        if await services.database.run(reads.has_any, tenant, user_id):  # one more was made in between
            await ask(NotePush(user_id=user_id))

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Drop the subscriptions of who left, until cancelled."""
        await go_round(self._services.once(self._drop_left), REFRESH, task_status=task_status)

    async def _drop_left(self) -> None:
        await self._services.database.run(reads.drop_left)

    # -- what happens -------------------------------------------------------------------------------------------------

    async def tell(self, stored: StoredEffect) -> EffectReport:
        """Tell those concerned of a customer's message. Whatever push services say, it is over then."""
        request, now = stored.effect.request, self._services.clock.now()
        age = now - datetime.fromisoformat(request["sent_at"])
        await trio.sleep(max(0.0, SETTLE - age.total_seconds()))
        with trio.move_on_after(LONGEST):
            try:
                if age < NEWS:
                    await self._tell(stored.owner.tenant, request["message_id"])
            except PlixaError as error:
                away = isinstance(error, Unavailable)
                return EffectFailed(effect_id=stored.effect.id, reason=str(error), permanent=False, away=away)
        return EffectDone(effect_id=stored.effect.id, result={})

    async def _tell(self, tenant: int, message_id: int) -> None:
        services = self._services
        workspace: Workspace = await services.bus.workspace(tenant)
        found = await services.database.run(reads.alert, tenant, message_id)
        if found is None or workspace.status != "active":
            return
        payload = {
            "title": (found["name"] or found["phone"] or workspace.name)[:TITLE],
            "body": (found["body"] or found["type"])[:BODY],
            "conversation_id": found["id"],
        }
        await self.send(tenant, told(workspace, found["assigned_user_id"]), payload, f"c-{found['id']}")

    # -- sending ------------------------------------------------------------------------------------------------------

    async def send(self, tenant: int, user_ids: Sequence[int], payload: Payload | Says, topic: str) -> None:
        """Push to every browser of these people. topic: a later push of this topic replaces one that waits.

        payload: what all are told, or what a browser of this language is.
        """
        rows = await self._services.database.run(reads.of_users, tenant, user_ids)
        async with trio.open_nursery() as nursery:
            for row in rows:
                nursery.start_soon(self._send_one, row, payload, topic)

    async def _send_one(self, row: Any, payload: Payload | Says, topic: str) -> None:
        tenant, user_id, hashed = row["tenant_id"], row["user_id"], row["endpoint_hash"]
        seal = self._services.store.keyring.application_key
        try:
            plain = seal.unseal(row["sealed"], reads.belongs(tenant, user_id, hashed))
        except WrongKey as error:
            log.warning("push_unreadable", tenant=tenant, user_id=user_id, error=str(error))
            return
        subscription = msgspec.json.decode(plain, type=Subscription)
        said = payload(subscription.locale) if callable(payload) else payload
        outcome = await self._try(subscription, msgspec.json.encode(said), topic)
        if isinstance(outcome, Gone):
            await self._drop(tenant, user_id, hashed, self._by_ourselves(tenant))
        elif not isinstance(outcome, Delivered):
            log.info("push_not_delivered", tenant=tenant, user_id=user_id, reason=outcome.reason)

    def _by_ourselves(self, tenant: int) -> Ask:
        address = Address(tenant, "workspace", tenant)
        return lambda command: self._services.bus.ask(address, command, actor="system", cause="push")

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
            return await self._services[PUSH].client.send(subscription, body, ttl=TTL, urgency="high", topic=topic)


PUSHING = Part[Pushing]("browsers' subscriptions")


def told(workspace: Workspace, assigned_user_id: int | None) -> list[int]:
    """Who hears of a message in a conversation of this assignee; one who left is nobody (as in `visible.py`)."""
    if assigned_user_id in workspace.members:
        return [assigned_user_id]
    return [member.id for member in workspace.members.values() if member.is_available]
