"""Connected accounts behind four verbs: open, onboarding link, dashboard link, readiness; by v2, or by v1 where set.

Ready is: the account can take cards. Not: somebody has filled the forms in.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from plixa.http.clients.stripe.objects import part, rows
from plixa.http.clients.stripe.port import Json, Stripe

DASHBOARD_VERSION = "2026-11-18.endive"
"""The first whose links open a dashboard."""


class Ready(Struct, frozen=True):
    """detail: why it is not, in Stripe's code."""

    ready: bool
    detail: str | None = None


class Accounts(Protocol):
    """See the module's text. All raise `StripeError`."""

    async def open(self, country: str, email: str, tenant: int, env: str, key: str) -> str: ...

    async def onboarding_link(self, account: str, back: str, key: str) -> str: ...

    async def dashboard_link(self, account: str, key: str) -> str: ...

    async def readiness(self, account: str) -> Ready: ...


class V2:
    """Accounts as Stripe tells new platforms to make them."""

    def __init__(self, stripe: Stripe) -> None:
        self._stripe = stripe

    async def open(self, country: str, email: str, tenant: int, env: str, key: str) -> str:
        params: Json = {
            "contact_email": email,
            "dashboard": "express",
            "identity": {"country": country.lower()},
            "defaults": {"responsibilities": {"fees_collector": "stripe", "losses_collector": "stripe"}},
            "configuration": {"merchant": {"capabilities": {"card_payments": {"requested": True}}}},
            "metadata": {"tenant_id": str(tenant), "env": env},
            "include": ["configuration.merchant", "requirements", "identity"],
        }
        return str((await self._stripe.v2_account(params, key))["id"])

    async def onboarding_link(self, account: str, back: str, key: str) -> str:
        urls = {"refresh_url": back, "return_url": back, "configurations": ["merchant"]}
        case = {"type": "account_onboarding", "account_onboarding": urls}
        return str((await self._stripe.v2_link({"account": account, "use_case": case}, key))["url"])

    async def dashboard_link(self, account: str, key: str) -> str:
        params: Json = {
            "account": account,
            "use_case": {"type": "account_dashboard", "account_dashboard": dict[str, str]()},
        }
        return str((await self._stripe.v2_link(params, key, DASHBOARD_VERSION))["url"])

    async def readiness(self, account: str) -> Ready:
        found = await self._stripe.v2_account_of(account, ["configuration.merchant", "requirements"])
        cards = part(found, "configuration", "merchant", "capabilities", "card_payments")
        why = [each["code"] for each in rows({"data": cards.get("status_details")}) if "code" in each]
        ready = cards.get("status") == "active"
        return Ready(ready, None if ready else str([*why, cards.get("status") or "not_started"][0]))


class V1:
    """For platforms that Stripe has enabled it for: the business bears losses and fees itself."""

    def __init__(self, stripe: Stripe) -> None:
        self._stripe = stripe

    async def open(self, country: str, email: str, tenant: int, env: str, key: str) -> str:
        params: Json = {
            "country": country,
            "email": email,
            "controller": {
                "losses": {"payments": "stripe"},
                "fees": {"payer": "account"},
                "stripe_dashboard": {"type": "express"},
                "requirement_collection": "stripe",
            },
            "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
            "metadata": {"tenant_id": str(tenant), "env": env},
        }
        return str((await self._stripe.v1_account(params, key))["id"])

    async def onboarding_link(self, account: str, back: str, key: str) -> str:
        params = {"account": account, "type": "account_onboarding", "refresh_url": back, "return_url": back}
        return str((await self._stripe.v1_link(params, key))["url"])

    async def dashboard_link(self, account: str, key: str) -> str:
        return str((await self._stripe.v1_login(account, key))["url"])

    async def readiness(self, account: str) -> Ready:
        found = await self._stripe.v1_account_of(account)
        ready = bool(found.get("charges_enabled"))
        return Ready(ready, None if ready else str(part(found, "requirements").get("disabled_reason") or "pending"))
