"""How members hear of things while they are away: mails, digests, pushes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.engine.service import Service
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.clients.mail.opening import open_mailer
from plixa.http.feature import Edge
from plixa.http.notifications.dev_mail import add_dev_mail
from plixa.http.notifications.effects import EFFECTS, handlers
from plixa.http.notifications.forms import FORMS
from plixa.http.notifications.parts import MAILER
from plixa.http.notifications.pushing import PUSH, PUSHING, Pushing, open_push
from plixa.http.notifications.routes import digest, push
from plixa.http.notifications.settings import MAIL_FROM, RESEND_API_KEY, RESEND_URL, SETTINGS, SMTP_URL, VAPID_SUBJECT


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    settings = services.settings
    async with (
        open_mailer(
            resend_api_key=settings[RESEND_API_KEY],
            resend_url=settings[RESEND_URL],
            smtp_url=settings[SMTP_URL],
            mail_from=settings[MAIL_FROM],
            data_dir=settings.data_dir,
            clock=services.clock,
        ) as mailer,
        open_push(
            services.database,
            services.store.keyring.application_key,
            settings[VAPID_SUBJECT],
            services.clock,
            allow_loopback=not settings.production,
        ) as way_out,
    ):
        pushing = Pushing(services)
        yield Opened(
            offers={MAILER: mailer, PUSH: way_out, PUSHING: pushing},
            handlers=handlers(services, pushing),
            services=(Service("pushing", pushing.run),),
        )


FACE = ("mailing", "parts", "pushing", "settings")
EDGE = Edge(
    forms=FORMS,
    routes=routes_in(digest, push),
    pages=(add_dev_mail,),
    effects=EFFECTS,
    buttons={"daily_digest": ("url", "")},
    settings=SETTINGS,
    open=_open,
)
