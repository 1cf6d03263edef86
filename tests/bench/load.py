"""The load generator: one process, one thread, raw sockets, requests in HTTP/1.1 on connections kept alive.

Closed loop (`rate` 0): every connection sends its next message as soon as the last one is answered; that finds the most
a server does. Open loop: messages are due at a fixed schedule, whatever the server does; a late one is late from the
moment it was due, so that a server's pause is not hidden by the pause of its clients.

Reads a `Spec` as a line of JSON from standard input, writes a `Result` to standard output.
"""

from __future__ import annotations

import gc
import re
import select
import socket
import sys
import time
from collections import Counter

import msgspec
from msgspec import Struct

from tests.bench.figures import percentile
from tests.bench.messages import Messages
from tests.bench.processes import run_module

PATIENCE = 30.0
CLOSED = (0, True)
NO_END = 2**63 - 1
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)")


class Target(Struct, frozen=True):
    """Where messages go. `instance` is what they say they come from."""

    host: str
    port: int
    path: str
    headers: dict[str, str] = {}  # msgspec copies an empty default
    instance: str = "bench"


class Spec(Struct, frozen=True, kw_only=True):
    """A series of messages: for how long, on how many connections, from how many customers in turn.

    rate: messages a second; 0 is as many as the server takes. at_most: the series ends early with this many.
    """

    target: Target
    seconds: float
    seed: str
    connections: int = 64
    customers: int = 500
    rate: float = 0.0
    at_most: int = NO_END


class Result(Struct, frozen=True, kw_only=True):
    """What came of it. Times on the machine's monotonic clock; `cpu` is what the generator itself used, in seconds."""

    accepted: int
    refused: dict[str, int]
    began: float
    ended: float
    p50_ms: float
    p99_ms: float
    cpu: float

    @property
    def rate(self) -> float:
        """Accepted messages a second."""
        return self.accepted / (self.ended - self.began)


def run_load(spec: Spec) -> Result:
    """Generate the load in a process of its own."""
    return msgspec.json.decode(run_module("load", msgspec.json.encode(spec)), type=Result)


class Wire:
    """One connection, with at most one request on its way. `due` is when that one should have been sent."""

    __slots__ = ("due", "inbox", "socket")

    def __init__(self, target: Target) -> None:
        self.socket = socket.create_connection((target.host, target.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.inbox = bytearray()
        self.due = 0

    def read(self) -> bytes:
        """Take in what has come; empty when the server has closed."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            return b""
        self.inbox += data
        return data


def answer_in(inbox: bytearray) -> tuple[int, bool] | None:
    """A response's status, and whether the server closes after it; None while it is not complete."""
    end = inbox.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(inbox[:end]).lower()
    if found := _LENGTH.search(head):
        complete = len(inbox) >= end + 4 + int(found[1])
    else:
        complete = b"chunked" not in head or inbox.endswith(b"0\r\n\r\n")
    return (int(head[9:12]), b"\r\nconnection: close" in head) if complete else None


class Load:
    """A series on its way."""

    def __init__(self, spec: Spec) -> None:
        self._target = spec.target
        self._spec = spec
        self._messages = Messages(spec.target.instance, spec.customers, spec.seed)
        self._head = self._request_head()
        self._poll = select.epoll()
        self._wires: dict[int, Wire] = {}
        self._idle = [self._connect() for _ in range(spec.connections)]
        self._took: list[float] = []
        self._refused: Counter[str] = Counter()
        self._ended = 0.0

    def _request_head(self) -> bytes:
        target = self._target
        headers = {"host": f"{target.host}:{target.port}", "user-agent": "axios/1.7.9", **target.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {target.path} HTTP/1.1\r\n{lines}content-type: application/json\r\ncontent-length: ".encode()

    def _connect(self) -> Wire:
        wire = Wire(self._target)
        self._wires[wire.socket.fileno()] = wire
        self._poll.register(wire.socket, select.EPOLLIN)
        return wire

    def _reconnect(self, wire: Wire) -> Wire:
        del self._wires[wire.socket.fileno()]
        wire.socket.close()
        return self._connect()

    def run(self) -> Result:
        """Send for as long as the spec says, wait for the last answers, and sum up."""
        began, cpu = time.monotonic(), time.process_time()
        self._send_all(began)
        return Result(
            accepted=len(self._took),
            refused=dict(self._refused),
            began=began,
            ended=self._ended,
            p50_ms=percentile(self._took, 0.50) * 1e3,
            p99_ms=percentile(self._took, 0.99) * 1e3,
            cpu=time.process_time() - cpu,
        )

    def _send_all(self, began: float) -> None:
        stop, sent = began + self._spec.seconds, 0
        while (now := time.monotonic()) < stop or len(self._idle) < len(self._wires):
            if sent >= self._spec.at_most:
                stop = min(stop, now)
            due = self._due(began, sent, now)
            while self._idle and due <= now < stop and sent < self._spec.at_most:
                self._send(self._idle.pop(), due)
                sent += 1
                due = self._due(began, sent, now)
            if now > stop + PATIENCE:
                raise TimeoutError(f"no answer to {len(self._wires) - len(self._idle)} messages")
            self._receive(timeout=max(0.0, due - now) if self._idle and now < stop else 0.1)

    def _due(self, began: float, number: int, now: float) -> float:
        return began + number / self._spec.rate if self._spec.rate else now

    def _send(self, wire: Wire, due: float) -> None:
        wire.due = int(due * 1e9)
        body = self._messages.next(wire.due)
        wire.socket.sendall(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))

    def _receive(self, timeout: float) -> None:
        for number, _ in self._poll.poll(timeout):
            wire = self._wires[number]
            data = wire.read()
            answer = answer_in(wire.inbox) or (None if data else CLOSED)
            if answer is not None:
                self._take(wire, *answer)

    def _take(self, wire: Wire, status: int, closing: bool) -> None:
        now = time.monotonic_ns()
        if not wire.due:  # an idle connection may be closed without harm
            self._idle.remove(wire)
        elif 200 <= status < 300:
            self._took.append((now - wire.due) / 1e9)
        else:
            self._refused[str(status or "closed")] += 1
        self._ended = now / 1e9
        wire.due = 0
        wire.inbox.clear()
        self._idle.append(self._reconnect(wire) if closing else wire)


def main() -> None:
    """Do as the line on standard input says."""
    load = Load(msgspec.json.decode(sys.stdin.readline(), type=Spec))
    gc.disable()
    result = load.run()
    if not result.accepted:
        sys.exit(f"The server accepted no message: {result.refused}")
    print(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
