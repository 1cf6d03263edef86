"""`plixa web --processes N`: several nodes of one machine on one listening socket.

    the parent        listens, and starts what is missing: a nats-server where no NATS_URL is set, N children
    a child           `plixa web` as node NAME.i; it takes connections from the socket that it inherits, and has
                      another one to its parent, to say that it serves and to see that it is still there

One socket for all, not SO_REUSEPORT: what waits in a queue of its own goes with the process that ends, what waits in a
shared one is taken by another.

What happens when …

    a child ends by itself              it is started again, after 0.1 s up to 10 s
    … more than `RESTARTS` in `WITHIN`  the parent stops the others in good order and ends with its status
    SIGHUP                              one after the other is stopped and started again, once the one before serves
    … and the new one does not come up  the others are left as they are; the parent tries on with that one alone
    SIGTERM, SIGINT                     all are told to stop, and waited for; who takes too long is ended
    the parent is killed                its children see the end of their socket and stop in good order; nats-server too
    nats-server ends                    it is started again on the same port; until then each serves what is its own
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import structlog
import trio

from plixa.compose import STOP_WITHIN
from plixa.engine.settings import Settings
from plixa.http.relay.natsd import NatsServer, NoServer
from plixa.http.server.serving import listen
from plixa.stopping import Stop, end_in_time

LISTENER, PARENT = "PLIXA_LISTENER_FD", "PLIXA_PARENT_FD"
"""What a child inherits, by number."""
RESTARTS, WITHIN = 10, 60.0
PAUSE_FIRST, PAUSE_LONGEST = 0.1, 10.0
READY_WITHIN = 60.0
READY = b"r"
log = structlog.get_logger("plixa.processes")


# -- a child's side ---------------------------------------------------------------------------------------------------


def inherited() -> tuple[socket.socket, socket.socket] | None:
    """The listening socket and the one to the parent; None in a process that has none."""
    if PARENT not in os.environ:
        return None
    listener, parent = (socket.socket(fileno=int(os.environ.pop(name))) for name in (LISTENER, PARENT))
    for each in (listener, parent):
        each.set_inheritable(False)
    return listener, parent


async def until_either(stop: Stop, parent: socket.socket) -> None:
    """Until told to stop, or until there is no parent any more."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_beside, parent, nursery.cancel_scope)
        await stop.wait()
        nursery.cancel_scope.cancel()


async def _beside(parent: socket.socket, over: trio.CancelScope) -> None:
    """Say that this node serves, and see that the parent does."""
    with trio.socket.from_stdlib_socket(parent) as told, suppress(OSError):
        await told.send(READY)
        while await told.recv(1):
            pass
    end_in_time()
    over.cancel()


# -- the parent's -----------------------------------------------------------------------------------------------------


class Child:
    """One node's process."""

    def __init__(
        self, settings: Settings, number: int, listener: socket.socket, environment: Mapping[str, str]
    ) -> None:
        self.name = f"{settings.node}.{number}"
        self._listener = listener
        self._environment = {**environment, "PLIXA_NODE": self.name}
        if settings.metrics_port is not None:
            self._environment["METRICS_PORT"] = str(settings.metrics_port + number - 1)
        self._process: trio.Process | None = None
        self.ready = trio.Event()
        self.replaced = False

    async def run(self) -> int:
        """Start it, and see it to its end; returns its status."""
        self.ready, self.replaced = trio.Event(), False
        ours, theirs = socket.socketpair()
        with trio.socket.from_stdlib_socket(ours) as heard, theirs:
            passed = (self._listener.fileno(), theirs.fileno())
            environment = {**self._environment, LISTENER: str(passed[0]), PARENT: str(passed[1])}
            process: trio.Process = await trio.lowlevel.open_process(
                [sys.executable, "-m", "plixa", "web"],
                stdin=subprocess.DEVNULL,
                env=environment,
                pass_fds=passed,
                start_new_session=True,  # a terminal tells the parent alone
            )
            theirs.close()
            self._process = process
            log.info("process_started", node=self.name, pid=process.pid)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._hear, heard)
                status = await process.wait()
                nursery.cancel_scope.cancel()
        log.info("process_ended", node=self.name, status=status)
        return status

    async def _hear(self, heard: trio.socket.SocketType) -> None:
        with suppress(OSError):
            while await heard.recv(1) == READY:
                self.ready.set()

    @property
    def runs(self) -> bool:
        """Whether there is such a process."""
        return self._process is not None and self._process.poll() is None

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self._process is not None and self.runs:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)


