"""A carrier over NATS: the one file that knows it.

    plixa.node.NODE.LIFE                           a node hears its frames here
    plixa.back.NODE.LIFE.MARK.TO-NODE.TO-LIFE      … and here that nobody was there to take one: each frame is sent with
                                                   this as its reply, from which whoever takes it knows the sender

A client of our own, for of NATS this takes six words (CONNECT, SUB, PUB, MSG, HMSG, PING), and `nats-py` has three
habits that are wrong here: it runs under asyncio, which only `storage/` may know; it keeps what is published while
there is no connection and sends it later, when nobody waits for it any more; and a request by it costs 175 µs of CPU
beside 14.

What happens when …

    the server is away          `post` raises `Away` at once, open streams end; it is tried again, after 50 to 500 ms
    it lets us in no more       the same; the log says what it says
    it stops reading            frames wait, up to `MOST_UNSENT` bytes; after `WRITE_WITHIN` a new connection
    it hangs                    it is called every `PING` seconds; silent for `SILENT`, a new connection
    it cuts us off              the same: whatever was on its way may be lost, so all streams end
    there are several           NATS_URL lists them with commas: the next one is tried
"""

from __future__ import annotations

import random
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import lru_cache
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

import msgspec
import structlog
import trio

from plixa.engine.ports import Owner
from plixa.engine.settings import Settings
from plixa.engine.wire import CHUNK, Away, Carrier, Hears
from plixa.http.clients.tls import trusted

PORT = 4222
CONNECT_WITHIN, WRITE_WITHIN = 5.0, 5.0
PING, SILENT = 1.0, 3.0
PAUSE_FIRST, PAUSE_LONGEST = 0.05, 0.5
SOME_UNSENT, MOST_UNSENT = 1024 * 1024, 32 * 1024 * 1024
READ_AT_ONCE = 256 * 1024
LONGEST_LINE = 64 * 1024
LARGEST = CHUNK + 1024
TROUBLE = (OSError, trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError, ssl.SSLError)
log = structlog.get_logger("plixa.nats")


class NatsTrouble(OSError):
    """The server does not do as it should."""


class Info(msgspec.Struct):
    """What the server says of itself, as far as it matters here."""

    max_payload: int = 1024 * 1024
    headers: bool = False
    tls_required: bool = False


def over_nats(settings: Settings) -> Callable[[Owner], Carrier] | None:
    """What makes a node's carrier; None where there is no NATS."""
    urls = [urlsplit(url) for url in settings.nats_urls]
    return (lambda me: Nats(me, urls)) if urls else None


class Nats:
    """See the module's text."""

    def __init__(self, me: Owner, urls: list[SplitResult]) -> None:
        self.me = me
        self._urls = urls
        self._next = random.randrange(len(urls))
        self._unsent = bytearray()
        self._stirred = trio.Event()
        self._written = trio.Event()
        self.connected = False
        self._heard = 0.0

    def post(self, to: Owner, frame: bytes, mark: str) -> None:
        """See `Carrier`."""
        if not self.connected or len(self._unsent) > MOST_UNSENT:
            raise Away
        subject, reply = _node(to), f"plixa.back.{_tokens(self.me)}.{mark or '-'}.{_tokens(to)}"
        self._unsent += f"PUB {subject} {reply} {len(frame)}\r\n".encode()
        self._unsent += frame
        self._unsent += b"\r\n"
        self._stirred.set()

    async def room(self) -> None:
        """See `Carrier`."""
        while self.connected and len(self._unsent) > SOME_UNSENT:
            await self._written.wait()

    async def run(self, hears: Hears, *, task_status: trio.TaskStatus[None]) -> None:
        """See `Carrier`. Goes on trying while there is no server; begun once the first try is over."""
        pause, begun = PAUSE_FIRST, False
        while True:
            url = self._urls[self._next % len(self._urls)]
            try:
                async with _connected(url, self.me) as reading, trio.open_nursery() as nursery:
                    self._begin(trio.current_time())
                    hears.mended()
                    log.info("nats_connected", server=url.hostname, port=url.port or PORT)
                    pause = PAUSE_FIRST
                    if not begun:
                        task_status.started()
                        begun = True
                    nursery.start_soon(self._write, reading.stream)
                    nursery.start_soon(self._ping)
                    await self._read(reading, hears)
            except* TROUBLE as group:
                log.warning(
                    "nats_away", server=url.hostname, error=str(group.exceptions[0]) or repr(group.exceptions[0])
                )
            finally:
                self._end()
                hears.cut()
            if not begun:
                task_status.started()
                begun = True
            self._next += 1
            await trio.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, PAUSE_LONGEST)

    def _begin(self, now: float) -> None:
        self._unsent.clear()
        self.connected, self._heard = True, now

    def _end(self) -> None:
        self.connected = False
        self._unsent.clear()
        self._written.set()

    async def _write(self, stream: trio.abc.Stream) -> None:
        while True:
            await self._stirred.wait()
            self._stirred = trio.Event()
            while self._unsent:
                data, self._unsent = self._unsent, bytearray()
                with trio.fail_after(WRITE_WITHIN):
                    await stream.send_all(data)
                self._written.set()
                self._written = trio.Event()

    async def _ping(self) -> None:
        while True:
            await trio.sleep(PING)
            if trio.current_time() - self._heard > SILENT:
                raise NatsTrouble("nothing was heard of it")
            self._say(b"PING\r\n")

    def _say(self, word: bytes) -> None:
        self._unsent += word
        self._stirred.set()

    async def _read(self, reading: Reading, hears: Hears) -> None:
        while True:
            word, arguments, data = await reading.next()
            self._heard = trio.current_time()
            if word == b"MSG":
                hears.arrived(_origin(arguments[2].decode()), data)
            elif word == b"HMSG":
                _, mark, to = _back(arguments[0].decode())
                hears.nobody(to, mark)
            elif word == b"PING":
                self._say(b"PONG\r\n")
            elif word == b"-ERR":
                raise NatsTrouble(b" ".join(arguments).decode(errors="replace"))


