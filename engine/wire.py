"""Streams of messages between nodes, over a carrier that may lose whatever it is given.

    Wires        all streams of one node: `open` one to another node, `run` with a handler for those that others open
    Stream       one of them: messages both ways, in order, each once, or `Broken`
    Carrier      takes single frames to a node, at most once and in order: in memory (`network.py`) or by NATS

What a stream promises, and how:

- *In order, whole, once.* Frames are numbered. One that is missing ends the stream at both ends; nothing is repeated.
- *Bounded.* At most `WINDOW` chunks of `CHUNK` bytes are on their way in one direction; whoever takes one out gives the
  credit for the next. Requests and sockets have bounds of their own, and all bytes that wait in a node have one
  together, past which nothing new is opened (`Overloaded`), and a stream whose frame is too much ends.
- *It ends.* Each end says every `BEAT` seconds that it is there, how much it has sent and how much it has taken; who
  hears nothing for `SILENCE` seconds has lost the other. Each node with which there are streams is called every `CALL`
  seconds, and a carrier that knows nobody there says so: then all of them end at once.

    what raises, hangs or is cut                     who hears what
    the carrier has no connection (`Away`)           `open`: `NobodyThere`, nothing was sent; open streams: `Broken`
    nobody has that name                             `NobodyThere` if the first frame was not taken, else `Broken`
    a frame is lost                                  both ends `Broken`, with the next frame or the next beat
    the handler raises                               it is logged; the other end hears `Broken`
    the other end stops reading                      `send` waits: a beat says that it lives, the window that it is slow
    the other end sleeps                             `Broken` after `SILENCE`
    whoever opened it leaves the block early         the handler's `receive` and `send` raise `Broken`
    the block, or the handler, is cancelled          the same
"""

from __future__ import annotations

import math
import secrets
from collections import Counter, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from struct import Struct
from typing import Literal, NamedTuple, Protocol

import structlog
import trio

from plixa.engine.errors import Overloaded
from plixa.engine.ports import Owner

CHUNK = 256 * 1024
WINDOW = 8
GIVE_BACK = 4
"""Chunks that are taken until their credit goes back by itself; other frames carry it along before."""
LONGEST = 16 * 1024 * 1024
"""Bytes of one message."""
IN_FLIGHT = 32 * 1024 * 1024
"""Bytes of all streams of a node that were sent and not taken, or have come and were not."""
BEAT, SILENCE, CALL = 5.0, 15.0, 1.0
Kind = Literal["request", "socket"]
KINDS: tuple[Kind, ...] = ("request", "socket")
MOST: Mapping[Kind, int] = {"request": 2_000, "socket": 20_000}
"""Streams of a kind that a node has at a time, whoever opened them."""
log = structlog.get_logger("plixa.wire")


class Broken(Exception):
    """The stream is over before its end: it is not known what the other end has done."""


class NobodyThere(Broken):
    """There is no such node, or no way to it: it has heard nothing."""


class Away(Exception):
    """The carrier takes nothing at the moment."""


class Hears(Protocol):
    """Who is told of what a carrier brings."""

    def arrived(self, origin: Owner, frame: bytes) -> None:
        """A frame, from there."""
        ...

    def nobody(self, place: Owner, mark: str) -> None:
        """There is nobody to take the frame that was posted with this mark."""
        ...

    def cut(self) -> None:
        """Frames may have been lost, both ways."""
        ...

    def mended(self) -> None:
        """Frames are taken again."""
        ...


class Carrier(Protocol):
    """Takes frames to nodes: each at most once, those from one to another in order."""

    me: Owner

    @property
    def connected(self) -> bool:
        """Whether it takes anything at the moment."""
        ...

    def post(self, to: Owner, frame: bytes, mark: str) -> None:
        """Send on. Raises `Away`. mark: what `nobody` is told."""
        ...

    async def room(self) -> None:
        """Wait until not much waits to be sent."""
        ...

    async def run(self, hears: Hears, *, task_status: trio.TaskStatus[None]) -> None:
        """Bring what comes, until cancelled."""
        ...


# -- frames -----------------------------------------------------------------------------------------------------------

_HEAD = Struct(">BBII8s")
DATA, BEATS, CREDIT, RESET, CALLS = range(5)
OPENS, MORE, LAST, BACK, SOCKET = 1, 2, 4, 8, 16
"""Flags: the first frame; the message goes on; no message comes after it; from whoever was opened to; a socket."""


