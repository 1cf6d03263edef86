"""E-mail campaigns: written by staff, paced, and left with one click."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from plixa.actors.campaigns.campaign import Campaign
from plixa.engine.effect_spec import EffectSpec
from plixa.engine.ports import StoredEffect
from plixa.engine.service import Service
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.campaigns.leaving import add_leaving, address_hash
from plixa.http.campaigns.parts import SENDER
from plixa.http.campaigns.resend import add_webhook
from plixa.http.campaigns.routes import campaigns
from plixa.http.campaigns.sending import Sending
from plixa.http.campaigns.settings import CAMPAIGN_FROM, SETTINGS
from plixa.http.clients.mail.opening import open_mailer
from plixa.http.feature import Edge
from plixa.http.notifications.settings import MAIL_FROM, RESEND_API_KEY, RESEND_URL, SMTP_URL
from plixa.http.outbox.queues import BULK
from plixa.http.outbox.reports import reporting
from plixa.storage.campaigns import recipients


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    settings = services.settings
    async with open_mailer(
        resend_api_key=settings[RESEND_API_KEY],
        resend_url=settings[RESEND_URL],
        smtp_url=settings[SMTP_URL],
        mail_from=settings[CAMPAIGN_FROM] or settings[MAIL_FROM],
        data_dir=settings.data_dir,
        clock=services.clock,
    ) as mailer:

        async def freeze(stored: StoredEffect) -> dict[str, Any]:
            state: Campaign = await services.bus.state(stored.owner)
            key, now = services.store.keyring.application_key, services.clock.now()

            def hashed(email: str) -> bytes:
                return address_hash(key, email)

            audience = campaigns.chosen(state.audience)
            return {"size": await services.database.run(recipients.freeze, state.id, audience, now, hashed)}

        sending = Sending(services, mailer)
        yield Opened(
            offers={SENDER: mailer},
            handlers={"campaign.freeze": reporting(freeze)},
            services=(Service("campaigns", sending.run),),
        )


EDGE = Edge(
    routes=routes_in(campaigns),
    pages=(add_leaving, add_webhook),
    # Twice is once: an address is in a campaign once.
    effects={"campaign.freeze": EffectSpec(queue=BULK, tries=None, tells=True)},
    settings=SETTINGS,
    open=_open,
)
