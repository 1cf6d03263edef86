"""What is thrown at the server's edge: connections, and requests that are none. See `edge`."""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import trio

from tests.harness import Number, Workspace

GONE = (OSError, trio.BrokenResourceError, trio.ClosedResourceError)
HELD = 3.0
"""Seconds that connections which do nothing are held."""
APART = 0.005
"""Seconds between two of what the server works on, be it in vain: as many good requests at once would take as long."""
RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Target:
    """Whom it is thrown at. `tokens`: the owner's, more than one because each has a rate."""

    port: int
    workspace: Workspace
    number: Number
    tokens: tuple[str, ...]
    many: int
    """How many of what there are many of."""


Blow = Callable[[Target], Awaitable[None]]


@asynccontextmanager
async def connected(target: Target) -> AsyncIterator[trio.SocketStream]:
    """A connection; whatever the server does to it is no error. Raises OSError where there is nobody."""
    stream = await trio.open_tcp_stream("127.0.0.1", target.port)
    with suppress(*GONE):
        async with stream:
            yield stream


async def said(target: Target, data: bytes, within: float = 5.0) -> bytes:
    """What is answered to this, until the server closes or falls silent."""
    answer = b""
    with trio.move_on_after(within):
        async with connected(target) as stream:
            await stream.send_all(data)
            while some := await stream.receive_some(65_536):
                answer += some
    return answer


async def at_once(count: int, do: Callable[[], Awaitable[object]], apart: float = 0) -> None:
    """Do it so many times at once, begun so many seconds apart."""
    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(do)
            await trio.sleep(apart)


def head(line: str, *lines: str) -> bytes:
    """A request's head."""
    return "\r\n".join((f"{line} HTTP/1.1", "Host: x", *lines, "", "")).encode("latin1")


# -- connections ------------------------------------------------------------------------------------------------------


async def opened_and_closed(target: Target) -> None:
    """Connect and close, one after the other as fast as it goes."""
    for _ in range(target.many):
        async with connected(target):
            pass


async def opened_and_reset(target: Target) -> None:
    """The same without a goodbye."""
    for _ in range(target.many):
        async with connected(target) as stream:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


async def _held(target: Target, data: bytes) -> None:
    async def hold() -> None:
        async with connected(target) as stream:
            if data:
                await stream.send_all(data)
            await trio.sleep(HELD)

    await at_once(target.many, hold)


async def silent(target: Target) -> None:
    """Connections that say nothing, more than there is room for."""
    await _held(target, b"")


