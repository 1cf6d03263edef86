"""Asks a server how it is, over and over, in a process of its own: `python -m tests.fault.pulse PORT PID`.

One line an answer: when it was asked for, and how many seconds it took, `inf` for none. Each question comes over a
connection of its own. On a machine that is busy with other things both processes wait for a processor: that is no
fault of the server's, and is taken off.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path

import trio

from tests.harness import ROOT, inherited

EVERY = 0.02
WITHIN = 10.0
ASKED = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@dataclass
class Pulse:
    """What came so far: (when, seconds)."""

    beats: list[tuple[float, float]] = field(default_factory=list)

    def worst(self, since: float, until: float) -> float:
        """The longest wait of those that were asked in between; of none, infinity."""
        return max((took for at, took in self.beats if since - EVERY <= at <= until), default=inf)

    async def beats_after(self, when: float) -> None:
        """Wait for one, so that all before it have been answered or given up."""
        while self.beats[-1][0] <= when:  # noqa: ASYNC110
            await trio.sleep(EVERY)


@asynccontextmanager
async def feeling(port: int, pid: int) -> AsyncIterator[Pulse]:
    """The pulse of a server, for as long as the block runs."""
    command = [sys.executable, "-m", "tests.fault.pulse", str(port), str(pid)]
    pulse = Pulse()
    async with trio.open_nursery() as nursery:
        options = {"stdout": subprocess.PIPE, "cwd": ROOT, "env": inherited(), "check": False}
        process = await nursery.start(partial(trio.run_process, command, **options))
        nursery.start_soon(_listen, process.stdout, pulse)
        while not pulse.beats:  # noqa: ASYNC110  # its first beat comes when Python has started
            await trio.sleep(0.01)
        yield pulse
        nursery.cancel_scope.cancel()


async def _listen(stream: trio.abc.ReceiveStream, pulse: Pulse) -> None:
    rest = b""
    async for some in stream:
        *lines, rest = (rest + some).split(b"\n")
        pulse.beats += [(float(at), float(took)) for at, took in map(bytes.split, lines)]


def main(port: int, pid: int) -> None:
    """Ask until killed."""
    while True:
        at, waited = time.monotonic(), _waited(pid)
        took = time.monotonic() - at if _answers(port) else inf
        print(at, max(0.0, took - (_waited(pid) - waited)), flush=True)
        time.sleep(max(0.0, at + EVERY - time.monotonic()))


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=WITHIN) as connection:
            connection.sendall(ASKED)
            return connection.recv(100).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


def _waited(pid: int) -> float:
    """Seconds that the server's main thread and this one have waited for a processor."""
    return sum(int(Path(f"/proc/{each}/schedstat").read_text().split()[1]) for each in (pid, "self")) / 1e9


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
