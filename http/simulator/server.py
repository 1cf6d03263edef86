"""Runs the application under Hypercorn, with one thing that ASGI has no word for: to hang up in the middle.

`hypercorn.trio.serve` keeps its connections to itself. Here each is served by Hypercorn's own `TCPServer`, in a task
whose context knows the socket; the tasks that answer requests inherit that context, so the fault `drop_after_send` can
close the very connection it answers on.
"""

from __future__ import annotations

import logging
import socket
from contextvars import ContextVar
from functools import partial
from typing import Any, cast

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import LifespanState

from .asgi import SimulatorApp
from .settings import SimulatorSettings

_connection: ContextVar[trio.SocketStream] = ContextVar("connection")
_BACKLOG = 512
_UNREAD_MS = 30_000


async def serve(settings: SimulatorSettings, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED) -> None:
    """Serve until cancelled. `nursery.start(serve, settings)` gives the bound port. Raises OSError when it is taken."""
    app = SimulatorApp(settings, abort=_hang_up)
    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        listeners = await trio.open_tcp_listeners(settings.port, host=settings.host, backlog=_BACKLOG)
        port = _prepare(listeners)
        app.simulator.at(f"http://{_reachable(settings.host)}:{port}")
        await nursery.start(trio.serve_listeners, _handler(app), listeners)
        task_status.started(port)


def _prepare(listeners: list[trio.SocketListener]) -> int:
    for listener in listeners:
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # Hypercorn writes inside a shield: without this, a client that stops reading holds up the shutdown.
            listener.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
    return int(listeners[0].socket.getsockname()[1])


def _handler(app: SimulatorApp) -> Any:
    config = Config()
    config.errorlog = logging.getLogger("plixa.simulator")
    config.h11_pass_raw_headers = False
    config.keep_alive_timeout = 75
    served = partial(TCPServer, ASGIWrapper(cast("Any", app)), config)
    context = WorkerContext(None)

    async def handle(stream: trio.SocketStream) -> None:
        _connection.set(stream)
        await served(context, LifespanState({}), cast("Any", stream))

    return handle


async def _hang_up() -> None:
    await trio.aclose_forcefully(_connection.get())


def _reachable(host: str) -> str:
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