class Reading:
    """What the server says, word by word."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self._came = bytearray()
        self._at = 0

    async def next(self) -> tuple[bytes, list[bytes], bytes]:
        """A word with its arguments, and the data that it brings. Raises `NatsTrouble` where it has hung up."""
        word, *arguments = (await self._line()).split() or [b""]
        if word not in (b"MSG", b"HMSG"):
            return word.upper(), arguments, b""
        size = int(arguments[-1])
        if size > LARGEST:
            raise NatsTrouble("a message is too large")
        while len(self._came) - self._at < size + 2:
            await self._more()
        data = bytes(self._came[self._at : self._at + size])
        self._at += size + 2
        return word, arguments, data

    async def _line(self) -> bytes:
        while (end := self._came.find(b"\r\n", self._at)) < 0:
            if len(self._came) - self._at > LONGEST_LINE:
                raise NatsTrouble("it speaks another language")
            await self._more()
        line = bytes(self._came[self._at : end])
        self._at = end + 2
        return line

    async def _more(self) -> None:
        if self._at:
            del self._came[: self._at]
            self._at = 0
        data = await self.stream.receive_some(READ_AT_ONCE)
        if not data:
            raise NatsTrouble("it has hung up")
        self._came += data


@asynccontextmanager
async def _connected(url: SplitResult, me: Owner) -> AsyncGenerator[Reading]:
    """A connection on which this node is heard. Raises `TROUBLE`."""
    with trio.fail_after(CONNECT_WITHIN):
        stream: trio.abc.Stream = await trio.open_tcp_stream(url.hostname or "127.0.0.1", url.port or PORT)
    try:
        with trio.fail_after(CONNECT_WITHIN):
            reading = Reading(stream)
            info = await _info(reading)
            if url.scheme == "tls" or info.tls_required:
                stream = trio.SSLStream(stream, _authorities(url), server_hostname=url.hostname)
                reading = Reading(stream)
            await stream.send_all(_hello(url, me))
            await _welcome(reading)
        yield reading
    finally:
        await trio.aclose_forcefully(stream)


async def _info(reading: Reading) -> Info:
    word, arguments, _ = await reading.next()
    if word != b"INFO":
        raise NatsTrouble("it is no NATS server")
    try:
        info = msgspec.json.decode(b" ".join(arguments), type=Info)
    except msgspec.MsgspecError as error:
        raise NatsTrouble(str(error)) from None
    if info.max_payload < LARGEST or not info.headers:
        raise NatsTrouble(f"it must take messages with headers and of {LARGEST} bytes (max_payload)")
    return info


def _authorities(url: SplitResult) -> ssl.SSLContext:
    """Whom is believed: the world's authorities, or the one of a file that the URL names (`?ca=/etc/nats/ca.pem`)."""
    own = parse_qs(url.query).get("ca")
    return ssl.create_default_context(cafile=own[0]) if own else trusted()


def _hello(url: SplitResult, me: Owner) -> bytes:
    options: dict[str, object] = {
        "verbose": False, "pedantic": False, "headers": True, "no_responders": True, "echo": False, "protocol": 1,
        "lang": "python", "version": "1", "name": f"plixa {me.node}", "tls_required": url.scheme == "tls",
    }  # fmt: skip
    if url.password is not None:
        options |= {"user": unquote(url.username or ""), "pass": unquote(url.password)}
    elif url.username:
        options["auth_token"] = unquote(url.username)
    heard = f"SUB {_node(me)} 1\r\nSUB plixa.back.{_tokens(me)}.> 2\r\nPING\r\n"
    return b"CONNECT " + msgspec.json.encode(options) + b"\r\n" + heard.encode()


async def _welcome(reading: Reading) -> None:
    """Wait for the answer to what was called after all else: it has been taken."""
    while True:
        word, arguments, _ = await reading.next()
        if word == b"PONG":
            return
        if word == b"-ERR":
            raise NatsTrouble(b" ".join(arguments).decode(errors="replace"))


# -- names of places --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _tokens(place: Owner) -> str:
    """A node's name and life as two tokens of a subject."""
    return ".".join(quote(each, safe="").replace(".", "%2E") for each in place)


def _node(place: Owner) -> str:
    return f"plixa.node.{_tokens(place)}"


def _back(subject: str) -> tuple[Owner, str, Owner]:
    """Who sent it, with which mark, and to whom."""
    node, life, mark, to_node, to_life = subject.split(".")[2:]
    return Owner(unquote(node), unquote(life)), mark, Owner(unquote(to_node), unquote(to_life))


@lru_cache(maxsize=1024)
def _place(tokens: tuple[str, str]) -> Owner:
    return Owner(unquote(tokens[0]), unquote(tokens[1]))


def _origin(reply: str) -> Owner:
    tokens = reply.split(".", 4)
    return _place((tokens[2], tokens[3]))
