"""What a workspace pays for: checkout, portal, what Stripe tells, and the bills."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

from plixa.actors.billing.events import Alarmed
from plixa.engine.events import Recorded
from plixa.engine.ports import Commit
from plixa.engine.service import Service
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.billing import routes
from plixa.http.billing.checkout import Checkout
from plixa.http.billing.effects import EFFECTS, handlers
from plixa.http.billing.hearing import Hearing
from plixa.http.billing.leaving import Leaving
from plixa.http.billing.parts import MONEY, Money
from plixa.http.billing.prices import Prices
from plixa.http.billing.reading import Reading
from plixa.http.billing.settings import SETTINGS, STRIPE_SECRET_KEY, STRIPE_URL, prices_of
from plixa.http.billing.summing import Summing
from plixa.http.billing.watching import Watching
from plixa.http.clients.stripe.port import open_stripe
from plixa.http.feature import Edge

log = structlog.get_logger("plixa.billing")


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    settings = services.settings
    env = services.store.keyring.application_key.fingerprint("stripe").hex()[:12]
    async with open_stripe(settings[STRIPE_SECRET_KEY], settings[STRIPE_URL]) as stripe:
        prices = Prices(stripe, prices_of(settings))
        reading = Reading(services, stripe, prices)
        hearing = Hearing(services, live=stripe is not None and stripe.live)
        checkout = Checkout(stripe, reading, prices, env)
        watching = () if stripe is None else (Watching(services, stripe, hearing, reading, env),)

        def alarmed(commit: Commit, recorded: list[Recorded]) -> None:
            for each in recorded:
                if isinstance(each.event, Alarmed):
                    services.telemetry.payments_alarms.labels(each.event.what).inc()
                    log.error("billing_alarm", tenant=commit.address.tenant, what=each.event.what, ref=each.event.ref)

        yield Opened(
            offers={MONEY: Money(stripe, reading, checkout, hearing)},
            handlers=handlers(reading, Summing(services, stripe, env)),
            services=tuple(Service("billing", each.run) for each in watching),
            listeners={"billing": alarmed},
            taken_over=(reading.forget,),
            leaving=(Leaving(services, stripe, reading).leave,),
        )


FACE = ("effects", "parts", "settings")
EDGE = Edge(
    routes=routes_in(routes),
    effects=EFFECTS,
    settings=SETTINGS,
    buttons=dict.fromkeys(("licence_ending", "over_limits", "payment_failed"), ("url", "#/billing")),
    open=_open,
)
