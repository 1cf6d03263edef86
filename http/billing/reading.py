"""Reading what is true at Stripe, one read of a workspace at a time, and telling the workspace.

A later report is never of an older truth: read and report are under one lock of the workspace, which one node serves. A
read that fails says nothing; whoever wanted it tries again (the outbox) or shows what is known (a route).
"""

from __future__ import annotations

from weakref import WeakValueDictionary

import trio

from plixa.actors.billing.commands import ForgetCustomer, SeeSubscriptions
from plixa.actors.billing.state import BILLING, Billing, Subscription
from plixa.engine.ports import Address
from plixa.http.api.services import Services
from plixa.http.billing.prices import Prices
from plixa.http.clients.stripe import objects
from plixa.http.clients.stripe.errors import StripeMissing
from plixa.http.clients.stripe.port import Json, Stripe

EVERY = 5.0
"""Seconds between two reads that a person's looking asks for."""


class Reading:
    """See the module's text."""

    def __init__(self, services: Services, stripe: Stripe | None, prices: Prices) -> None:
        self._services = services
        self._stripe = stripe
        self._prices = prices
        self._locks: WeakValueDictionary[int, trio.Lock] = WeakValueDictionary()
        self._read_at: dict[int, float] = {}

    def lock(self, tenant: int) -> trio.Lock:
        """Whoever reads or sells holds it."""
        return self._locks.setdefault(tenant, trio.Lock())

    async def read(self, tenant: int) -> None:
        """Read and tell. Raises `StripeError`."""
        async with self.lock(tenant):
            await self.read_locked(tenant)

    async def read_if_due(self, tenant: int) -> None:
        """The same, unless somebody has just looked."""
        if trio.current_time() - self._read_at.get(tenant, -EVERY) >= EVERY:
            await self.read(tenant)

    def forget(self, tenant: int) -> None:
        """The workspace is another node's, or has ended."""
        self._read_at.pop(tenant, None)

    async def read_locked(self, tenant: int) -> None:
        """The same, by whoever holds the lock."""
        self._read_at[tenant] = trio.current_time()
        billing = BILLING.of(await self._services.bus.workspace(tenant))
        if self._stripe is None or billing.customer is None:
            return
        try:
            await self._tell(tenant, await self._seen(self._stripe, billing, billing.customer))
        except StripeMissing as error:
            if error.param not in ("customer", "id"):
                raise
            await self._tell(tenant, ForgetCustomer(customer=billing.customer))

    async def _seen(self, stripe: Stripe, billing: Billing, customer: str) -> SeeSubscriptions | ForgetCustomer:
        closed = await self._closed(stripe, billing)  # before the subscriptions: what it sold is among them then
        subscriptions = [await self._subscription(each) for each in await stripe.subscriptions(customer)]
        if not any(each.alive for each in subscriptions) and (await stripe.customer(customer)).get("deleted"):
            return ForgetCustomer(customer=customer)
        invoices = [objects.invoice(each) for each in (await stripe.invoices(customer))[::-1]]
        return SeeSubscriptions(
            customer=customer,
            subscriptions=tuple(subscriptions),
            closed=closed,
            invoices=tuple(each for each in invoices if each.status != "draft"),
        )

    async def _subscription(self, found: Json) -> Subscription:
        return objects.subscription(found, await self._prices.plan_of(objects.price_of(found)))

    async def _closed(self, stripe: Stripe, billing: Billing) -> tuple[str, ...]:
        if billing.attempt is None or billing.attempt.session is None:
            return ()
        session = billing.attempt.session
        return () if (await stripe.session(session))["status"] == "open" else (session,)

    async def _tell(self, tenant: int, command: SeeSubscriptions | ForgetCustomer) -> None:
        address = Address(tenant, "workspace", tenant)
        await self._services.bus.ask(address, command, actor="system", cause="stripe:read")
