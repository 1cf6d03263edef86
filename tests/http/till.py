"""A node, a simulated Stripe, and one clock for both: a month passes when it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import trio
from tests import harness
from tests.doors import opened
from tests.harness import Json, Workspace
from tests.http.later import LaterClock
from tests.http.tables import Tables

from plixa.actors.billing.state import BILLING, Billing
from plixa.compose import Node
from plixa.http.billing.parts import MONEY
from plixa.http.stripe_simulator import Endpoint, StripeApp, StripeSettings, life, serve
from plixa.http.stripe_simulator.webhooks import signature
from plixa.http.stripe_simulator.world import Store

SECRETS = ("whsec_account", "whsec_rolled", "whsec_connect")
PRICES = {
    f"STRIPE_PRICE_{plan.upper()}_{interval.upper()}": id_
    for id_, (plan, interval, _) in StripeSettings().prices.items()
}


READS = "select 1 from outbox where kind like 'stripe.%' and state in ('queued', 'attempting') limit 1"


@dataclass
class Till:
    """A workspace that subscribes. `browser` is the customer at Stripe's pages."""

    node: Node
    far: StripeApp
    clock: LaterClock
    workspace: Workspace
    browser: httpx.AsyncClient = field(repr=False)

    @property
    def own(self) -> Store:
        """The platform's objects at Stripe."""
        return self.far.world.own

    @property
    def tenant(self) -> int:
        return self.workspace.tenant

    async def billing(self) -> Billing:
        """What the workspace knows."""
        return BILLING.of(await self.node.services.bus.workspace(self.tenant))

    async def shown(self) -> Json:
        """The same as the API tells it."""
        return dict((await self.workspace.get("/v1/billing/subscription"))["data"])

    async def plan(self) -> str:
        """The plan in effect."""
        return str((await self.shown())["plan"])

    async def checkout(self, plan: str = "professional", interval: str = "month") -> httpx.Response:
        """Ask for a page to pay on."""
        return await self.workspace.client.post("/v1/billing/checkout", json={"plan": plan, "interval": interval})

    async def press(self, url: str, what: str) -> httpx.Response:
        """A button at Stripe."""
        return await self.browser.post(url, data={"do": what})

    async def subscribe(self, plan: str = "professional", interval: str = "month") -> Json:
        """Pay, and let everything be told. Returns the subscription at Stripe."""
        page = await self.checkout(plan, interval)
        assert page.status_code == 201, page.text
        assert (await self.press(page.json()["data"]["url"], "pay")).status_code == 303
        await self.told()
        return self.subscription

    @property
    def subscription(self) -> Json:
        """The newest subscription at Stripe."""
        return list(self.own.of("subscription").values())[-1]

    async def told(self) -> None:
        """Everything that Stripe has to tell is told, and what follows is done."""
        await self.far.webhooks.deliver_all()
        await self.settled()

    def silence(self) -> None:
        """Whatever Stripe has to tell is lost."""
        self.far.webhooks.waiting.clear()

    async def settled(self, query: str = READS) -> None:
        """No read is under way."""
        with trio.fail_after(15):
            while await Tables(self.node.services.database).rows(query):  # noqa: ASYNC110  # rows have no event
                await trio.sleep(0.01)

    async def forward(self, **by: float) -> None:
        """Let time pass, here and there."""
        self.clock.shift += timedelta(**by)
        life.pass_time(self.far.world)
        self.node.timers.nudge()

    async def post(self, event: Any, secret: str = SECRETS[0]) -> httpx.Response:
        """A webhook of this body, rightly signed."""
        raw = event if isinstance(event, bytes) else httpx.Request("POST", "http://x", json=event).content
        return await self.posted(raw, signature(raw, secret, int(self.clock.now().timestamp())))

    async def posted(self, raw: bytes, header: str) -> httpx.Response:
        """The same with any header."""
        headers = {"Stripe-Signature": header.encode("latin-1", "replace").decode("latin-1")}
        encoded = {name: value.encode("latin-1", "replace") for name, value in headers.items()}
        path = "/v1/webhooks/stripe"
        async with httpx.AsyncClient(base_url=self.node.services.public_url, trust_env=False) as client:
            return await client.post(path, content=raw, headers=encoded)

    async def heard(self, event: Any) -> str:
        """What became of it."""
        answer = await self.post(event)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["result"])

    def event(self, type_: str) -> Json:
        """The newest event of a type at Stripe."""
        return next(each for each in reversed(self.far.world.events) if each["type"] == type_)

    async def read(self) -> None:
        """Read the truth now."""
        await self.node.services[MONEY].reading.read(self.tenant)


@asynccontextmanager
async def open_till(database_url: str, gateway: str, folder: Path, **more: str) -> AsyncIterator[Till]:
    """See the module's text."""
    clock = LaterClock()
    async with trio.open_nursery() as nursery:
        wanted = StripeSettings(deliver=False, clock=lambda: clock.now().timestamp())
        far, _ = await nursery.start(serve, wanted)
        environment = {
            "SESSION_DAYS": "3650",  # the owner stays signed in for as long as the clock is turned on
            "SESSION_IDLE_HOURS": "87600",
            "STRIPE_SECRET_KEY": wanted.key,
            "STRIPE_URL": far.world.base,
            "STRIPE_WEBHOOK_SECRETS": ",".join(SECRETS),
            **PRICES,
            **more,
        }
        async with (
            opened(harness.settings(database_url, gateway, folder, **environment), clock) as node,
            harness.registered(node.services.public_url) as workspace,
            httpx.AsyncClient(trust_env=False) as browser,
        ):
            here = f"{node.services.public_url}/v1/webhooks/stripe"
            endpoints = (Endpoint(here, SECRETS[0]), Endpoint(here, SECRETS[2], connect=True))
            far.world.settings = replace(far.world.settings, endpoints=endpoints)
            yield Till(node, far, clock, workspace, browser)
        nursery.cancel_scope.cancel()
