"""A workspace that is erased stops paying first: its subscription ends, its open checkout closes, then its rows go.

Nothing else is deleted at Stripe: invoices are law. What Stripe still tells of it later is 200, and nobody's.
"""

from __future__ import annotations

import structlog

from plixa.actors.billing.state import BILLING
from plixa.http.api.services import Services
from plixa.http.billing.reading import Reading
from plixa.http.clients.stripe.errors import StripeError, StripeMissing, StripeRefused
from plixa.http.clients.stripe.port import Stripe

log = structlog.get_logger("plixa.billing")
OVER = ("canceled", "incomplete_expired")


class Leaving:
    """Called before the fence; raises while it is worth waiting for Stripe."""

    def __init__(self, services: Services, stripe: Stripe | None, reading: Reading) -> None:
        self._services = services
        self._stripe = stripe
        self._reading = reading

    async def leave(self, tenant: int, patient: bool) -> None:
        """Stop paying. Raises `StripeError` where it is not known to have happened, while `patient`."""
        customer = BILLING.of(await self._services.bus.workspace(tenant)).customer
        if customer is None or self._stripe is None:
            return
        try:
            async with self._reading.lock(tenant):
                await self._end_all(self._stripe, customer)
        except StripeMissing:
            return  # it is gone at Stripe: nobody pays any more
        except StripeError as error:
            if patient:
                raise
            log.error("subscription_left", tenant=tenant, customer=customer, reason=error.reason)

    async def _end_all(self, stripe: Stripe, customer: str) -> None:
        for session in await stripe.open_sessions(customer):
            try:
                await stripe.expire_session(str(session["id"]))
            except StripeRefused:
                continue  # paid at this very moment: what it began is among the subscriptions
        for each in await stripe.subscriptions(customer):
            if each["status"] not in OVER:
                await stripe.cancel_subscription(str(each["id"]))
