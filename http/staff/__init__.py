"""Plixa's own staff: how they sign in, the workspaces that they look after, their audit, the waiting list."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.engine.effect_spec import EffectSpec
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.feature import Edge
from plixa.http.outbox.queues import BULK
from plixa.http.outbox.reports import reporting
from plixa.http.staff.resuming import Resuming
from plixa.http.staff.routes import admin_auth, audit_logs, overview, tenants, waitlist


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    yield Opened(handlers={"workspace.resume": reporting(Resuming(services).resume)})


EDGE = Edge(
    routes=routes_in(admin_auth, tenants, overview, audit_logs, waitlist),
    # A workspace that is active again goes on only after this.
    effects={"workspace.resume": EffectSpec(queue=BULK, tries=None, tells=True, always=True)},
    open=_open,
)
