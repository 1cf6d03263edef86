"""Serves the application on the wire of its neighbour, which can hang up in the middle of an answer."""

from __future__ import annotations

import trio

from plixa.http.simulator.server import serve_peer

from .app import StripeApp
from .settings import StripeSettings


async def serve(
    settings: StripeSettings, *, task_status: trio.TaskStatus[tuple[StripeApp, int]] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve until cancelled. `nursery.start(serve, settings)` gives the application and the bound port."""
    app = StripeApp(settings)

    def started(port: int) -> None:
        app.world.base = f"http://{settings.host}:{port}"
        task_status.started((app, port))

    await serve_peer(app, settings.host, settings.port, started)
