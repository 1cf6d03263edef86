"""What is thrown at the live inbox's WebSocket, with and without a token. See `edge`."""

from __future__ import annotations

import zlib
from contextlib import suppress

import trio

from tests.fault.blows import APART, GONE, HELD, Blow, Target, at_once, connected, head

SHAKE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Version: 13",
)
CONTINUED, TEXT, CLOSE, PING = 0x0, 0x1, 0x8, 0x9
COMPRESSED, FINAL = 0x40, 0x80
MIB = 1024 * 1024


def frame(opcode: int, payload: bytes = b"") -> bytes:
    """A client's frame, masked with nothing."""
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65_536:
        length = bytes([0xFE]) + size.to_bytes(2, "big")
    else:
        length = bytes([0xFF]) + size.to_bytes(8, "big")
    return bytes([opcode]) + length + bytes(4) + payload


def text(payload: bytes) -> bytes:
    """A whole message."""
    return frame(FINAL | TEXT, payload)


def bomb(size: int) -> bytes:
    """A compressed message of so many blanks."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflate.compress(b" " * size) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return frame(FINAL | COMPRESSED | TEXT, packed.removesuffix(b"\0\0\xff\xff"))


async def _thrown(target: Target, data: bytes, *, token: bool, times: int = 1) -> None:
    """Shake hands, then this, over and over while the server reads; what it says is read and forgotten."""
    lines = [*SHAKE, "Sec-WebSocket-Extensions: permessage-deflate"]
    if token:
        lines.append(f"Authorization: Bearer {target.tokens[0]}")

    async def read() -> None:
        with suppress(*GONE):
            while await stream.receive_some(65_536):
                pass
        nursery.cancel_scope.cancel()

    async with connected(target) as stream:
        await stream.send_all(head("GET /v1/ws", *lines))
        assert (await stream.receive_some(4096)).startswith(b"HTTP/1.1 101 ")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            with trio.move_on_after(HELD), suppress(*GONE):
                for _ in range(times):
                    await stream.send_all(data)
                await trio.sleep(0.5)
            nursery.cancel_scope.cancel()


async def _both(target: Target, data: bytes, times: int = 1) -> None:
    for token in (False, True):
        await at_once(5, lambda token=token: _thrown(target, data, token=token, times=times))  # type: ignore[misc]


async def bombs(target: Target) -> None:
    """60 MiB in 61 kB."""
    await _both(target, bomb(60 * MIB))


async def fragments(target: Target) -> None:
    """A message in ten thousand empty pieces, and no end to it."""
    await _both(target, frame(TEXT) + frame(CONTINUED) * 10_000)


async def pings(target: Target) -> None:
    """Nothing but pings."""
    await _both(target, frame(FINAL | PING) * 10_000, times=3)


async def tiny_frames(target: Target) -> None:
    """Messages of a byte, and the smallest ones that mean something."""
    await _both(target, text(b"x") * 9_000)
    await _both(target, text(b'{"op":"subscribe"}') + text(b'{"op":"pong"}') * 4_000)
    await _both(target, text(b'{"op":"subscribe"}') + text(b'{"op":"ephemeral","type":"typing"}') * 2_000)


async def large_frames(target: Target) -> None:
    """Messages that are large, wide or deep."""
    ephemeral = b'{"op":"ephemeral","type":"typing","conversation_id":1,"state":"%s"}' % (b"x" * 60_000)
    for payload in (
        ephemeral,
        b"x" * 70_000,
        b"x" * 5 * MIB,
        b"[" * 60_000,
        b'{"op":' * 10_000,
        b'{"op":"resume","after":' + b"9" * 60_000 + b"}",
        b'{"op":"subscribe","a":[' + b"[]," * 19_000 + b"[]]}",
        b"{" + b",".join(b'"%d":0' % n for n in range(6_000)) + b',"op":"subscribe"}',
        b"\xff" * 60_000,
    ):
        await _both(target, text(payload))


async def auth_frames(target: Target) -> None:
    """Sign in, again and again, on one socket."""
    token = target.tokens[0].encode()
    await _both(target, text(b'{"op":"auth","token":"%s"}' % token) * 500)


async def strangers(target: Target) -> None:
    """Hundreds of sockets with tokens that are no good, and as many that never show one."""

    async def come(*lines: str) -> None:
        async with connected(target) as stream:
            await stream.send_all(head("GET /v1/ws", *SHAKE, *lines))
            await trio.sleep(1)

    await at_once(target.many // 4, lambda: come("Authorization: Bearer 1|nobody"), APART)
    await at_once(target.many // 4, come, APART)


async def after_goodbye(target: Target) -> None:
    """Frames after a close, and closes that are none."""
    for data in (
        frame(FINAL | CLOSE) + text(b"x") * 1_000,
        frame(FINAL | CLOSE, b"\x03"),
        frame(FINAL | CLOSE, b"\0\0" + b"\xff" * 100),
        frame(FINAL | CLOSE) * 5_000,
        b"\x83" + bytes(5) * 1_000,
        b"\x8f\xff" + b"\xff" * 60_000,
    ):
        await _both(target, data)


BLOWS: dict[str, Blow] = {
    "compression bombs": bombs,
    "fragments": fragments,
    "pings": pings,
    "tiny frames": tiny_frames,
    "large frames": large_frames,
    "auth frames": auth_frames,
    "strangers' sockets": strangers,
    "frames after the end": after_goodbye,
}
