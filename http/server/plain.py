"""Plain requests, which nearly all are: a head that can be read in one way only, and a body whose length it says.

A request through Hypercorn's state machine is a task, a queue and some forty calls of h11, a multiple of what a durable
message costs apart from it. A plain one is answered in its connection's own task: the application reads its body from
the socket, and its answer goes out in one write.

Whatever is not plain (chunks, `Upgrade`, `Expect`, HTTP/1.0, two lengths, a bare line feed, a method that we have not,
a head that is too large) is left to Hypercorn (`protocol.py`), from that request on and for the rest of its connection.
So nothing is decided here that anybody could see differently: what is taken, h11 reads in the same way, and what is to
be refused, it refuses (`tests/http/test_plain.py` holds the two against each other).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from time import time
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote
from wsgiref.handlers import format_date_time

import trio

from plixa.http.server.early import SKIP_BYTES, SKIP_SECONDS, Message
from plixa.http.server.limits import HEAD_BYTES, HEADERS

END = b"\r\n\r\n"
_LINE = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/[!-~]*) HTTP/1\.1")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t -~\x80-\xff]*)")
_LENGTH = re.compile(rb"[0-9]{1,15}")
_NEVER = frozenset((b"transfer-encoding", b"upgrade", b"expect"))
_ONCE = (b"host", b"content-length", b"connection")
_GONE: Message = {"type": "http.disconnect"}
BODILESS = (204, 304)


class Head(NamedTuple):
    """A request's head. Names in small letters; length: of the body, in bytes; closes: the client wants no more."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    length: int
    closes: bool

    def scope(self, **more: Any) -> dict[str, Any]:
        """What ASGI calls it."""
        path, _, query = self.target.partition(b"?")
        return {
            "type": "http",
            "http_version": "1.1",
            "asgi": {"spec_version": "2.1", "version": "3.0"},
            "method": self.method,
            "scheme": "http",
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": self.headers,
            "extensions": {},
            **more,
        }


def head_of(raw: bytes) -> Head | None:
    """A head, given without the empty line at its end; None where it is not plain."""
    first, *lines = raw.split(b"\r\n", HEADERS + 1)
    line = _LINE.fullmatch(first)
    fields = [_FIELD.fullmatch(each) for each in lines]
    if line is None or len(lines) > HEADERS or None in fields:
        return None
    headers = [(field[1].lower(), field[2].strip(b" \t")) for field in fields if field]
    said = dict(headers)
    length, connection = said.get(b"content-length", b"0"), said.get(b"connection", b"keep-alive").lower()
    if not (
        b"host" in said
        and _LENGTH.fullmatch(length)
        and connection in (b"keep-alive", b"close")
        and _NEVER.isdisjoint(said)
        and (len(said) == len(headers) or _are_once(headers))
    ):
        return None
    return Head(line[1].decode(), line[2], headers, int(length), connection == b"close")


