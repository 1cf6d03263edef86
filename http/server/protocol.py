"""HTTP/1 and WebSockets by Hypercorn's state machines, with less asked of them.

- No HTTP/2, neither by prior knowledge nor by `Upgrade: h2c`: in plain text nobody needs it, and its connections have
  no time limit.
- No compression of WebSockets: wsproto inflates all that was read before anybody counts, and 61 kB can be 60 MB. It
  would make a frame of one event a tenth (830 to 85 bytes), for 11 µs a frame and 100 KiB of memory a socket.
- Frames in small portions, with a turn for others after each: a read of 64 KiB may hold 10,000 of them.
"""

from __future__ import annotations

from typing import Any

import h11
import trio
from hypercorn.events import Closed, Event, RawData
from hypercorn.protocol.events import StreamClosed
from hypercorn.protocol.h11 import STREAM_ID, H11Protocol, H11WSConnection
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from wsproto.connection import ConnectionState

from plixa.http.server.limits import FRAMES_AT_ONCE, HEADERS

VERSIONS = (b"1.0", b"1.1")
ASCII = (b"connection", b"sec-websocket-", b"upgrade")
"""What wsproto decodes without looking: an exception there is nobody's answer."""
NOT_PASSED_ON = (b"sec-websocket-extensions",)


class Refused(Exception):
    """A request that is not taken."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with {status}")
        self.status = status


class Protocol(H11Protocol):
    """One connection's bytes, in and out. See the module's text."""

    @property
    def has_begun(self) -> bool:
        """Whether a part of a request's head is here."""
        return bool(self.connection.trailing_data[0])

    async def handle(self, event: Event) -> None:
        """Take what came."""
        if isinstance(event, RawData) and isinstance(self.connection, H11WSConnection):
            await self._take_frames(event.data)
            return
        try:
            await super().handle(event)
        except Refused as refused:
            await self._send_error_response(refused.status)
            await self.send(Closed())

    async def _take_frames(self, data: bytes) -> None:
        if isinstance(self.stream, WSStream) and not self.stream.handshake.accepted:
            await self.send(Closed())  # who talks before the handshake is over does not speak the protocol
            return
        for at in range(0, len(data), FRAMES_AT_ONCE):
            await super().handle(RawData(data[at : at + FRAMES_AT_ONCE]))
            if await self._is_over():
                return
            await trio.lowlevel.checkpoint()

    async def _is_over(self) -> bool:
        """Whether nothing more is read; after a message that is too large Hypercorn says so, and would read on."""
        stream = self.stream
        if not isinstance(stream, WSStream) or stream.state is not ASGIWebsocketState.CONNECTED:
            return stream is None
        if stream.connection.state is ConnectionState.LOCAL_CLOSING:
            await self.stream_send(StreamClosed(STREAM_ID))
            return True
        return False

    async def _check_protocol(self, event: h11.Request) -> None:
        """In Hypercorn: whether to change to HTTP/2. Here: whether to take the request at all. Raises `Refused`."""
        if event.http_version not in VERSIONS:
            raise Refused(505)
        if event.method == b"CONNECT":
            raise Refused(405)
        if len(event.headers) > HEADERS:
            raise Refused(431)
        if not all(value.isascii() for name, value in event.headers if name.startswith(ASCII)):
            raise Refused(400)
        if self.has_begun and (b"upgrade", b"websocket") in [(name, value.lower()) for name, value in event.headers]:
            raise Refused(400)  # frames before the handshake is over

    async def _create_stream(self, request: h11.Request) -> None:
        headers = [each for each in request.headers if each[0] not in NOT_PASSED_ON]
        if len(headers) < len(request.headers):
            request = _with_headers(request, headers)
        await super()._create_stream(request)
        if isinstance(self.stream, WSStream) and self.stream.closed:  # a handshake that it has refused
            await self.stream_send(StreamClosed(STREAM_ID))  # or the connection would stay for ever


def _with_headers(request: h11.Request, headers: Any) -> h11.Request:
    return h11.Request(method=request.method, headers=headers, target=request.target, http_version=request.http_version)