class Failed(RuntimeError):
    """A process ends again and again."""


class Family:
    """All of them. `run` works until told to stop."""

    def __init__(self, settings: Settings, number: int) -> None:
        self._settings = settings
        self._number = number
        self._stopping = trio.Event()

    async def run(self, stop: Stop) -> None:
        """Serve. Raises `Failed`, `OSError` where the port is taken, `NoServer`."""
        with listen(self._settings.host, self._settings.port) as listener:
            port = listener.getsockname()[1]
            settings = replace(self._settings, port=port)
            async with trio.open_nursery() as nursery:
                environment = await self._environment(settings, nursery)
                children = [Child(settings, n + 1, listener, environment) for n in range(self._number)]
                log.info("listening", host=settings.host, port=port, processes=self._number)
                try:
                    await self._look_after(children, stop)
                finally:
                    with trio.CancelScope(shield=True):
                        await self._stop(children)
                nursery.cancel_scope.cancel()

    async def _look_after(self, children: list[Child], stop: Stop) -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(self._replace_when_told, children)
            for child in children:
                nursery.start_soon(self._keep, child)
            await stop.wait()
            nursery.cancel_scope.cancel()

    async def _environment(self, settings: Settings, nursery: trio.Nursery) -> dict[str, str]:
        """What children see: their parent's, a database, and how to reach each other."""
        environment = {**os.environ, "DATABASE_URL": settings.database_url, "PORT": str(settings.port)}
        if not settings.nats_urls and self._number > 1:
            environment["NATS_URL"] = await nursery.start(_nats)
        return environment

    async def _keep(self, child: Child) -> None:
        """Start it again whenever it ends. Raises `Failed`."""
        ended: deque[float] = deque(maxlen=RESTARTS + 1)
        while not self._stopping.is_set():
            status = await child.run()
            if child.replaced or self._stopping.is_set():
                continue
            ended.append(trio.current_time())
            if len(ended) > RESTARTS and ended[-1] - ended[0] < WITHIN:
                raise Failed(f"{child.name} ends again and again, with status {status}")
            log.warning("process_restarts", node=child.name, status=status)
            await trio.sleep(min(PAUSE_LONGEST, PAUSE_FIRST * 2 ** (len(ended) - 1)))
        await trio.sleep_forever()

    async def _replace_when_told(self, children: list[Child], *, task_status: trio.TaskStatus[None]) -> None:
        with trio.open_signal_receiver(signal.SIGHUP) as told:
            task_status.started()
            async for _ in told:
                log.info("replacing", processes=len(children))
                for child in children:
                    if not await self._replace(child):
                        log.error("replacing_stopped", node=child.name)
                        break

    async def _replace(self, child: Child) -> bool:
        """Whether the new one serves."""
        before, child.replaced = child.ready, True
        child.tell(signal.SIGTERM)
        with trio.move_on_after(STOP_WITHIN + READY_WITHIN):
            while child.ready is before:  # noqa: ASYNC110  # until it runs anew
                await trio.sleep(0.05)
            await child.ready.wait()
            return True
        return False

    async def _stop(self, children: list[Child]) -> None:
        self._stopping.set()
        for child in children:
            child.tell(signal.SIGTERM)
        with trio.move_on_after(STOP_WITHIN + 1):
            while any(child.runs for child in children):  # noqa: ASYNC110  # once in a process's life
                await trio.sleep(0.02)
        for child in children:
            child.tell(signal.SIGKILL)


async def _nats(*, task_status: trio.TaskStatus[str]) -> None:
    """A nats-server, started again whenever it ends, until cancelled. Raises `NoServer` if it does not start at all."""
    server = NatsServer()
    server.start()
    task_status.started(server.url)
    try:
        while True:
            await trio.sleep(0.2)
            if not server.runs:
                log.warning("nats_restarts")
                with suppress(NoServer):
                    server.start()
    finally:
        server.stop()
