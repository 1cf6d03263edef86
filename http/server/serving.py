"""Listens and serves: an ASGI application on one socket, until told to stop."""

from __future__ import annotations

import logging
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial

import structlog
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.worker_context import WorkerContext

from plixa.http.server import limits
from plixa.http.server.connection import Connection
from plixa.http.server.connections import Connections
from plixa.http.server.early import AnyApp

NO_ROOM = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
log = structlog.get_logger("plixa.server")


async def serve(
    app: AnyApp,
    listener: socket.socket,
    stop: trio.Event,
    connections: Connections | None = None,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until `stop`, then finish what is under way within `GRACEFUL` seconds. Closes the listener."""
    config = _config()
    lifespan = Lifespan(ASGIWrapper(app), config, {})
    async with trio.open_nursery() as nursery:
        await nursery.start(lifespan.handle_lifespan)
        await lifespan.wait_for_startup()
        if connections is None:
            connections = Connections(limits.most_connections())
        door = Door(app, config, connections)
        await door.open(listener, stop, task_status)
        await lifespan.wait_for_shutdown()
        nursery.cancel_scope.cancel()


class Door:
    """Where connections come in, or are turned away."""

    def __init__(self, app: AnyApp, config: Config, connections: Connections) -> None:
        self._connections = connections
        self._context = WorkerContext(None)
        self._serve = partial(Connection.serve, app=app, config=config, context=self._context, state={})
        self._turning_away = 0
        self._warned = -1.0

    async def open(self, listener: socket.socket, stop: trio.Event, task_status: trio.TaskStatus[None]) -> None:
        """Take connections until `stop`, and see those that are open to their end."""
        listener.setblocking(False)
        taken = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
        async with trio.open_nursery() as handlers, trio.open_nursery() as accepting:
            # Where files run out all the same, trio waits a little and tries again.
            accepting.start_soon(partial(trio.serve_listeners, self._welcome, [taken], handler_nursery=handlers))
            task_status.started()
            await stop.wait()
            accepting.cancel_scope.cancel()
            await self._context.terminated.set()
            self._connections.close_idle()
            handlers.cancel_scope.deadline = trio.current_time() + limits.GRACEFUL

    async def _welcome(self, stream: trio.SocketStream) -> None:
        with suppress(OSError):  # it may be gone before we ask who it is
            connection = Connection(stream, self._connections)
            if self._connections.admit(connection):
                await self._serve(connection)
                return
            self._warn()
            await self._turn_away(stream)
        await trio.aclose_forcefully(stream)

    async def _turn_away(self, stream: trio.SocketStream) -> None:
        """Tell it to come back, and let it hang up: it would not hear us if we closed with its request unread."""
        if self._turning_away >= limits.TURNED_AWAY_AT_ONCE:
            return
        self._turning_away += 1
        try:
            with trio.move_on_after(limits.TURNED_AWAY_WITHIN), suppress(OSError, trio.BrokenResourceError):
                await stream.send_all(NO_ROOM)
                await stream.send_eof()
                while await stream.receive_some(limits.HEAD_BYTES):
                    pass
        finally:
            self._turning_away -= 1

    def _warn(self) -> None:
        """At most once in ten seconds."""
        now = trio.current_time()
        if now - self._warned > 10:
            self._warned = now
            log.warning("connections_full", open=len(self._connections), turned_away=self._connections.turned_away)


def _config() -> Config:
    config = Config()
    config.h11_max_incomplete_size = limits.HEAD_BYTES
    config.websocket_max_message_size = limits.MESSAGE_BYTES
    config.include_server_header = False
    config.errorlog = logging.getLogger("plixa.hypercorn")
    return config


@contextmanager
def naming(setting: str, host: str, port: int) -> Generator[None]:
    """An address that cannot be had is named, with the setting that changes it."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise OSError(
            f"Nothing can listen on {host}:{port}: {why}. Stop what does, or choose another port with {setting}."
        ) from error


def listen(host: str, port: int, setting: str = "PORT") -> socket.socket:
    """A socket that listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # What is written is shielded: a client that stops reading would hold up the shutdown for ever.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, limits.UNREAD_MS)
    with naming(setting, host, port):
        listener.bind((host, port))
    listener.listen(limits.BACKLOG)
    return listener