def _are_once(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    names = [name for name, _ in headers]
    return all(names.count(each) <= 1 for each in _ONCE)


def may_be_plain(begun: bytes) -> bool:
    """Whether it is worth waiting for the rest of a head: anything else is Hypercorn's to refuse, and at once."""
    return len(begun) <= HEAD_BYTES and begun[:1].isupper() and b"\n\n" not in begun and b"\n\r\n" not in begun


class Line(Protocol):
    """The connection's bytes."""

    ahead: bytes
    """What came after the part of the request that was taken."""

    async def read(self) -> bytes:
        """What comes next; nothing when the client is gone."""
        ...

    async def write(self, data: bytes) -> None:
        """Send it, whole; to a client that is gone, into the void."""
        ...


class Exchange:
    """One request and its answer, as an ASGI application sees them: `receive` and `send`.

    ends: whether the connection is closed after the answer; it is, too, where the answer is not whole.
    """

    def __init__(self, head: Head, line: Line, *, ends: bool) -> None:
        self._line = line
        self._unread = head.length
        self._told = False
        self._listening = trio.CancelScope()
        self._bodiless = head.method == "HEAD"
        self._start: Message | None = None
        self._owed: int | None = None  # of the answer's body, where its length was said
        self.begun = self.answered = False
        self.ends = ends

    async def receive(self) -> Message:
        """The body's next part; once it is over, that the client is gone, or has its answer."""
        if self._told:
            return await self._until_gone()
        data = await self._part() if self._unread else b""
        if self._unread and not data:
            self.ends = self._told = True
            return _GONE
        self._unread -= len(data)
        self._told = not self._unread
        return {"type": "http.request", "body": data, "more_body": not self._told}

    async def send(self, message: Message) -> None:
        """The answer's start, which waits for the first part of its body, or such a part."""
        if message["type"] == "http.response.start" and self._start is None:
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None and not self.answered:
            await self._send_part(bytes(message.get("body", b"")), last=not message.get("more_body"))
        else:
            raise RuntimeError(f"{message['type']} is out of its turn")

    async def finish(self) -> None:
        """Once the application has returned: what it has not read is thrown away, up to a limit."""
        if not self.answered and not (self.begun and self._owed == 0):  # whole for its client, who may ask on
            self.ends = True
            if not self.begun:
                self._start = {"status": 500, "headers": [(b"content-length", b"0")]}
                await self._send_part(b"", last=True)
        with trio.move_on_after(SKIP_SECONDS):
            skipped = 0
            while self._unread and skipped < SKIP_BYTES and (data := await self._part()):
                self._unread -= len(data)
                skipped += len(data)
        self.ends = self.ends or self._unread > 0

    async def _part(self) -> bytes:
        data = self._line.ahead or await self._line.read()
        self._line.ahead = data[self._unread :]
        return data[: self._unread]

    async def _until_gone(self) -> Message:
        if self.answered:
            return _GONE
        with trio.CancelScope() as self._listening:  # one of its own each time: who asked may have been called off
            while len(self._line.ahead) < HEAD_BYTES:  # its next request may be here before this one is answered
                data = await self._line.read()
                if not data:
                    return _GONE
                self._line.ahead += data
            await trio.sleep_forever()
        return _GONE

    async def _send_part(self, data: bytes, *, last: bool) -> None:
        out = b"" if self.begun else self._begin(len(data) if last else None)
        if self._bodiless:
            data = b""
        elif self._owed is None:
            data = (b"%x\r\n%b\r\n" % (len(data), data) if data else b"") + (b"0\r\n\r\n" if last else b"")
        else:
            self._owed -= len(data)
            if self._owed < 0 or (last and self._owed):
                raise RuntimeError("the body is not as long as was said")
        if out or data:
            await self._line.write(out + data)
        if last:
            self.answered = True
            self._listening.cancel()

    def _begin(self, whole: int | None) -> bytes:
        """The answer's head. whole: how long its body is, where that is known."""
        assert self._start is not None
        status, headers = self._start["status"], list(self._start.get("headers", ()))
        said = {name.lower(): value for name, value in headers}
        self._bodiless = self._bodiless or status in BODILESS
        if b"content-length" in said:
            self._owed = int(said[b"content-length"])
        elif not self._bodiless:
            self._owed = whole
            headers.append((b"transfer-encoding", b"chunked") if whole is None else (b"content-length", b"%d" % whole))
        self.ends = self.ends or said.get(b"connection", b"").lower() == b"close"
        if self.ends and b"connection" not in said:
            headers.append((b"connection", b"close"))
        head = _head(status, [*headers, (b"date", _date(int(time())))])
        self.begun = True
        return head


def _head(status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
    lines = [b"HTTP/1.1 %d " % status, *[b"%b: %b" % each for each in headers]]
    head = b"\r\n".join(lines)
    if not head.count(b"\r") == head.count(b"\n") == len(headers) or b"\0" in head:
        raise ValueError("a header has the end of a line in it")
    return head + END


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return format_date_time(second).encode()