async def half_heads(target: Target) -> None:
    """Requests that stop in the middle of their head."""
    await _held(target, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-")


async def _dripped(target: Target, start: bytes, drop: bytes) -> None:
    async def drip() -> None:
        async with connected(target) as stream:
            await stream.send_all(start)
            with trio.move_on_after(HELD):
                while True:
                    await stream.send_all(drop)
                    await trio.sleep(0.05)

    await at_once(target.many // 5, drip, APART)


async def dripping_heads(target: Target) -> None:
    """Heads that come byte by byte."""
    await _dripped(target, b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", b"a")


async def dripping_bodies(target: Target) -> None:
    """Bodies that do."""
    await _dripped(target, head("POST /v1/auth/login", "Content-Type: application/json", "Content-Length: 9999"), b"[")


async def unread_answers(target: Target) -> None:
    """Clients that ask for what is long, and do not read it."""

    async def ask() -> None:
        async with connected(target) as stream:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await stream.send_all(head("GET /v1/openapi.json") * 3)
            await trio.sleep(HELD)

    await at_once(30, ask)


# -- HTTP -------------------------------------------------------------------------------------------------------------


async def http2(target: Target) -> None:
    """HTTP/2, assumed and asked for: refused and closed, or answered in HTTP/1."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
    upgrade = head("GET /healthz", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    for _ in range(50):
        assert (await said(target, preface)).startswith(b"HTTP/1.1 505 ")
        assert (await said(target, upgrade.replace(b"Host: x", b"Host: x\r\nConnection: close"))).startswith(
            b"HTTP/1.1 200 "
        )


async def large_heads(target: Target) -> None:
    """Heads that are long, or of many lines; lines, paths and queries that are long."""
    for data in (
        head("GET /healthz", f"X-A: {'a' * 65_536}"),
        head("GET /healthz", f"X-A: {'a' * 1_000_000}"),
        head("GET /healthz", *(["a:b"] * 13_000)),
        head("GET /healthz", *(["a:b"] * 2_900)),
        head("GET /healthz", f"Cookie: {'a=b;' * 3_500}"),
        head(f"GET /v1/{'a' * 65_536}"),
        head(f"GET /v1/conversations?{'a=b&' * 16_000}"),
        head(f"GET /v1/conversations?{'a=b&' * 3_500}", f"Authorization: Bearer {target.tokens[0]}"),
        head(f"GET /v1/{'%F0%9F%98%80' * 1_200}"),
        head(f"GET /v1/{'/' * 14_000}"),
        head("GET /healthz", f"X-Forwarded-For: {'1.1.1.1,' * 1_700}"),
        head("GET /healthz", f"Authorization: Bearer {'1|' * 7_000}"),
        head("GET /v1/me", f"Authorization: Bearer {'9' * 14_000}|x"),
        head("POST /v1/auth/login", f"Content-Type: application/json; {'a=b;' * 3_500}", "Content-Length: 2") + b"{}",
        head("POST /v1/auth/login", f"Content-Type: multipart/form-data; boundary={'-' * 14_000}", "Content-Length: 2"),
    ):
        await said(target, data, 2)


async def pipelined(target: Target) -> None:
    """Hundreds of requests in one breath."""
    await at_once(10, lambda: said(target, head("GET /healthz") * 500, HELD))


async def tiny_chunks(target: Target) -> None:
    """Bodies of which each byte is a chunk of its own."""
    chunked = ("Transfer-Encoding: chunked", "Content-Type: application/json")
    secret = (*chunked, f"x-plixa-secret: {target.number.headers['x-plixa-secret']}")
    path = "/" + target.number.url.split("/", 3)[3]
    body = b"1\r\n \r\n" * 30_000 + b"0\r\n\r\n"
    for line, lines in (("POST /v1/auth/login", chunked), (f"POST {path}", secret), (f"POST {path}", chunked)):
        await said(target, head(line, *lines) + body, HELD)


async def nonsense(target: Target) -> None:
    """What is no HTTP, or not quite."""
    websocket = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
    thirteen = (*websocket, "Sec-WebSocket-Version: 13")
    for data in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"\0" * 70_000,
        b"\r\n" * 30_000,
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        head("CONNECT a:1"),
        head("OPTIONS *"),
        head("GET http://x/healthz"),
        head("BREW /healthz"),
        head("POST /v1/auth/login", "Content-Length: 4", "Transfer-Encoding: chunked") + b"0\r\n\r\nGET / HTTP/1.1\r\n",
        head("POST /v1/auth/login", "Content-Length: 4", "Content-Length: 5") + b"abcde",
        head("POST /v1/auth/login", "Content-Length: -1"),
        head("POST /v1/auth/login", f"Content-Length: {'9' * 500}") + b"abcde",
        head("POST /v1/auth/login", "Transfer-Encoding: xchunked") + b"abcde",
        head("POST /v1/auth/login", "Transfer-Encoding: chunked") + b"fffffffffffffffffff\r\n",
        head("POST /v1/auth/login", "Transfer-Encoding: chunked") + b"1;" + b"a" * 100_000,
        head("POST /v1/auth/login", "Expect: 100-continue", "Content-Length: 4"),
        head("GET /v1/ws", *thirteen, "Sec-WebSocket-Protocol: \xff"),
        head("GET /v1/ws", *thirteen, "Connection: \xff"),
        head("GET /v1/ws", *thirteen, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=x"),
        head("GET /v1/ws", *thirteen) + b"\x81\x80\0\0\0\0",
        head("GET /v1/ws", *websocket),
        head("GET /v1/ws", "Upgrade: websocket", "Connection: Upgrade"),
        head("GET /v1/ws", *thirteen) + bytes(70_000),
        head("POST /v1/ws", *thirteen),
        head("GET /v1/nowhere", *thirteen),
        head("GET /v1/ws", *thirteen, *["Sec-WebSocket-Protocol: a"] * 60),
        head("GET /v1/ws", *thirteen, f"Sec-WebSocket-Protocol: {'a,' * 7_000}"),
    ):
        await said(target, data, 0.5)


BLOWS: dict[str, Blow] = {
    "connections opened and closed": opened_and_closed,
    "connections opened and reset": opened_and_reset,
    "silent connections": silent,
    "heads that stop half-way": half_heads,
    "dripping heads": dripping_heads,
    "dripping bodies": dripping_bodies,
    "answers that nobody reads": unread_answers,
    "HTTP/2": http2,
    "large heads": large_heads,
    "pipelined requests": pipelined,
    "tiny chunks": tiny_chunks,
    "no HTTP": nonsense,
}
