"""Plain requests: read as h11 reads them, bounded like all others, and answered alike whichever way they go."""

from __future__ import annotations

import re
from typing import Any

import h11
import pytest
import trio
import trio.testing
from hypothesis import given, strategies as st
from tests.http.test_server import Served, head, live, serving_with

from plixa.http.server import connection, limits, plain
from plixa.http.server.plain import END, Exchange, Head, head_of, may_be_plain

NAMES = ("Host", "Content-Length", "Connection", "Transfer-Encoding", "Upgrade", "Expect", "X-A", "content-length", "")
VALUES = (
    "x",
    "0",
    "3",
    "03",
    "+3",
    "3, 3",
    "close",
    "keep-alive",
    "Keep-Alive, x",
    "chunked",
    "100-continue",
    "",
    "a\tb",
)
ENDS = ("\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n", "\r\n ", "\0\r\n", " \r\n")
LINES = (
    "GET / HTTP/1.1",
    "POST /a?b=%20 HTTP/1.1",
    "GET / HTTP/1.0",
    "get / HTTP/1.1",
    "GET  / HTTP/1.1",
    "GET / HTTP/1.1 ",
)
field = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from((": ", ":", " :", ":\t", "")),
    st.sampled_from(VALUES),
    st.sampled_from(ENDS),
)


@given(
    line=st.sampled_from(LINES),
    end=st.sampled_from(ENDS),
    fields=st.lists(field.map("".join), max_size=6),
    junk=st.one_of(st.just(b""), st.binary(max_size=4)),
    at=st.integers(0, 60),
)
def test_what_is_taken_for_plain_h11_reads_in_the_same_way(
    line: str, end: str, fields: list[str], junk: bytes, at: int
) -> None:
    data = f"{line}{end}Host: x\r\n{''.join(fields)}\r\n".encode()
    data = data[:at] + junk + data[at:]
    raw, _, rest = data.partition(END)
    taken = head_of(raw)
    if taken is not None:
        _must_agree(taken, raw + END)
        assert may_be_plain(raw)
    assert rest == b"" or taken is None or len(raw) < len(data)


