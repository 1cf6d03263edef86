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
from plixa.http.workspace.forms import FORMS
from plixa.http.workspace.parts import PICTURES
from plixa.http.workspace.routes import account, audit, events, logo, onboarding
from plixa.http.workspace.settings import (
    PICTURES_URL,
    S3_ACCESS_KEY_ID,
    S3_BUCKET,
    S3_REGION,
    S3_SECRET_ACCESS_KEY,
    S3_URL,
    SETTINGS,
)


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    settings, erasing = services.settings, Erasing(services)
    async with open_pictures(
        data_dir=settings.data_dir,
        public_base=settings[PICTURES_URL] or f"{services.public_url}/v1/images",
        s3_url=settings[S3_URL],
        s3_bucket=settings[S3_BUCKET],
        s3_region=settings[S3_REGION],
        s3_key=settings[S3_ACCESS_KEY_ID],
        s3_secret=settings[S3_SECRET_ACCESS_KEY],
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
