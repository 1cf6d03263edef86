"""Programs that the bench starts, and what they cost: processor time and memory as Linux counts them.

Whatever is started here is ended here, by its own process id, when its context is left.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 60.0
STOP_LIMIT = 20.0
_TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A program of the bench did not do its part; the message ends with the last it said."""


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with `src` on the import path, and more."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1", **(extra or {})}


@contextmanager
def serving(
    command: Sequence[str], port: int, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A server, running until the context is left. What it prints goes to `log`. Raises `Failed`."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(env), stdout=output, stderr=output)
    try:
        _await_port(process, port, command, log)
        yield process
    finally:
        _stop(process)


def _await_port(process: subprocess.Popen[bytes], port: int, command: Sequence[str], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise Failed(f"{' '.join(command)} does not listen on port {port}.\n{log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start_module(module: str, spec: bytes, *arguments: str) -> subprocess.Popen[bytes]:
    """Start one of the bench's own modules in a process of its own, with its task as a line on its standard input."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(spec + b"\n")
    process.stdin.flush()
    return process


def run_module(module: str, spec: bytes, *arguments: str) -> bytes:
    """Run one of the bench's own modules to its end; returns its last line. Raises `Failed`."""
    return finish(start_module(module, spec, *arguments))


def finish(process: subprocess.Popen[bytes], last_words: bytes = b"") -> bytes:
    """Tell a module its last line, wait for it, return the last line that it says. Raises `Failed`."""
    try:
        output, _ = process.communicate(last_words)
    except BaseException:
        process.kill()
        raise
    if process.returncode != 0:
        raise Failed(f"{process.args!r} ended with status {process.returncode}.")
    return output.splitlines()[-1]


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and all below it, those that have ended included."""
    below = _children()
    waiting, total = [pid], 0.0
    while waiting:
        each = waiting.pop()
        waiting.extend(below.get(each, ()))
        total += _times(each)
    return total


def resident_bytes() -> int:
    """How much memory this process holds at the moment."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may hold spaces; the first is the state, number 3 of proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _times(pid: int) -> float:
    try:
        return sum(map(int, _stat(pid)[11:15])) / _TICK
    except FileNotFoundError:  # it has just ended: its parent has its time now
        return 0.0


def _children() -> dict[int, list[int]]:
    below: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent = int(_stat(int(name))[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        below.setdefault(parent, []).append(int(name))
    return below
