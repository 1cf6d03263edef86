"""The agenda at the edge: who is there when, what is free, what is booked, and what customers are told of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.feature import Edge
from plixa.http.payments.port import APPOINTMENTS
from plixa.http.scheduling.forms import FORMS
from plixa.http.scheduling.notices import EFFECTS, Notices
from plixa.http.scheduling.owing import Owing
from plixa.http.scheduling.parts import OWING
from plixa.http.scheduling.routes import appointments, availability, reports, schedules, waitlist


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    owing = Owing(services)
    yield Opened(offers={OWING: owing, APPOINTMENTS: owing}, handlers=Notices(services, owing).handlers)


FACE: tuple[str, ...] = ("asking", "inviting", "other_calendars")
"""The modules that other features may import."""
EDGE = Edge(
    forms=FORMS,
    routes=routes_in(appointments, schedules, availability, waitlist, reports),
    effects=EFFECTS,
    open=_open,
)
