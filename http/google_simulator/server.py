"""Serves the application on the wire of its neighbour, which can hang up in the middle of an answer."""

from __future__ import annotations

from functools import partial

import trio

from plixa.http.simulator.server import talk

from .app import GoogleApp
from .settings import GoogleSettings

_BACKLOG = 128


async def serve(
    settings: GoogleSettings, *, task_status: trio.TaskStatus[tuple[GoogleApp, int]] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve until cancelled. `nursery.start(serve, settings)` gives the application and the bound port."""
    app = GoogleApp(settings)
    listeners = await trio.open_tcp_listeners(settings.port, host=settings.host, backlog=_BACKLOG)
    port = int(listeners[0].socket.getsockname()[1])
    app.world.base = f"http://{settings.host}:{port}"
    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        await nursery.start(trio.serve_listeners, partial(talk, app), listeners)
        task_status.started((app, port))
