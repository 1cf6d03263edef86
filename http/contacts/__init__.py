"""The address book: its contacts, and files of them in and out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.contacts.effects import EFFECTS, handlers
from plixa.http.contacts.forms import FORMS
from plixa.http.contacts.routes import contacts, files
from plixa.http.feature import Edge


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    yield Opened(handlers=handlers(services))


FACE = ("columns",)
EDGE = Edge(forms=FORMS, routes=routes_in(contacts, files), effects=EFFECTS, open=_open)
