"""The server itself, with a small application behind it: who is let in, for how long, and what ends whom."""

from __future__ import annotations

import errno
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import trio

from plixa.http.server import connection, limits, protocol, serving
from plixa.http.server.addresses import is_loopback, source_of
from plixa.http.server.connections import Connections
from plixa.http.server.limits import connections_for
from plixa.http.server.serving import listen, serve

WITHIN = 5.0
SHAKE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Version: 13",
)


def head(line: str, *lines: str) -> bytes:
    """A request's head."""
    return "\r\n".join((f"{line} HTTP/1.1", "Host: x", *lines, "", "")).encode("latin1")


@dataclass
class Served:
    """A server that runs; `/wait` is answered when `go` is set."""

    port: int
    connections: Connections
    stop: trio.Event
    go: trio.Event = field(default_factory=trio.Event)
    streams: list[trio.SocketStream] = field(default_factory=list[trio.SocketStream])
    waiting: int = 0
    ended: int = 0

    async def connect(self) -> trio.SocketStream:
        """A connection that the server has taken."""
        with trio.fail_after(WITHIN):
            self.streams.append(await trio.open_tcp_stream("127.0.0.1", self.port))
        return self.streams[-1]

    async def ask(self, stream: trio.SocketStream, path: str = "/") -> bytes:
        """The answer on a connection that stays."""
        await stream.send_all(head(f"GET {path}"))
        answer = b""
        with trio.fail_after(WITHIN):
            while not answer.endswith(b"ok"):
                some = await stream.receive_some(4096)
                assert some
                answer += some
        return answer

    async def says(self, data: bytes) -> bytes:
        """All that is answered to this until the server closes."""
        async with await self.connect() as stream:
            await stream.send_all(data)
            return await closed(stream)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for it."""
        with trio.fail_after(WITHIN):
            while not holds():  # noqa: ASYNC110
                await trio.sleep(0.005)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """The application."""
        if scope["type"] == "lifespan":
            await live(receive, send)
        elif scope["type"] == "websocket":
            await self._talk(receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/wait":
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_until_gone, receive, nursery.cancel_scope)
                self.waiting += 1
                await self.go.wait()
                nursery.cancel_scope.cancel()
        if scope["path"] == "/bug":
            raise RuntimeError("a bug")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
        self.ended += 1

    async def _talk(self, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self.ended += 1


async def live(receive: Any, send: Any) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


async def _until_gone(receive: Any, scope: trio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def closed(stream: trio.SocketStream) -> bytes:
    """What comes until the server closes. Raises TooSlowError when it does not."""
    came = b""
    with trio.fail_after(WITHIN):
        try:
            while some := await stream.receive_some(65_536):
                came += some
        except trio.BrokenResourceError:
            pass
    return came


@asynccontextmanager
async def serving_with(most: int = 100, most_of_one: int = 0, app: Any = None) -> AsyncGenerator[Served]:
    """The server, for as long as the block runs; with another application, if one is given."""
    async with trio.open_nursery() as nursery:
        listener = listen("127.0.0.1", 0)
        served = Served(listener.getsockname()[1], Connections(most, most_of_one), trio.Event())
        await nursery.start(serve, app or served.app, listener, served.stop, served.connections)
        yield served
        for stream in served.streams:
            await trio.aclose_forcefully(stream)
        served.stop.set()


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """The server."""
    async with serving_with() as one:
        yield one


# -- its end ----------------------------------------------------------------------------------------------------------


async def test_a_connection_ends_with_its_client(served: Served) -> None:
    for data in (b"", b"GET / HTT", head("GET /"), head("GET /wait"), head("GET /ws", *SHAKE)):
        streams = [await served.connect() for _ in range(20)]
        for stream in streams:
            await stream.send_all(data)
        await served.until(lambda: len(served.connections) == 20)
        for stream in streams:
            await stream.aclose()
        await served.until(lambda: len(served.connections) == 0)


async def test_what_is_under_way_hears_that_its_client_is_gone(served: Served) -> None:
    async with await served.connect() as stream:
        await stream.send_all(head("GET /ws", *SHAKE))
        await stream.receive_some(4096)
    await served.until(lambda: served.ended == 1)


async def test_a_bug_in_one_connection_ends_that_one_alone(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    stays = await served.connect()
    assert (await served.ask(stays)).endswith(b"ok")
    with monkeypatch.context() as patch:
        patch.setattr(protocol.Protocol, "_check_protocol", _raises)
        assert await served.says(head("GET /", "Upgrade: x")) == b""
    assert (await served.says(head("GET /bug", "Connection: close"))).startswith(b"HTTP/1.1 500 ")
    assert (await served.ask(stays)).endswith(b"ok")


async def _raises(*_: Any) -> None:
    raise RuntimeError("nobody thought of this")


@pytest.mark.parametrize(
    "line", ["Sec-WebSocket-Protocol: \xff", "Sec-WebSocket-Extensions: \xff", "Connection: \xff", "Upgrade: \xff"]
)
async def test_a_handshake_that_is_no_text_is_a_bad_request(served: Served, line: str) -> None:
    assert (await served.says(head("GET /ws", *SHAKE, line))).startswith(b"HTTP/1.1 400 ")
    assert (await served.says(head("GET /", "Connection: close"))).endswith(b"ok")


@pytest.mark.parametrize("line", SHAKE[2:])
async def test_a_handshake_that_is_refused_is_the_connection_s_end(served: Served, line: str) -> None:
    """Hypercorn answers it and forgets it: nobody would ever close it."""
    answer = await served.says(head("GET /ws", *[each for each in SHAKE if each != line]))  # until it is closed
    assert answer.startswith(b"HTTP/1.1 4")


async def test_a_handshake_over_http_1_0_is_refused_and_closed(served: Served) -> None:
    data = head("GET /ws", *SHAKE).replace(b"HTTP/1.1", b"HTTP/1.0")
    assert (await served.says(data)).startswith(b"HTTP/1.1 400 ")


async def test_it_stops_at_once_where_nothing_is_under_way_and_finishes_what_is(served: Served) -> None:
    idle, busy = await served.connect(), await served.connect()
    await served.ask(idle)
    await busy.send_all(head("GET /wait"))
    await served.until(lambda: served.waiting == 1)
    served.stop.set()
    assert await closed(idle) == b""
    served.go.set()
    assert (await closed(busy)).endswith(b"ok")


async def test_what_does_not_end_is_cut_off_when_it_stops(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GRACEFUL", 0.1)
    busy = await served.connect()
    await busy.send_all(head("GET /wait"))
    await served.until(lambda: served.waiting == 1)
    served.stop.set()
    assert await closed(busy) == b""


# -- how long ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"G", b"GET / HTTP/1.1\r\nX-A: "])
async def test_a_head_may_not_take_for_ever(served: Served, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(connection, "HEAD_WITHIN", 0.3)
    stream = await served.connect()
    assert await _dripped(stream, data) < 0.3 / 0.02 + 50


async def test_nor_may_the_second_one_of_a_connection(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = await served.connect()
    await served.ask(stream)
    monkeypatch.setattr(connection, "HEAD_WITHIN", 0.3)
    assert await _dripped(stream, b"GET / HTTP/1.1\r\nX-A: ") < 0.3 / 0.02 + 50


async def _dripped(stream: trio.SocketStream, data: bytes) -> int:
    """Send this, and a byte every 20 ms where it has begun; how many went out before the server closed."""
    drops = 0
    async with trio.open_nursery() as nursery:

        async def drip() -> None:
            nonlocal drops
            while data:
                await stream.send_all(b"a")
                drops += 1
                await trio.sleep(0.02)

        await stream.send_all(data)
        nursery.start_soon(_quietly, drip)
        assert await closed(stream) == b""
        nursery.cancel_scope.cancel()
    return drops


async def _quietly(do: Callable[[], Awaitable[None]]) -> None:
    with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        await do()


async def test_a_connection_is_kept_between_requests(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "KEEP_ALIVE", 0.5)
    stream = await served.connect()
    for _ in range(3):
        assert (await served.ask(stream)).endswith(b"ok")
        await trio.sleep(0.1)
    assert await closed(stream) == b""


async def test_an_answer_may_take_longer_than_a_head(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_WITHIN", 0.1)
    stream = await served.connect()
    await stream.send_all(head("GET /wait"))
    await served.until(lambda: served.waiting == 1)
    await trio.sleep(0.3)
    served.go.set()
    assert (await stream.receive_some(4096)).startswith(b"HTTP/1.1 200 ")


# -- how many ---------------------------------------------------------------------------------------------------------


async def test_where_there_is_no_room_the_longest_idle_one_goes() -> None:
    async with serving_with(most=3) as served:
        streams = [await served.connect() for _ in range(3)]
        for stream in streams:
            await served.ask(stream)
        await served.ask(streams[0])
        newest = await served.connect()
        assert (await served.ask(newest)).endswith(b"ok")
        assert await closed(streams[1]) == b""
        assert (await served.ask(streams[0])).endswith(b"ok")
        assert len(served.connections) == 3


async def test_where_all_are_busy_the_newest_is_told_to_come_back() -> None:
    async with serving_with(most=2) as served:
        for n in (1, 2):
            await (await served.connect()).send_all(head("GET /wait"))
            await served.until(lambda n=n: served.waiting == n)  # type: ignore[misc]
        answer = await served.says(head("GET /"))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 2" in answer
        served.go.set()
        await served.until(lambda: served.ended == 2)
        assert (await served.says(head("GET /", "Connection: close"))).endswith(b"ok")


async def test_very_many_who_are_turned_away_are_not_even_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TURNED_AWAY_AT_ONCE", 0)
    async with serving_with(most=1) as served:
        await (await served.connect()).send_all(head("GET /wait"))
        await served.until(lambda: served.waiting == 1)
        assert await served.says(b"") == b""
        assert served.connections.turned_away == 1


async def test_files_that_run_out_end_nothing(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    accept, failures = trio.SocketListener.accept, 3

    async def accept_in_vain(self: trio.SocketListener) -> trio.SocketStream:
        nonlocal failures
        if failures:
            failures -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return await accept(self)

    monkeypatch.setattr(trio.SocketListener, "accept", accept_in_vain)
    for _ in range(2):  # the first is accepted by what waits already
        assert (await served.says(head("GET /", "Connection: close"))).endswith(b"ok")
    assert failures == 0


async def test_one_that_is_gone_before_it_was_looked_at_ends_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(serving, "Connection", _gone)
        assert await served.says(head("GET /")) == b""
    assert (await served.says(head("GET /", "Connection: close"))).endswith(b"ok")


def _gone(*_: Any) -> Any:
    raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")


class Guest:
    """A connection as far as `Connections` is concerned."""

    def __init__(self, source: str | None = None, *, idle: bool = False) -> None:
        self.source = source
        self.idle = idle
        self.gone = False

    def hang_up(self) -> None:
        """It is sent off."""
        self.gone = True


def test_one_address_has_its_own_bound_and_gives_up_its_own_idle_ones() -> None:
    all_of_them = Connections(100, 2)
    first, second = Guest("a", idle=True), Guest("a")
    other = Guest("b", idle=True)
    assert all(map(all_of_them.admit, (other, first, second)))
    assert all_of_them.admit(Guest("a"))
    assert (first.gone, second.gone, other.gone) == (True, False, False)
    assert not all_of_them.admit(Guest("a"))
    assert all(map(all_of_them.admit, (Guest("b"), Guest(None), Guest(None), Guest(None))))
    all_of_them.left(second)
    assert all_of_them.admit(Guest("a"))


def test_one_address_cannot_take_all_where_there_are_few_files() -> None:
    few = Connections(connections_for(64), 500)
    admitted = [few.admit(Guest("a")) for _ in range(64)]
    assert sum(admitted) == 24
    assert few.admit(Guest("b"))


def test_one_that_is_sent_off_may_leave_twice() -> None:
    one = Connections(1)
    guest = Guest("a", idle=True)
    assert one.admit(guest)
    assert one.admit(Guest("b", idle=True))
    one.left(guest)
    one.waits(guest)
    assert len(one) == 1
    assert one.admit(Guest("c"))


@pytest.mark.parametrize(("files", "most"), [(64, 32), (256, 128), (1024, 768), (20_000, 19_744), (10**6, 20_000)])
def test_files_are_kept_back_for_everything_else(files: int, most: int) -> None:
    assert connections_for(files) == most


@pytest.mark.parametrize(
    ("address", "source", "loopback"),
    [
        ("192.0.2.7", "192.0.2.7", False),
        ("127.0.0.9", "127.0.0.9", True),
        ("::1", "::/64", True),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("::ffff:192.0.2.7", "192.0.2.7", False),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", False),
        ("2001:db8:1:2::", "2001:db8:1:2::/64", False),
        ("fe80::1%eth0", "fe80::/64", False),
        ("unknown", "unknown", False),
    ],
)
def test_what_counts_as_one_source(address: str, source: str, loopback: bool) -> None:
    assert (source_of(address), is_loopback(address)) == (source, loopback)


# -- what is spoken ---------------------------------------------------------------------------------------------------


async def test_http_2_is_not_spoken(served: Served) -> None:
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
    assert (await served.says(preface)).startswith(b"HTTP/1.1 505 ")
    asked = head("GET /", "Connection: Upgrade, HTTP2-Settings, close", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    assert (await served.says(asked)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "data",
    [
        head("GET /", *["a: b"] * 100),
        head("GET /", f"X-A: {'a' * 2 * limits.HEAD_BYTES}"),
        b"GET /" + b"a" * 3 * limits.HEAD_BYTES,
    ],
)
async def test_a_head_is_bounded(served: Served, data: bytes) -> None:
    assert (await served.says(data)).startswith(b"HTTP/1.1 431 ")


async def test_a_head_within_bounds_is_taken(served: Served) -> None:
    full = head("GET /", "Connection: close", *["a: b"] * 97, f"X-A: {'a' * (limits.HEAD_BYTES - 1000)}")
    assert (await served.says(full)).endswith(b"ok")


async def test_nothing_is_connected_through_us(served: Served) -> None:
    assert (await served.says(head("CONNECT x:1"))).startswith(b"HTTP/1.1 405 ")


async def _shaken(served: Served, *lines: str) -> tuple[trio.SocketStream, bytes]:
    stream = await served.connect()
    await stream.send_all(head("GET /ws", *SHAKE, *lines))
    with trio.fail_after(WITHIN):
        return stream, bytes(await stream.receive_some(4096))


async def test_websockets_are_not_compressed(served: Served) -> None:
    stream, answer = await _shaken(served, "Sec-WebSocket-Extensions: permessage-deflate")
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"extensions" not in answer.lower()
    await stream.send_all(b"\xc1\x85\0\0\0\0hello")
    assert await closed(stream) == b""  # a frame that claims to be compressed is none


async def test_a_message_that_is_too_large_ends_the_connection_whatever_its_client_does(served: Served) -> None:
    stream, _ = await _shaken(served)
    size = limits.MESSAGE_BYTES + 1
    await stream.send_all(b"\x81\xff" + size.to_bytes(8, "big") + bytes(4) + b"x" * size)
    assert await closed(stream) == b"\x88\x02\x03\xf1"  # 1009
    await served.until(lambda: served.ended == 1)


async def test_frames_let_others_have_a_turn(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    portions: list[int] = []
    take = protocol.H11Protocol.handle

    async def counted(self: Any, event: Any) -> None:
        if isinstance(self.connection, protocol.H11WSConnection) and hasattr(event, "data"):
            portions.append(len(event.data))
        await take(self, event)

    monkeypatch.setattr(protocol.H11Protocol, "handle", counted)
    stream, _ = await _shaken(served)
    await stream.send_all(b"\x01\x80\0\0\0\0" + b"\x00\x80\0\0\0\0" * 9_999)
    await served.until(lambda: sum(portions) == 60_000)
    assert max(portions) <= limits.FRAMES_AT_ONCE


async def test_frames_before_the_handshake_are_refused(served: Served) -> None:
    assert (await served.says(head("GET /ws", *SHAKE) + b"\x81\x80\0\0\0\0")).startswith(b"HTTP/1.1 400 ")


async def test_an_unread_answer_is_given_up_by_the_kernel() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == limits.UNREAD_MS
