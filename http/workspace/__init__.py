"""The workspace itself: its small resources and settings, its picture, its first steps, its audit, its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.engine.service import Service
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.clients.objects.settings import bucket_of
from plixa.http.clients.pictures.store import open_pictures
from plixa.http.feature import Edge
from plixa.http.workspace.effects import EFFECTS, handlers
from plixa.http.workspace.erasure import Erasing
from plixa.http.workspace.forms import FORMS
from plixa.http.workspace.parts import PICTURES
from plixa.http.workspace.routes import account, audit, events, logo, onboarding
from plixa.http.workspace.settings import PICTURES_URL, SETTINGS


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    settings, erasing = services.settings, Erasing(services)
    bucket = bucket_of(settings)
    async with open_pictures(
        data_dir=settings.data_dir,
        public_base=settings[PICTURES_URL] or f"{services.public_url}/v1/images",
        s3_url=bucket.url,
        s3_bucket=bucket.name,
        s3_region=bucket.region,
        s3_key=bucket.key,
        s3_secret=bucket.secret,
    ) as pictures:
        yield Opened(
            offers={PICTURES: pictures},
            handlers=handlers(services, erasing),
            services=(Service("erasing", erasing.run),),
        )


FACE = ("parts",)
EDGE = Edge(
    forms=FORMS,
    routes=routes_in(account, audit, events, logo, onboarding),
    effects=EFFECTS,
    buttons={"trial_ending": ("url", "#/billing")},
    settings=SETTINGS,
    open=_open,
)
