"""Outbound webhooks: a workspace's own servers hear of what happens.

    commit ─▶ log ─▶ feeding.py (a cursor an endpoint) ─▶ webhook_deliveries ─▶ courier.py (lanes) ─▶ attempt.py ─▶ them

happened.py says what of the log they hear, signing.py how they know that it is us.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from plixa.engine.service import Service
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.feature import Edge
from plixa.http.webhooks import routes
from plixa.http.webhooks.attempt import Poster, open_client
from plixa.http.webhooks.courier import Courier
from plixa.http.webhooks.feeding import Feeding
from plixa.http.webhooks.pages import add_asyncapi
from plixa.http.webhooks.parts import COURIER, FEEDING


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    allow_loopback = not services.settings.production
    own: frozenset[str] = frozenset() if allow_loopback else frozenset({httpx.URL(services.public_url).host})
    async with open_client(allow_loopback=allow_loopback) as client:
        poster = Poster(services.clock, client, allow_loopback=allow_loopback, forbidden=own)
        courier = Courier(services, poster)
        feeding = Feeding(services, courier)
        yield Opened(
            offers={COURIER: courier, FEEDING: feeding},
            services=(Service("webhooks", courier.run), Service("webhook feeds", feeding.run)),
            listeners={"webhooks": feeding.committed},
            taken_over=(courier.forget, feeding.forget),
            draining=(courier.stop,),
            sizes=lambda: {"webhook_lanes": courier.size, "webhook_tenants": feeding.size},
        )


EDGE = Edge(
    routes=routes_in(routes),
    pages=(add_asyncapi,),
    buttons={"webhook_gone": ("url", "#/webhooks"), "webhook_failing": ("url", "#/webhooks")},
    open=_open,
)
