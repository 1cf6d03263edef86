"""Many WebSockets that read, in one process and as cheaply as can be: raw sockets, and no frame is taken apart.

Frames from a server are plain bytes on the wire, so events are counted by what each contains exactly once, and their
age is read from the mark that `messages` puts in every text. The same reader serves every server.

Reads a `Spec` as a line of JSON; says `ready` once all sockets are subscribed; reads on its input how many messages
were sent once that is known; ends when every socket has that many, or when nothing more comes; writes a `Result`.
"""

from __future__ import annotations

import gc
import re
import select
import socket
import struct
import sys
import time
from base64 import b64encode

import msgspec
from msgspec import Struct

from tests.bench.figures import percentile
from tests.bench.load import Target
from tests.bench.messages import MARK
from tests.bench.processes import Failed, finish, start_module

EVENT = b'"type":"message.received"'
LIVE = b'"op":"live"'
QUIET = 3.0
HANDSHAKE_LIMIT = 10.0
_AGE = re.compile(MARK + rb"(\d{19})")


class Spec(Struct, frozen=True, kw_only=True):
    """How many sockets. `greeting` is the frame that subscribes, where the server wants one; it then answers `live`.

    bearers: whose sockets they are, in turn, where they are not all those of the target's headers.
    aged: note how old each event is on arrival; it is left out where only the throughput counts.
    """

    target: Target
    sockets: int
    greeting: str | None = None
    bearers: tuple[str, ...] = ()
    aged: bool = False


class Result(Struct, frozen=True, kw_only=True):
    """What arrived. `complete`: the sockets that got every message. `last_at` is on the machine's monotonic clock."""

    events: int
    complete: int
    last_at: float
    p50_ms: float
    p99_ms: float
    bytes: int
    cpu: float


class Reader:
    """A process that reads. Start it, then send messages, then ask for the result."""

    def __init__(self, spec: Spec) -> None:
        self._process = start_module("sockets", msgspec.json.encode(spec))
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise Failed(f"{spec.sockets} sockets could not be opened on port {spec.target.port}.")

    def result(self, messages: int) -> Result:
        """Wait until all have arrived, given how many there are."""
        return msgspec.json.decode(finish(self._process, b"%d\n" % messages), type=Result)

    def stop(self) -> None:
        """End it, if it still runs."""
        self._process.kill()
        self._process.wait()


class Ear:
    """One socket. `tail` is the end of what came, in case an event is cut in two there."""

    __slots__ = ("age_tail", "events", "last_mark", "socket", "tail")

    def __init__(self, spec: Spec, number: int) -> None:
        self.events = 0
        self.tail = b""
        self.age_tail = b""
        self.last_mark = b""
        self.socket = socket.create_connection((spec.target.host, spec.target.port), HANDSHAKE_LIMIT)
        self.socket.sendall(_upgrade(spec.target, _whose(spec, number)))
        self._await(b"\r\n\r\n", b" 101 ")
        if spec.greeting is not None:
            self.socket.sendall(_frame(spec.greeting.encode()))
            self._await(LIVE, b"")
        self.socket.setblocking(False)

    def _await(self, what: bytes, needed: bytes) -> None:
        data = b""
        while what not in data:
            more = self.socket.recv(65536)
            data += more
            if not more:
                break
        if what not in data or needed not in data:
            sys.exit(f"instead of {what!r} the server said {data[:500]!r}")

    def take(self, data: bytes) -> None:
        """Count the events in what came."""
        whole = self.tail + data
        self.events += whole.count(EVENT)
        self.tail = whole[1 - len(EVENT) :]

    def ages(self, data: bytes, now: int) -> list[float]:
        """How old the events in what came are, in seconds. A text that is in its event twice counts once."""
        whole = self.age_tail + data
        ages: list[float] = []
        end = 0
        for found in _AGE.finditer(whole):
            end = found.end()
            if found[1] != self.last_mark:
                self.last_mark = found[1]
                ages.append((now - int(found[1])) / 1e9)
        self.age_tail = whole[max(end, len(whole) - len(MARK) - 18) :]
        return ages


def _whose(spec: Spec, number: int) -> dict[str, str]:
    return {"authorization": spec.bearers[number % len(spec.bearers)]} if spec.bearers else {}


def _upgrade(target: Target, whose: dict[str, str]) -> bytes:
    headers = {
        "host": f"{target.host}:{target.port}",
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": b64encode(bytes(16)).decode(),
        **target.headers,
        **whose,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"GET {target.path} HTTP/1.1\r\n{lines}\r\n".encode()


def _frame(text: bytes) -> bytes:
    """A masked text frame of up to 125 bytes; a mask of zeros is one too."""
    return struct.pack("!BB4x", 0x81, 0x80 | len(text)) + text


class Reading:
    """All sockets, read until everything is there."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._ears = [Ear(spec, number) for number in range(spec.sockets)]
        self._by_number = {ear.socket.fileno(): ear for ear in self._ears}
        self._ages: list[float] = []
        self._bytes = 0
        self._last_at = time.monotonic()
        self._expected: int | None = None

    def run(self) -> Result:
        """Read to the end."""
        poll, cpu = select.epoll(), time.process_time()
        poll.register(sys.stdin, select.EPOLLIN)
        for number in self._by_number:
            poll.register(number, select.EPOLLIN)
        while not self._done():
            for number, _ in poll.poll(0.1):
                if number == sys.stdin.fileno():
                    self._expected = int(sys.stdin.readline())
                    poll.unregister(number)
                elif not self._read(self._by_number[number]):
                    poll.unregister(number)
        return self._result(time.process_time() - cpu)

    def _done(self) -> bool:
        if self._expected is None:
            return False
        complete = all(ear.events >= self._expected for ear in self._ears)
        return complete or time.monotonic() > self._last_at + QUIET

    def _read(self, ear: Ear) -> bool:
        data = ear.socket.recv(262_144)
        now = time.monotonic_ns()
        before = ear.events
        ear.take(data)
        if ear.events > before:
            self._last_at = now / 1e9
        if self._spec.aged:
            self._ages += ear.ages(data, now)
        self._bytes += len(data)
        return bool(data)

    def _result(self, cpu: float) -> Result:
        return Result(
            events=sum(ear.events for ear in self._ears),
            complete=sum(ear.events == self._expected for ear in self._ears),
            last_at=self._last_at,
            p50_ms=percentile(self._ages, 0.50) * 1e3,
            p99_ms=percentile(self._ages, 0.99) * 1e3,
            bytes=self._bytes,
            cpu=cpu,
        )


def main() -> None:
    """Do as the line on standard input says."""
    reading = Reading(msgspec.json.decode(sys.stdin.readline(), type=Spec))
    gc.disable()
    print("ready")
    print(msgspec.json.encode(reading.run()).decode())


if __name__ == "__main__":
    main()
