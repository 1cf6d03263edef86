"""The support desk: members write to staff, and staff answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.desk.effects import EFFECTS, handlers
from plixa.http.desk.inbound import TicketMail
from plixa.http.desk.live import add_staff_live
from plixa.http.desk.parts import TICKET_MAIL, VIEWERS, Viewers
from plixa.http.desk.routes import events, member, replays, staff
from plixa.http.desk.settings import SETTINGS
from plixa.http.feature import Edge


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    yield Opened(offers={VIEWERS: Viewers(), TICKET_MAIL: TicketMail(services)}, handlers=handlers(services))


FACE = ("parts",)
EDGE = Edge(
    routes=routes_in(member, replays, staff, events),
    pages=(add_staff_live,),
    effects=EFFECTS,
    settings=SETTINGS,
    open=_open,
)
