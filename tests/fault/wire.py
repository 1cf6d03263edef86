"""A WebSocket client by hand, on a bare socket: it can be cut in the middle of a frame, and it can stop reading.

Only what the live push needs: the handshake, unfragmented frames from the server, small text frames to it.
"""

from __future__ import annotations

import base64
import os
import socket
import struct
from dataclasses import dataclass, field

import trio

TEXT, CLOSE, PING = 0x1, 0x8, 0x9
LONGEST_HEAD = 14
CHUNK = 16_384


class Closed(Exception):
    """The server has closed, with this code; None when it just went away, or answered the handshake with a refusal."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


@dataclass
class Wire:
    """An open connection. `budget`: how many more bytes are read before it is cut; None for no end."""

    stream: trio.SocketStream
    budget: int | None = None
    _inbox: bytearray = field(default_factory=bytearray)

    async def receive(self) -> bytes:
        """The next text frame. Raises `Closed`."""
        while True:
            opcode, payload = await self._frame()
            if opcode == TEXT:
                return payload
            if opcode == CLOSE:
                raise Closed(struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else None)

    async def send(self, text: bytes) -> None:
        """Send a text frame. Raises `Closed`."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(text))
        head = bytes([0x80 | TEXT, 0x80 | len(text)]) if len(text) < 126 else struct.pack("!BBH", 0x81, 0xFE, len(text))
        try:
            await self.stream.send_all(head + mask + masked)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise Closed(None) from error

    def cut(self) -> None:
        """Reset the connection: no goodbye, and whatever is still in the pipe is lost."""
        if self.stream.socket.fileno() < 0:
            return
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.socket.close()

    async def _frame(self) -> tuple[int, bytes]:
        await self._fill(2)
        opcode, length, head = self._inbox[0] & 0x0F, self._inbox[1] & 0x7F, 2
        if length >= 126:
            head = 4 if length == 126 else 10
            await self._fill(head)
            length = int.from_bytes(self._inbox[2:head], "big")
        await self._fill(head + length)
        payload = bytes(self._inbox[head : head + length])
        del self._inbox[: head + length]
        return opcode, payload

    async def _fill(self, size: int) -> None:
        while len(self._inbox) < size:
            self._inbox += await self._some()

    async def _some(self) -> bytes:
        most = CHUNK if self.budget is None else min(CHUNK, self.budget)
        if most <= 0:  # the budget was set while bytes were on their way
            self.cut()
            raise Closed(None)
        try:
            data = bytes(await self.stream.receive_some(most))
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise Closed(None) from error
        if not data:
            raise Closed(None)
        if self.budget is not None:
            self.budget -= len(data)
        return data


async def open_wire(port: int, token: str, *, by_protocol: bool = False) -> Wire:
    """Connect and shake hands; the token goes in a header or among the sub-protocols. Raises `Closed`, OSError."""
    proof = f"Sec-WebSocket-Protocol: plixa.v1, bearer.{token}" if by_protocol else f"Authorization: Bearer {token}"
    lines = (
        "GET /v1/ws HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        proof,
    )
    wire = Wire(await trio.open_tcp_stream("127.0.0.1", port))
    try:
        await wire.stream.send_all("\r\n".join((*lines, "", "")).encode())
        await _shake(wire)
    except BaseException as error:
        wire.cut()
        if isinstance(error, trio.BrokenResourceError):
            raise Closed(None) from error
        raise
    return wire


async def _shake(wire: Wire) -> None:
    while (end := wire._inbox.find(b"\r\n\r\n")) < 0:
        wire._inbox += await wire._some()
    head = bytes(wire._inbox[:end])
    del wire._inbox[: end + 4]
    if not head.startswith(b"HTTP/1.1 101 "):
        raise Closed(None)