class Frame(NamedTuple):
    """One frame. sent: chunks so far, with this one. taken: chunks of the other end that were taken out so far."""

    type: int
    flags: int
    sent: int
    taken: int
    id: bytes
    body: bytes

    def encoded(self) -> bytes:
        """As bytes."""
        return _HEAD.pack(*self[:5]) + self.body


def frame_of(data: bytes) -> Frame:
    """A frame. Raises `ValueError`."""
    if len(data) < _HEAD.size:
        raise ValueError("this is no frame")
    type_, flags, sent, taken, id_ = _HEAD.unpack_from(data)
    return Frame(type_, flags, sent, taken, id_, data[_HEAD.size :])


# -- streams ----------------------------------------------------------------------------------------------------------


class Stream:
    """One end of a stream. One task may send and another one receive."""

    def __init__(self, wires: Wires, place: Owner, id_: bytes, kind: Kind, back: int) -> None:
        self.place, self.id = place, id_
        self.kind: Kind = kind
        self._wires, self.back = wires, back
        self._came: deque[Frame] = deque()
        self._unread: deque[int] = deque()
        """Sizes of what was sent and not taken."""
        self._sent = self._acknowledged = self._received = self._taken = self._told = 0
        self._sending = trio.Lock()
        self._stirred = trio.Event()
        self._said_last = self._heard_last = False
        self._over: Exception | None = None
        self.quiet_since = self.heard = trio.current_time()

    @property
    def answered(self) -> bool:
        """Whether anything has come from the other end."""
        return self._received > 0

    async def send(self, message: bytes, *, last: bool = False) -> None:
        """Send one message; waits while the window is full. Raises `Broken`, `Overloaded`. last: there is no more.

        `Overloaded`: the other node has taken nothing of this stream.
        """
        async with self._sending:
            for at in range(0, max(len(message), 1), CHUNK):
                await self._window()
                ends = at + CHUNK >= len(message)
                self._put(message[at : at + CHUNK], (0 if ends else MORE) | (LAST if last and ends else 0))
            self._said_last = last
        await self._wires.carrier.room()

    def begin(self, message: bytes, *, last: bool) -> bytes:
        """Send the first chunk of the first message, as which the stream is opened; returns the rest."""
        first, rest = message[:CHUNK], message[CHUNK:]
        self._put(first, OPENS | (SOCKET if self.kind == "socket" else 0) | (MORE if rest else LAST if last else 0))
        self._said_last = last and not rest
        return rest

    async def receive(self) -> bytes | None:
        """The next message, None where there are no more. Raises `Broken`, `Overloaded` when all that came is taken."""
        whole: list[bytes] = []
        while True:
            while not self._came:
                if self._heard_last:
                    return None
                await self._stir()
            frame = self._take()
            whole.append(frame.body)
            if not frame.flags & MORE:
                return whole[0] if len(whole) == 1 else b"".join(whole)
            if sum(map(len, whole)) > LONGEST:
                self.end(Broken("the message is too long"), tell=True)

    def _take(self) -> Frame:
        frame = self._came.popleft()
        self._wires.in_flight -= len(frame.body)
        self._taken += 1
        self._heard_last |= bool(frame.flags & LAST)
        if self._taken - self._told >= GIVE_BACK and self._over is None:
            self.say(CREDIT)
        return frame

    async def _window(self) -> None:
        while self._sent - self._acknowledged >= WINDOW:
            await self._stir()
        if self._over is not None:
            raise self._over

    async def _stir(self) -> None:
        """Wait until something has happened. Raises why it is over."""
        if self._over is not None:
            raise self._over
        if self._stirred.is_set():
            self._stirred = trio.Event()
        await self._stirred.wait()

    def _put(self, chunk: bytes, flags: int) -> None:
        self._sent += 1
        self._unread.append(len(chunk))
        self._wires.in_flight += len(chunk)
        self.say(DATA, flags, chunk)

    def say(self, type_: int, flags: int = 0, body: bytes = b"") -> None:
        """Post a frame; what cannot be posted ends the stream. Raises `Broken` then."""
        self._told, self.quiet_since = self._taken, trio.current_time()
        frame = Frame(type_, flags | self.back, self._sent, self._taken, self.id, body)
        try:
            self._wires.carrier.post(self.place, frame.encoded(), f"{self.id.hex()}{self._sent}")
        except Away:
            error = NobodyThere("no way") if flags & OPENS else Broken("the way to other nodes is cut")
            self.end(error)
            raise error from None

    def hear(self, frame: Frame) -> None:
        """Take what came from the other end."""
        self.heard = trio.current_time()
        while self._acknowledged < frame.taken and self._unread:
            self._wires.in_flight -= self._unread.popleft()
            self._acknowledged += 1
        if frame.type == RESET:
            over = Overloaded("another node") if frame.body == b"overloaded" else Broken(frame.body.decode())
            self.end(over)
        elif frame.sent != self._received + (frame.type == DATA):
            self.end(Broken("something was lost on the way"), tell=True)
        elif frame.type == DATA:
            self._arrive(frame)
        self._stirred.set()

    def _arrive(self, frame: Frame) -> None:
        self._received += 1
        if len(self._came) >= WINDOW:
            self.end(Broken("more came than the window holds"), tell=True)
        elif self._wires.in_flight > self._wires.most_in_flight:
            self.end(Broken("too much waits in the other node"), tell=True)
        else:
            self._came.append(frame)
            self._wires.in_flight += len(frame.body)

    def end(self, why: Exception, *, tell: bool = False) -> None:
        """It is over. tell: the other end does not know."""
        if self._over is not None:
            return
        self._over = why
        self._wires.forget(self)
        self._wires.in_flight -= sum(self._unread)
        self._unread.clear()
        self._stirred.set()
        if tell:
            with suppress(Broken):
                self.say(RESET, body=str(why).encode())

    async def gone(self) -> None:
        """Wait until it is over. Raises why."""
        while True:
            await self._stir()

    def close(self) -> None:
        """Let go of it; the other end hears of it unless both have said their last."""
        both = self._said_last and (self._heard_last or any(frame.flags & LAST for frame in self._came))
        self.end(Broken("the other end has gone"), tell=not both)
        self._wires.in_flight -= sum(len(frame.body) for frame in self._came)
        self._came.clear()

    def judge(self, now: float) -> None:
        """Say that this end is there, or find that the other one is not."""
        if now - self.heard > SILENCE:
            self.end(Broken("nothing was heard of the other node"), tell=True)
        elif now - self.quiet_since >= BEAT:
            with suppress(Broken):
                self.say(BEATS)


