"""The workspace itself: its small resources and settings, its picture, its first steps, its audit, its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.engine.service import Service
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.clients.pictures.store import open_pictures
from plixa.http.feature import Edge
from plixa.http.workspace.effects import EFFECTS, handlers
from plixa.http.workspace.erasure import Erasing
from plixa.http.workspace.parts import PICTURES
from plixa.http.workspace.routes import account, audit, events, logo, onboarding, upkeep


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    settings, erasing = services.settings, Erasing(services)
    async with open_pictures(
        data_dir=settings.data_dir,
        public_base=settings.pictures_url or f"{services.public_url}/v1/images",
        s3_url=settings.s3_url,
        s3_bucket=settings.s3_bucket,
        s3_region=settings.s3_region,
        s3_key=settings.s3_access_key_id,
        s3_secret=settings.s3_secret_access_key,
    ) as pictures:
        yield Opened(
            offers={PICTURES: pictures},
            handlers=handlers(services, erasing),
            services=(Service("erasing", erasing.run),),
        )


FACE = ("parts",)
EDGE = Edge(
    routes=(*upkeep.ROUTES, *routes_in(account, audit, events, logo, onboarding)),
    effects=EFFECTS,
    buttons={"trial_ending": ("url", "#/billing")},
    open=_open,
)
