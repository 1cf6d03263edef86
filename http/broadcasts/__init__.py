"""Messages to many: created and followed by people, carried out without harm."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.engine.service import Service
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.broadcasts import routes
from plixa.http.broadcasts.effects import EFFECTS, handlers
from plixa.http.broadcasts.forms import FORMS
from plixa.http.broadcasts.pacing import Pacer
from plixa.http.broadcasts.settings import BROADCAST_PER_MINUTE, SETTINGS
from plixa.http.broadcasts.waking import Waking
from plixa.http.feature import Edge


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    pacer = Pacer(services.database, services.clock, services.quiet, services.settings[BROADCAST_PER_MINUTE])
    waking = Waking(services)
    yield Opened(
        handlers=handlers(services, pacer),
        services=(Service("broadcasts", waking.run),),
        listeners={"broadcasts": waking.committed},
        taken_over=(pacer.forget,),
    )


EDGE = Edge(forms=FORMS, routes=routes_in(routes), effects=EFFECTS, settings=SETTINGS, open=_open)
