"""The calls that the product makes, each one method: parameters in, plain dicts out, `StripeError` where it fails.

`connected`: the account that a call is made for, where it is not the platform's own. `key`: what makes asking again the
same thing; every POST has one.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog

import stripe
from plixa.http.clients.bounded import NoAnswer
from plixa.http.clients.stripe.errors import StripeAway, StripeError, StripeMissing, StripeRefused, StripeUncertain
from plixa.http.clients.stripe.transport import WITHIN, Transport

Json = dict[str, Any]
MOST_PAGES = 1_000
log = structlog.get_logger("plixa.stripe")


class Stripe:
    """See the module's text. live: whether the key is of live mode."""

    def __init__(self, key: str, url: str, within: float = WITHIN) -> None:
        stripe.enable_telemetry = False  # it would also write a file into the home directory
        os.environ.setdefault("STRIPE_SUPPRESS_PREVIEW_WARNING", "1")
        self._transport = Transport(within)
        bases: Any = {"api": url} if url else {}
        self._sdk = stripe.StripeClient(key, http_client=self._transport, base_addresses=bases, max_network_retries=0)
        self.live = "_live_" in key

    @property
    def ahead(self) -> float:
        """By how many seconds Stripe's clock was ahead of ours when it last answered, a second more or less."""
        return self._transport.ahead

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.close_async()

    # -- customers, checkout, portal ----------------------------------------------------------------------------------

    async def make_customer(self, tenant: int, env: str, key: str) -> Json:
        params = {"metadata": {"tenant_id": str(tenant), "env": env}}
        return await self._call(self._sdk.v1.customers.create_async, params, key=key)

    async def customer(self, id_: str) -> Json:
        return await self._call(self._sdk.v1.customers.retrieve_async, id_, {})

    async def make_session(self, params: Json, key: str, connected: str | None = None) -> Json:
        return await self._call(self._sdk.v1.checkout.sessions.create_async, params, key=key, connected=connected)

    async def session(self, id_: str, connected: str | None = None) -> Json:
        return await self._call(self._sdk.v1.checkout.sessions.retrieve_async, id_, {}, connected=connected)

    async def open_sessions(self, customer: str) -> list[Json]:
        params = {"customer": customer, "status": "open", "limit": 100}
        return await self._list(self._sdk.v1.checkout.sessions.list_async, params)

    async def expire_session(self, id_: str, connected: str | None = None) -> Json:
        """Raises `StripeRefused` for one that is not open."""
        key = f"expire-{id_}"
        return await self._call(self._sdk.v1.checkout.sessions.expire_async, id_, {}, key=key, connected=connected)

    async def make_portal(self, params: Json, key: str) -> Json:
        return await self._call(self._sdk.v1.billing_portal.sessions.create_async, params, key=key)

    async def portal_configurations(self) -> list[Json]:
        return await self._list(self._sdk.v1.billing_portal.configurations.list_async, {"active": True, "limit": 10})

    # -- subscriptions, invoices, prices ------------------------------------------------------------------------------

    async def subscriptions(self, customer: str) -> list[Json]:
        """All of a customer's, ended ones included."""
        params = {"customer": customer, "status": "all", "limit": 100}
        return await self._list(self._sdk.v1.subscriptions.list_async, params)

    def all_subscriptions(self) -> AsyncIterator[Json]:
        """Everybody's, page by page."""
        return self._each(self._sdk.v1.subscriptions.list_async, {"status": "all", "limit": 100})

    async def cancel_subscription(self, id_: str) -> Json:
        return await self._call(self._sdk.v1.subscriptions.cancel_async, id_, {}, key=f"cancel-{id_}")

    async def invoices(self, customer: str, limit: int = 24) -> list[Json]:
        """The latest, newest first."""
        return await self._list(self._sdk.v1.invoices.list_async, {"customer": customer, "limit": limit})

    async def note_invoice(self, id_: str, metadata: dict[str, str], key: str) -> Json:
        """Write something beside an invoice."""
        return await self._call(self._sdk.v1.invoices.update_async, id_, {"metadata": metadata}, key=key)

    async def price(self, id_: str) -> Json:
        return await self._call(self._sdk.v1.prices.retrieve_async, id_, {"expand": ["currency_options"]})

    # -- events, endpoints --------------------------------------------------------------------------------------------

    async def events_after(self, last: str | None, types: list[str]) -> list[Json]:
        """Of these types (at most 20), after the one of this id, oldest first; without one, the newest hundred."""
        params: Json = {"types": types, "limit": 100}
        if last is None:
            return (await self._list(self._sdk.v1.events.list_async, params))[::-1]
        found: list[Json] = []
        for _ in range(MOST_PAGES):
            page = await self._call(self._sdk.v1.events.list_async, {**params, "ending_before": last})
            found += page["data"][::-1]
            if not page["has_more"] or not page["data"]:
                break
            last = page["data"][0]["id"]
        return found

    async def endpoints(self) -> list[Json]:
        return await self._list(self._sdk.v1.webhook_endpoints.list_async, {"limit": 100})

    # -- money on connected accounts ----------------------------------------------------------------------------------

    async def payment_intent(self, id_: str, connected: str) -> Json:
        params = {"expand": ["latest_charge"]}
        return await self._call(self._sdk.v1.payment_intents.retrieve_async, id_, params, connected=connected)

    async def refund(self, params: Json, key: str, connected: str) -> Json:
        return await self._call(self._sdk.v1.refunds.create_async, params, key=key, connected=connected)

    async def refunds(self, intent: str, connected: str) -> list[Json]:
        params = {"payment_intent": intent, "limit": 100}
        return await self._list(self._sdk.v1.refunds.list_async, params, connected=connected)

    async def disputes(self, intent: str, connected: str) -> list[Json]:
        params = {"payment_intent": intent, "limit": 100}
        return await self._list(self._sdk.v1.disputes.list_async, params, connected=connected)

    # -- accounts (see `accounts.py`) ---------------------------------------------------------------------------------

    async def v2_account(self, params: Json, key: str) -> Json:
        return await self._call(self._sdk.v2.core.accounts.create_async, params, key=key)

    async def v2_account_of(self, id_: str, include: list[str]) -> Json:
        return await self._call(self._sdk.v2.core.accounts.retrieve_async, id_, {"include": include})

    async def v2_link(self, params: Json, key: str, version: str | None = None) -> Json:
        return await self._call(self._sdk.v2.core.account_links.create_async, params, key=key, version=version)

    async def v1_account(self, params: Json, key: str) -> Json:
        return await self._call(self._sdk.v1.accounts.create_async, params, key=key)

    async def v1_account_of(self, id_: str) -> Json:
        return await self._call(self._sdk.v1.accounts.retrieve_async, id_, {})

    async def v1_link(self, params: Json, key: str) -> Json:
        return await self._call(self._sdk.v1.account_links.create_async, params, key=key)

    async def v1_login(self, id_: str, key: str) -> Json:
        return await self._call(self._sdk.v1.accounts.login_links.create_async, id_, {}, key=key)

    # -- how all of them are made -------------------------------------------------------------------------------------

    async def _call(
        self,
        call: Callable[..., Awaitable[Any]],
        *args: Any,
        key: str | None = None,
        connected: str | None = None,
        version: str | None = None,
    ) -> Json:
        options = {"idempotency_key": key, "stripe_account": connected, "stripe_version": version}
        try:
            found = await call(*args, {name: value for name, value in options.items() if value is not None})
        except stripe.StripeError as error:
            raise _as_ours(error) from error
        plain: Json = found.to_dict()
        return plain

    async def _list(
        self, call: Callable[..., Awaitable[Any]], params: Json, connected: str | None = None
    ) -> list[Json]:
        rows: list[Json] = (await self._call(call, params, connected=connected))["data"]
        return rows

    async def _each(self, call: Callable[..., Awaitable[Any]], params: Json) -> AsyncGenerator[Json]:
        for _ in range(MOST_PAGES):
            page = await self._call(call, params)
            for row in page["data"]:
                yield row
            if not page["has_more"] or not page["data"]:
                return
            params = {**params, "starting_after": page["data"][-1]["id"]}


@asynccontextmanager
async def open_stripe(key: str, url: str, within: float = WITHIN) -> AsyncGenerator[Stripe | None]:
    """Stripe, for as long as the block lasts; None without a key."""
    if not key:
        yield None
        return
    found = Stripe(key, url, within)
    try:
        yield found
    finally:
        await found.aclose()


def _as_ours(error: stripe.StripeError) -> StripeError:
    status, code = error.http_status, str(error.code or type(error).__name__)
    log.info("stripe_refused", status=status, code=code, request_id=error.request_id)
    if isinstance(error, stripe.APIConnectionError):
        cause = error.__cause__
        sent = not isinstance(cause, NoAnswer) or cause.arrived
        return StripeUncertain(code) if sent else StripeAway(code)
    if status == 429:
        return StripeAway(code)
    if status is None or status >= 500 or status == 409:
        return StripeUncertain(code)
    param = getattr(error, "param", None)
    kind = StripeMissing if code == "resource_missing" else StripeRefused
    return kind("idempotency" if isinstance(error, stripe.IdempotencyError) else code, param=param)