Handler = Callable[[Stream], Awaitable[None]]


class Wire(Protocol):
    """The port: how one node speaks to another one."""

    def open(
        self, to: Owner, first: bytes, kind: Kind = "request", *, last: bool = False
    ) -> AbstractAsyncContextManager[Stream]:
        """A stream to that node, with its first message. Raises `NobodyThere`, `Overloaded`, and as `Stream` does."""
        ...


class Wires:
    """All streams of one node. See the module's text."""

    def __init__(self, carrier: Carrier, most: Mapping[Kind, int] = MOST, most_in_flight: int = IN_FLIGHT) -> None:
        self.carrier = carrier
        self.in_flight = 0
        self.most_in_flight = most_in_flight
        self.streams: dict[tuple[Owner, int, bytes], Stream] = {}
        self._most = most
        self._count: Counter[Kind] = Counter()
        self._handler: Handler | None = None
        self._nursery: trio.Nursery | None = None
        self._connected_at = -math.inf
        self._untold: list[tuple[Owner, Frame]] = []

    @property
    def away_for(self) -> float:
        """For how many seconds there has been no way to other nodes, as far as that was looked at (`CALL`)."""
        return 0.0 if self.carrier.connected else trio.current_time() - self._connected_at

    @property
    def counts(self) -> Mapping[Kind, int]:
        """How many streams there are of each kind."""
        return self._count

    async def drain(self) -> None:
        """Wait until no request is under way. The caller sets the limit."""
        while self._count["request"]:  # noqa: ASYNC110  # once in a process's life
            await trio.sleep(0.01)

    @asynccontextmanager
    async def open(
        self, to: Owner, first: bytes, kind: Kind = "request", *, last: bool = False
    ) -> AsyncGenerator[Stream]:
        """See `Wire.open`."""
        if self._is_full(kind):
            raise Overloaded("the way to other nodes")
        stream = self._add(Stream(self, to, secrets.token_bytes(8), kind, 0))
        try:
            if rest := stream.begin(first, last=last):
                await stream.send(rest, last=last)
            yield stream
        finally:
            stream.close()

    async def run(self, handler: Handler, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Answer what other nodes open, until cancelled; what `handler` raises ends its stream alone."""
        async with trio.open_nursery() as nursery:
            self._handler, self._nursery, self._connected_at = handler, nursery, trio.current_time()
            nursery.start_soon(self._pulse)
            await nursery.start(self._carry)
            task_status.started()

    async def _carry(self, *, task_status: trio.TaskStatus[None]) -> None:
        await self.carrier.run(self, task_status=task_status)

    async def _pulse(self) -> None:
        while True:
            await trio.sleep(CALL)
            now = trio.current_time()
            if self.carrier.connected:
                self._connected_at = now
            for place in {stream.place for stream in self.streams.values()}:
                with suppress(Away):
                    self.carrier.post(place, Frame(CALLS, 0, 0, 0, bytes(8), b"").encoded(), "")
            for stream in list(self.streams.values()):
                stream.judge(now)

    # -- what a carrier tells -----------------------------------------------------------------------------------------

    def arrived(self, origin: Owner, frame: bytes) -> None:
        """See `Hears`."""
        try:
            read = frame_of(frame)
        except ValueError:
            log.warning("frame_not_read", node=origin.node)
            return
        if stream := self.streams.get((origin, (read.flags & BACK) ^ BACK, read.id)):
            stream.hear(read)
        elif read.type == DATA and read.flags & OPENS:
            self._take(origin, read)
        elif read.type in (DATA, BEATS):
            self._refuse(origin, read, b"the stream is over")

    def nobody(self, place: Owner, mark: str) -> None:
        """See `Hears`."""
        for stream in self._with(place):
            first = mark == f"{stream.id.hex()}1" and not stream.back
            stream.end(NobodyThere("no such node") if first else Broken("the other node is gone"))

    def lost(self, place: Owner) -> None:
        """That node is known to be gone."""
        for stream in self._with(place):
            stream.end(Broken("the other node is gone"))

    def cut(self) -> None:
        """See `Hears`."""
        for stream in list(self.streams.values()):
            self._untold.append((stream.place, Frame(RESET, stream.back, 0, 0, stream.id, b"the way was cut")))
            stream.end(Broken("the way to other nodes is cut"))

    def mended(self) -> None:
        """See `Hears`. Whose way was not cut waits for what will not come: it is told now, not with its next beat."""
        untold, self._untold = self._untold, []
        for place, frame in untold:
            with suppress(Away):
                self.carrier.post(place, frame.encoded(), "")

    # -- books --------------------------------------------------------------------------------------------------------

    def forget(self, stream: Stream) -> None:
        """It is over."""
        if self.streams.pop((stream.place, stream.back, stream.id), None) is stream:
            self._count[stream.kind] -= 1

    def _with(self, place: Owner) -> Collection[Stream]:
        return [stream for stream in self.streams.values() if stream.place == place]

    def _is_full(self, kind: Kind) -> bool:
        return self._count[kind] >= self._most[kind] or self.in_flight > self.most_in_flight

    def _add(self, stream: Stream) -> Stream:
        self.streams[stream.place, stream.back, stream.id] = stream
        self._count[stream.kind] += 1
        return stream

    def _take(self, origin: Owner, frame: Frame) -> None:
        kind: Kind = "socket" if frame.flags & SOCKET else "request"
        if self._nursery is None or self._is_full(kind):
            self._refuse(origin, frame, b"overloaded")
            return
        stream = self._add(Stream(self, origin, frame.id, kind, BACK))
        stream.hear(frame)
        self._nursery.start_soon(self._handle, stream)

    def _refuse(self, origin: Owner, frame: Frame, why: bytes) -> None:
        refusal = Frame(RESET, (frame.flags & BACK) ^ BACK, 0, 0, frame.id, why)
        with suppress(Away):
            self.carrier.post(origin, refusal.encoded(), "")

    async def _handle(self, stream: Stream) -> None:
        try:
            assert self._handler is not None
            await self._handler(stream)
        except* (Broken, Overloaded):
            pass  # the other end has gone, and knows why
        except* Exception as group:
            log.error("carried_failed", error=type(group.exceptions[0]).__name__, exc_info=group)
        finally:
            stream.close()