def _must_agree(taken: Head, data: bytes) -> None:
    reader = h11.Connection(h11.SERVER)
    reader.receive_data(data + b"b" * taken.length + b"GET ")
    request = reader.next_event()
    assert isinstance(request, h11.Request)
    assert (request.method.decode(), request.target, list(request.headers)) == (
        taken.method,
        taken.target,
        taken.headers,
    )
    body = b""
    while isinstance(event := reader.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert len(body) == taken.length
    assert (reader.our_state, reader.their_state) == (h11.SEND_RESPONSE, h11.MUST_CLOSE if taken.closes else h11.DONE)


PLAIN = [
    head("GET /"),
    head("GET /a%20b?c=d", "X-A: \xe9", "x-a:b", "Connection: Keep-Alive"),
    head("POST /", "Content-Length: 3", "Connection: close"),
    head("POST /", "content-length:0"),
]
NOT_PLAIN = [
    head("POST /", "Content-Length: 3", "Transfer-Encoding: chunked"),
    head("POST /", "Transfer-Encoding: chunked"),
    head("POST /", "Content-Length: 3", "Content-Length: 3"),
    head("POST /", "Content-Length: 3", "Content-Length: 4"),
    head("POST /", "Content-Length: -3"),
    head("POST /", "Content-Length: 1e3"),
    head("POST /", "Content-Length: \xb2"),
    head("POST /", f"Content-Length: {'9' * 16}"),
    head("POST /", "Content-Length: 3", "Expect: 100-continue"),
    head("GET /", "Connection: Upgrade", "Upgrade: h2c"),
    head("GET /", "Connection: keep-alive, X-A"),
    head("GET /", "Host: y"),
    head("GET /", "X-A : b"),
    head("GET /", "X-A: b", " folded"),
    head("GET /", "X-A: b\nX-B: c"),
    head("GET /", "X-A: b\rX-B: c"),
    head("GET /", "X-A: b\0"),
    head("GET /", *["a: b"] * limits.HEADERS),
    head("GET http://x/"),
    head("GET *"),
    head("PRI /"),
    head("GET /\xe9"),
    head("GET / x"),
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\r\n\r\n",
]


@pytest.mark.parametrize("data", PLAIN)
def test_what_is_plain(data: bytes) -> None:
    taken = head_of(data.removesuffix(END))
    assert taken is not None
    _must_agree(taken, data)


@pytest.mark.parametrize("data", NOT_PLAIN)
def test_what_is_not(data: bytes) -> None:
    assert head_of(data.removesuffix(END)) is None


@pytest.mark.parametrize(
    "begun", [b"\x16\x03\x01", b"\r\n", b" GET", b"GET / HTTP/1.1\nHost: x\n\n", b"GET / HTTP/1.1\n\r\n"]
)
def test_what_can_be_no_plain_head_any_more_is_not_waited_for(begun: bytes) -> None:
    assert not may_be_plain(begun)


STREAMS = [
    *[each + b"xyz\r\n" for each in (*PLAIN, *NOT_PLAIN) if b"99" not in each and b"close" not in each],
    head("GET /") * 3,
    head("POST /", "Content-Length: 3") + b"abc" + head("GET /b", "Connection: close"),
    head("POST /", "Content-Length: 4", "Transfer-Encoding: chunked") + b"0\r\n\r\n" + head("GET /b"),
    head("GET /") + head("POST /b", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n" + head("GET /c"),
    head("POST /", "Content-Length: 3", "Expect: 100-continue") + b"abc",
    head("HEAD /") + head("GET /b"),
    head("GET /") + b"GARBAGE\r\n\r\n",
    head("GET /bug") + head("GET /b"),
    head("GET /half") + head("GET /b"),
    head("GET /nothing") + head("GET /b"),
    head("GET /none") + head("GET /b"),
    head("GET /parts") + head("GET /b"),
    head("POST /unread", "Content-Length: 3") + b"abc" + head("GET /b"),
    head("GET /", f"X-A: {'a' * 2 * limits.HEAD_BYTES}"),
    b"GET /" + b"a" * 3 * limits.HEAD_BYTES,
    b"GET / HTTP/1.1\nHost: x\n\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Says what it was asked, in as many ways as an answer can be made."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    body, path = b"", scope["path"]
    while path != "/unread" and (message := await receive()):
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    said = b"<%b %b %b>" % (scope["method"].encode(), path.encode(), body)
    if path in ("/bug", "/nothing"):
        assert path == "/nothing"
        return
    headers = [] if path in ("/parts", "/none") else [(b"content-length", b"%d" % len(said))]
    await send({"type": "http.response.start", "status": 204 if path == "/none" else 200, "headers": headers})
    if path == "/half":
        await send({"type": "http.response.body", "body": said[:2], "more_body": True})
        raise RuntimeError("a bug, in the middle")
    if path == "/parts":
        await send({"type": "http.response.body", "body": b"<part>", "more_body": True})
    await send({"type": "http.response.body", "body": said})


async def test_whatever_is_sent_is_answered_alike_whichever_way_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in ("HEAD_WITHIN", "KEEP_ALIVE"):
        monkeypatch.setattr(connection, each, 0.5)  # so that the server closes what it waits for
    async with serving_with(app=app) as served:
        as_it_is = await _all_answers(served)
        monkeypatch.setattr(connection, "head_of", _none_is_plain)
        by_hypercorn = await _all_answers(served)
    differing = [each for each in zip(STREAMS, as_it_is, by_hypercorn, strict=True) if each[1] != each[2]]
    assert differing == []


def _none_is_plain(_: bytes) -> None:
    """So that all goes by Hypercorn."""


async def test_what_follows_a_last_request_is_not_read() -> None:
    async with serving_with(app=app) as served:
        answer = await served.says(head("GET /", "Connection: close") + head("GET /b"))
    assert re.findall(rb"<[^>]*>", answer) == [b"<GET / >"]


async def _all_answers(served: Served) -> list[tuple[list[bytes], list[bytes], bool]]:
    """For each stream the answers' statuses, their bodies, and whether they say that the server closes."""
    came = [b""] * len(STREAMS)

    async def ask(at: int) -> None:
        came[at] = await served.says(STREAMS[at])

    async with trio.open_nursery() as nursery:
        for at in range(len(STREAMS)):
            nursery.start_soon(ask, at)
    return [
        (re.findall(rb"HTTP/1\.1 (\d+)", each), re.findall(rb"<[^>]*>?", each), b"connection: close" in each.lower())
        for each in came
    ]


class Wire:
    """A connection's bytes, out of a list."""

    def __init__(self, *comes: bytes) -> None:
        self.ahead = b""
        self.comes = list(comes)
        self.sent = b""

    async def read(self) -> bytes:
        """The next of them; at the end the client is gone."""
        await trio.lowlevel.checkpoint()
        return self.comes.pop(0) if self.comes else b""

    async def write(self, data: bytes) -> None:
        """Kept."""
        self.sent += data


def exchange(wire: Wire, length: int = 0, method: str = "POST", *, ends: bool = False) -> Exchange:
    """A request with a body of this length."""
    return Exchange(Head(method, b"/", [], length, ends), wire, ends=ends)


async def test_a_body_comes_as_it_arrives_and_what_follows_it_is_left() -> None:
    wire = Wire(b"ab", b"cdGET ")
    one = exchange(wire, 4)
    assert await one.receive() == {"type": "http.request", "body": b"ab", "more_body": True}
    assert await one.receive() == {"type": "http.request", "body": b"cd", "more_body": False}
    assert wire.ahead == b"GET "


async def test_a_body_that_breaks_off_is_told_and_ends_the_connection() -> None:
    one = exchange(Wire(b"ab"), 4)
    await one.receive()
    assert [await one.receive(), await one.receive()] == [{"type": "http.disconnect"}] * 2
    await one.finish()
    assert one.ends


async def test_who_waits_for_the_end_hears_of_it_once_the_answer_is_out(autojump_clock: trio.testing.MockClock) -> None:
    wire = Wire(*[b"G" * limits.HEAD_BYTES] * 3)
    one, heard = exchange(wire), list[object]()
    await one.receive()

    async def wait() -> None:
        heard.append(await one.receive())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        assert (heard, len(wire.comes)) == ([], 2)  # it does not read on for ever meanwhile
        await _answer(one)
    assert heard == [{"type": "http.disconnect"}]
    assert not one.ends


async def _answer(one: Exchange, *headers: tuple[bytes, bytes], body: bytes = b"ok", status: int = 200) -> None:
    await one.send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await one.send({"type": "http.response.body", "body": body})


async def test_what_was_not_read_is_thrown_away_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "SKIP_BYTES", 4)
    for length, ends in ((4, False), (8, True)):
        one = exchange(Wire(*[b"ab"] * 4), length)
        await _answer(one)
        await one.finish()
        assert one.ends is ends


async def test_nor_is_what_was_not_read_waited_for(autojump_clock: trio.testing.MockClock) -> None:
    wire = Wire()
    wire.read = trio.sleep_forever  # type: ignore[assignment,method-assign]  # pyright: ignore
    one = exchange(wire, 4)
    await _answer(one)
    await one.finish()
    assert one.ends
    assert trio.current_time() >= plain.SKIP_SECONDS


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\nb", b"a\rb", b"a\0b"])
async def test_no_header_of_ours_holds_another(value: bytes) -> None:
    wire = Wire()
    one = exchange(wire)
    with pytest.raises(ValueError, match="header"):
        await _answer(one, (b"location", value))
    await one.finish()
    assert wire.sent.startswith(b"HTTP/1.1 500 ")
    assert wire.sent.count(b"\r\n") == 5
    assert one.ends


@pytest.mark.parametrize("body", [b"a", b"abc"])
async def test_an_answer_of_another_length_than_it_says_is_not_taken_for_whole(body: bytes) -> None:
    one = exchange(Wire())
    with pytest.raises(RuntimeError, match="long"):
        await _answer(one, (b"content-length", b"2"), body=body)
    await one.finish()
    assert one.ends


async def test_an_answer_that_is_whole_ends_no_connection_though_its_end_is_never_said() -> None:
    one = exchange(Wire())
    await one.send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await one.send({"type": "http.response.body", "body": b"o", "more_body": True})
    await one.send({"type": "http.response.body", "body": b"k", "more_body": True})
    await one.finish()
    assert not one.ends


async def test_an_answer_is_said_once() -> None:
    one = exchange(Wire())
    with pytest.raises(RuntimeError, match="turn"):
        await one.send({"type": "http.response.body", "body": b""})
    await _answer(one)
    with pytest.raises(RuntimeError, match="turn"):
        await one.send({"type": "http.response.body", "body": b""})
    with pytest.raises(RuntimeError, match="turn"):
        await one.send({"type": "http.response.start", "status": 200, "headers": []})
