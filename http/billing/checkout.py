"""Selling a subscription: one customer a workspace, one open session, never a second subscription.

Steps, and what a failure between two of them leaves:

1. The customer is made with a key of its generation: asked again, Stripe gives the same one.
2. The truth is read: who subscribes already is told so. Who is bound to a currency that the price does not have becomes
   another customer; a price that has it is sold in it.
3. The attempt is durable, with all that the call will send, before Stripe is asked: whoever asks again, even after a
   crash, asks for the same session under the same key.
4. Other open sessions of the customer are expired; one that was paid meanwhile cannot be, and is read as paid.
5. The session is made, and its id kept. Its address is not: it is asked for again whenever somebody needs it.
"""

from __future__ import annotations

from msgspec.structs import replace

from plixa.actors.billing.commands import BeginCheckout, ForgetCustomer, KeepCustomer, KeepSession
from plixa.actors.billing.state import BILLING, Attempt, Interval, Plan
from plixa.engine.errors import Conflict
from plixa.http.api import Call
from plixa.http.billing.prices import NoPrice, Prices
from plixa.http.billing.reading import Reading
from plixa.http.clients.stripe.errors import StripeMissing, StripeRefused
from plixa.http.clients.stripe.objects import part
from plixa.http.clients.stripe.port import Json, Stripe

TRIAL_DAYS = 7
ROUNDS = 3
"""How often what was found to be over is begun anew in one request."""


class Checkout:
    """env: what tells this installation's things at Stripe from another one's."""

    def __init__(self, stripe: Stripe | None, reading: Reading, prices: Prices, env: str) -> None:
        self._stripe = stripe
        self._reading = reading
        self._prices = prices
        self.env = env

    async def open(self, call: Call, plan: Plan, interval: Interval, locale: str) -> str:
        """The address of a page to pay on. Raises `NoPrice`, `Conflict` (SUBSCRIPTION_EXISTS), `StripeError`."""
        price, stripe = self._prices.id_of(plan, interval), self._stripe
        if stripe is None:
            raise NoPrice
        back = f"{call.services.public_url}/panel/#/billing"
        wanted = BeginCheckout(plan=plan, interval=interval, price=price, locale=locale, back=back)
        async with self._reading.lock(call.tenant):
            for again in [False, *[True] * (ROUNDS - 1)]:
                await self._customer(stripe, call)
                await self._reading.read_locked(call.tenant)
                currency = await self._currency(stripe, call, price)
                if currency is None:
                    continue  # another customer is made
                command = replace(wanted, again=again, currency=currency)
                outcome = await call.ask("workspace", call.tenant, command)
                attempt = BILLING.of(outcome.state).attempt
                if attempt is not None and (url := await self._address(stripe, call, attempt)) is not None:
                    return url
        raise Conflict("The checkout has changed meanwhile. Try again.")

    async def _customer(self, stripe: Stripe, call: Call) -> None:
        billing = BILLING.of(await call.services.bus.workspace(call.tenant))
        if billing.customer is None:
            key = f"customer-{self.env}-{call.tenant}-{billing.generation}"
            made = await stripe.make_customer(call.tenant, self.env, key)
            keep = KeepCustomer(customer=str(made["id"]), generation=billing.generation)
            await call.ask("workspace", call.tenant, keep)

    async def _currency(self, stripe: Stripe, call: Call, price: str) -> str | None:
        """In which currency they pay, where it is not the price's own: Stripe binds a customer to that of their first
        bill. None: there is no such customer any more, or the price is not to be had in their currency.
        """
        billing = BILLING.of(await call.services.bus.workspace(call.tenant))
        if billing.customer is None:
            return None
        if billing.subscription is not None and billing.subscription.alive:
            return ""  # nothing is sold to them
        bound = (await stripe.customer(billing.customer)).get("currency")
        found = await self._prices.found(price)
        if bound in (None, found["currency"]):
            return ""
        if bound in part(found, "currency_options"):
            return str(bound)
        await call.ask("workspace", call.tenant, ForgetCustomer(customer=billing.customer))
        return None

    async def _address(self, stripe: Stripe, call: Call, attempt: Attempt) -> str | None:
        """Where the attempt is paid; None when it can be paid no more."""
        try:
            if attempt.session is not None:
                return _url(await stripe.session(attempt.session))
            await self._expire_others(stripe, attempt.customer)
            key = f"checkout-{self.env}-{call.tenant}-{attempt.number}"
            made = await stripe.make_session(self._params(call.tenant, attempt), key)
        except StripeMissing as error:
            if error.param != "customer":
                raise NoPrice from error
            await call.ask("workspace", call.tenant, ForgetCustomer(customer=attempt.customer))
            return None
        except StripeRefused as error:
            if error.reason != "idempotency":
                raise NoPrice from error
            return None
        await call.ask("workspace", call.tenant, KeepSession(attempt=attempt.number, session=str(made["id"])))
        return _url(made)

    async def _expire_others(self, stripe: Stripe, customer: str) -> None:
        for each in await stripe.open_sessions(customer):
            await stripe.expire_session(str(each["id"]))

    def _params(self, tenant: int, attempt: Attempt) -> Json:
        metadata = {
            "tenant_id": str(tenant),
            "plan": attempt.plan,
            "interval": attempt.interval,
            "attempt": str(attempt.number),
            "env": self.env,
        }
        subscription: Json = {"metadata": metadata}
        if attempt.trial:
            subscription["trial_period_days"] = TRIAL_DAYS
            subscription["trial_settings"] = {"end_behavior": {"missing_payment_method": "cancel"}}
        return {
            "mode": "subscription",
            "customer": attempt.customer,
            "client_reference_id": str(tenant),
            "metadata": metadata,
            "subscription_data": subscription,
            "line_items": [{"price": attempt.price, "quantity": 1}],
            "payment_method_collection": "always",
            "success_url": f"{attempt.back}?checkout={{CHECKOUT_SESSION_ID}}",
            "cancel_url": attempt.back,
            "locale": attempt.locale,
            "expires_at": int(attempt.expires_at.timestamp()),
            **({"currency": attempt.currency} if attempt.currency else {}),
        }


def _url(session: Json) -> str | None:
    url = session.get("url")
    return str(url) if session["status"] == "open" and url else None
