"""Which plan a price stands for.

By its id, as it is set; else by its own `metadata.plixa_plan`; else by its product, when one of ours has it. So a price
that was replaced and archived keeps its subscribers' plan. A lookup key says nothing: it moves to the new price.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from plixa.actors.billing.state import Interval, Plan
from plixa.actors.workspace.plans import PLANS
from plixa.engine.errors import PlixaError
from plixa.http.clients.stripe.errors import StripeRefused
from plixa.http.clients.stripe.objects import part
from plixa.http.clients.stripe.port import Json, Stripe


class NoPrice(PlixaError):
    """The plan cannot be sold: its price is not set, or not active at Stripe."""

    def __init__(self) -> None:
        super().__init__("This plan has no Stripe price configured yet.")


class Prices:
    """ours: plan and interval by the id of the price."""

    def __init__(self, stripe: Stripe | None, ours: Mapping[str, tuple[str, str]]) -> None:
        self._stripe = stripe
        self._ours = ours
        self._products: dict[str, Plan] | None = None

    def id_of(self, plan: Plan, interval: Interval) -> str:
        """The price to sell. Raises `NoPrice`."""
        found = next((id_ for id_, kind in self._ours.items() if kind == (plan, interval)), None)
        if found is None or self._stripe is None:
            raise NoPrice
        return found

    async def found(self, id_: str) -> Json:
        """The price at Stripe. Raises `NoPrice` where it is not there, `StripeError`."""
        if self._stripe is None:
            raise NoPrice
        try:
            return await self._stripe.price(id_)
        except StripeRefused as error:
            raise NoPrice from error

    async def plan_of(self, price: Json) -> Plan | None:
        """The plan that this price stands for; None where nobody knows. Raises `StripeError`."""
        if (ours := self._ours.get(str(price.get("id")))) is not None:
            return cast("Plan", ours[0])
        named = part(price, "metadata").get("plixa_plan")
        if named in PLANS:
            plan: Plan = named
            return plan
        return (await self._by_product()).get(str(price.get("product")))

    async def _by_product(self) -> Mapping[str, Plan]:
        if self._products is None and self._stripe is not None:
            found: dict[str, Plan] = {}
            for id_, (plan, _) in self._ours.items():
                try:
                    found[str((await self._stripe.price(id_))["product"])] = cast("Plan", plan)
                except StripeRefused:
                    continue  # the doctor tells of it
            self._products = found
        return self._products or {}
