"""Who gets which conversation, and who takes any."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.assignment.effects import EFFECTS, Placing
from plixa.http.assignment.forms import FORMS
from plixa.http.assignment.routes import assignment, availability
from plixa.http.feature import Edge


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    yield Opened(handlers=Placing(services).handlers)


FACE = ("availability",)
EDGE = Edge(forms=FORMS, routes=routes_in(assignment, availability), effects=EFFECTS, open=_open)
