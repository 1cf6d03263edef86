"""Serves the application over HTTP/1.1: h11 for the protocol, trio for the sockets, ASGI in between.

Why not Hypercorn, which Plixa runs on: this gateway must be able to hang up in the middle of an answer (the fault
`drop_after_send`), for which ASGI has no word, and it must cost little beside what a benchmark measures. A request
costs less than half here. In return it knows one protocol, no TLS, and no graceful end: cancelled, it closes at once.

One task serves one connection, one request after the other.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol
from urllib.parse import unquote

import h11
import trio

from . import pairing
from .asgi import SimulatorApp
from .errors import unreadable_body
from .settings import SimulatorSettings
from .wire import JsonObject, encode

App = Callable[[Any, Any, Any], Awaitable[None]]
_BACKLOG = 512
_CHUNK = 65_536
_IDLE_SECONDS = 75.0
_UNREAD_MS = 30_000
_GONE = (OSError, trio.BrokenResourceError, trio.ClosedResourceError, h11.LocalProtocolError)


async def serve(settings: SimulatorSettings, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED) -> None:
    """Serve until cancelled. `nursery.start(serve, settings)` gives the bound port. Raises OSError when it is taken."""
    app = SimulatorApp(settings)
    listeners = await trio.open_tcp_listeners(settings.port, host=settings.host, backlog=_BACKLOG)
    port = _prepare(listeners)
    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        app.simulator.at(f"http://{_reachable(settings.host)}:{port}")
        pairing.resume(app.simulator)
        await nursery.start(trio.serve_listeners, partial(talk, app), listeners)
        task_status.started(port)


def _prepare(listeners: list[trio.SocketListener]) -> int:
    for listener in listeners:
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # A client that stops reading is given up by the kernel; its task would wait for ever.
            listener.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
    return int(listeners[0].socket.getsockname()[1])


def _reachable(host: str) -> str:
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


class Peer(Protocol):
    """A simulated far end that is served at an address of its own."""

    async def run(self, *, task_status: trio.TaskStatus[None] = ...) -> None: ...

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


async def serve_peer(app: Peer, host: str, port: int, started: Callable[[int], None]) -> None:
    """Serve it until cancelled. started: called with the port that was bound."""
    listeners = await trio.open_tcp_listeners(port, host=host, backlog=_BACKLOG)
    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        await nursery.start(trio.serve_listeners, partial(talk, app), listeners)
        started(int(listeners[0].socket.getsockname()[1]))


async def talk(app: App, stream: trio.SocketStream) -> None:
    """Serve one connection to its end."""
    connection = _Connection(app, stream)
    try:
        while await connection.serve_one():
            pass
    except _GONE:
        pass  # the client went away
    finally:
        await trio.aclose_forcefully(stream)


class _Connection:
    """A connection and the request that is being answered on it."""

    def __init__(self, app: App, stream: trio.SocketStream) -> None:
        self._app = app
        self._stream = stream
        self._http = h11.Connection(our_role=h11.SERVER)
        self._start: JsonObject = {}

    async def serve_one(self) -> bool:
        """Answer the next request. False when there is none, or none can follow."""
        request: object = None
        try:
            with trio.move_on_after(_IDLE_SECONDS):
                request = await self._event()
        except h11.RemoteProtocolError as error:
            await self._refuse(error)
            return False
        return isinstance(request, h11.Request) and await self._answer(request)

    async def _answer(self, request: h11.Request) -> bool:
        # An application that returns without an answer wants the connection closed, and so it is: the states tell.
        await self._app(self._scope(request), self._receive, self._send)
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    async def _event(self) -> object:
        """The next piece of the request."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._write(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(bytes(await self._stream.receive_some(_CHUNK)))
        return event

    async def _receive(self) -> JsonObject:
        try:
            event = await self._event()
        except (*_GONE, h11.RemoteProtocolError):
            return {"type": "http.disconnect"}  # gone, or no HTTP any more, in the middle of its body
        if isinstance(event, h11.Data):
            return {"type": "http.request", "body": bytes(event.data), "more_body": True}
        if isinstance(event, h11.EndOfMessage):
            return {"type": "http.request", "body": b"", "more_body": False}
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message  # kept, so that head and body leave in one packet
            return
        events: list[h11.Event] = []
        if self._start:
            events.append(h11.Response(status_code=self._start["status"], headers=self._start["headers"]))
            self._start = {}
        if message["body"]:
            events.append(h11.Data(data=message["body"]))
        if not message.get("more_body", False):
            events.append(h11.EndOfMessage())
        await self._write(*events)

    async def _write(self, *events: h11.Event) -> None:
        await self._stream.send_all(b"".join(self._http.send(event) or b"" for event in events))

    async def _refuse(self, error: h11.RemoteProtocolError) -> None:
        body = encode(unreadable_body(f"This is not HTTP/1.1: {error}").body())
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [
                ("content-type", "application/json"),
                ("content-length", str(len(body))),
                ("connection", "close"),
            ]
            response = h11.Response(status_code=error.error_status_hint, headers=headers)
            await self._write(response, h11.Data(data=body), h11.EndOfMessage())

    def _scope(self, request: h11.Request) -> JsonObject:
        path, _, query = request.target.partition(b"?")
        return {
            "type": "http",
            "method": request.method.decode(),
            "path": unquote(path.decode("latin-1")),
            "query_string": query,
            "headers": list(request.headers),
        }
