"""What heals when webhooks are lost: an hourly look at the list of events, a nightly comparison with all subscriptions.

A difference that the comparison finds is mended and counted (`plixa_billing_repaired_total`): it means that webhooks do
not arrive.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
import trio

from plixa.actors.billing.commands import Nudge, WantSums
from plixa.actors.billing.state import BILLING
from plixa.engine.errors import Elsewhere, PlixaError
from plixa.engine.ports import Address
from plixa.engine.rounds import go_round
from plixa.http.api.services import Services
from plixa.http.billing.hearing import TYPES, Hearing
from plixa.http.billing.reading import Reading
from plixa.http.clients.stripe import objects
from plixa.http.clients.stripe.port import Json, Stripe
from plixa.storage.billing import periods, refs

EVERY = 3600.0
COMPARE_EVERY = timedelta(days=1)
AT_ONCE = 500
"""Bills of an earlier release, counted in one night."""
LISTED_FOR = timedelta(days=29)
"""Stripe lists events of 30 days."""
log = structlog.get_logger("plixa.billing")


class Watching:
    """See the module's text."""

    def __init__(self, services: Services, stripe: Stripe, hearing: Hearing, reading: Reading, env: str) -> None:
        self._services = services
        self._stripe = stripe
        self._hearing = hearing
        self._reading = reading
        self._env = env
        self._compared_at: datetime | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look, until cancelled."""
        await go_round(self.look, EVERY, task_status=task_status)

    async def look(self) -> None:
        """Once: what was not heard, by one node for all; and where a day has passed, whatever this node has."""
        now = self._services.clock.now()
        gap = await self._services.owners.here(0) and await self._listen(now)
        if gap or self._compared_at is None or now - self._compared_at >= COMPARE_EVERY:
            await self.compare()
            await self.count_old(now)
            self._compared_at = now

    async def _listen(self, now: datetime) -> bool:
        """Hear what is new in the list; whether that cannot be all."""
        at = await self._services.database.run(refs.cursor, self._env)
        gap = at is None or now - at[1] > LISTED_FOR
        last = None if gap or at is None else at[0]
        for event in await self._stripe.events_after(last, TYPES):
            try:
                await self._hear(event)
            except PlixaError as error:  # that workspace cannot be opened, or reached: the night mends it
                log.warning("stripe_event_waits", stripe_id=event["id"], error=str(error))
            last = event["id"]
        if last is not None:
            await self._services.database.run(refs.move_cursor, self._env, last, now)
        return gap

    async def _hear(self, event: Json) -> None:
        try:
            await self._hearing.hear(event)
        except Elsewhere as error:
            address = Address(error.tenant, "workspace", error.tenant)
            nudge = Nudge(event_id=event["id"], about=event["type"])
            await self._services.bus.tell(address, nudge, actor="stripe", cause=f"stripe:{event['id']}")

    async def compare(self) -> int:
        """Hold everybody's subscription against what is known; how many were mended."""
        mended = 0
        async for found in self._stripe.all_subscriptions():
            tenant = await self._services.database.run(refs.find_tenant, "customer", str(found["customer"]))
            if tenant is not None and await self._differs(tenant, found):
                log.warning("billing_repaired", tenant=tenant)
                self._services.telemetry.billing_repaired.inc()
                await self._reading.read(tenant)
                mended += 1
        return mended

    async def count_old(self, now: datetime) -> None:
        """What bills cover is written down as they close; of those that an earlier release closed it is now."""
        for row in await self._services.database.run(periods.unsummed, now - COMPARE_EVERY, AT_ONCE):
            address = Address(row["tenant_id"], "workspace", row["tenant_id"])
            try:
                await self._services.bus.ask(
                    address, WantSums(invoice=row["invoice"]), actor="system", cause="stripe:sums"
                )
            except PlixaError as error:  # another node's: it is that one's to do
                log.info("billing_sums_wait", tenant=row["tenant_id"], error=error.code)

    async def _differs(self, tenant: int, found: Json) -> bool:
        try:
            billing = BILLING.of(await self._services.bus.workspace(tenant))
        except PlixaError:
            return False
        known, seen = billing.subscription, objects.subscription(found, None)
        if billing.customer != found["customer"]:
            return False
        if known is None or known.id != seen.id:
            return seen.alive or known is None
        return (known.status, known.price, known.period_end, known.cancel_at) != (
            seen.status, seen.price, seen.period_end, seen.cancel_at
        )  # fmt: skip
