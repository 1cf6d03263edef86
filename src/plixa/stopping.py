"""Being told to stop, by Ctrl-C, SIGTERM or a terminal that is closed; once, however often it is said.

`make` and a terminal tell a whole group of processes, and then again: what comes while the program is stopping must not
cut that short, or it leaves its database running. So the handlers stay for as long as the process lives. From the first
signal on there is a limit, kept by a thread of its own: a loop that is stuck does not hear what it is told.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import trio

from plixa.compose import STOP_WITHIN
from plixa.storage.postgres.embedded import leave_embedded

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130
"""The exit status of work that was told to stop in the middle: whoever waits for it must not take it for done."""
FAILED = 1
T = TypeVar("T")


class Stop:
    """Told by a signal. Work that has not come to `wait` yet is cancelled; what waits ends in good order by itself."""

    def __init__(self, within: float = STOP_WITHIN + 0.5) -> None:
        self._within = within
        self._told = False
        self._waiting = False
        self._event = trio.Event()
        self._work = trio.CancelScope()
        self._token: trio.lowlevel.TrioToken | None = None

    def listen(self) -> None:
        """Hear signals from now on, in the main thread; a hang-up that was to be ignored (nohup) stays so."""
        for each in SIGNALS:
            if signal.getsignal(each) is not signal.SIG_IGN:
                signal.signal(each, self._hear)

    async def run(self, work: Callable[[Stop], Awaitable[T]]) -> T:
        """Do this. Raises SystemExit if it was cancelled before it came to wait: it is not done."""
        self._token = trio.lowlevel.current_trio_token()
        with self._work:
            if self._told:
                self._work.cancel()
            return await work(self)
        raise SystemExit(INTERRUPTED)

    async def wait(self) -> None:
        """Until told."""
        self._waiting = True
        await self._event.wait()

    def _hear(self, *_: Any) -> None:
        if not self._told:
            self._told = True
            end_in_time(lambda: 0 if self._waiting else INTERRUPTED, self._within)
            if self._token is not None:
                with suppress(trio.RunFinishedError):  # the database is being stopped already
                    self._token.run_sync_soon(self._tell)

    def _tell(self) -> None:
        self._event.set()
        if not self._waiting:
            self._work.cancel()


def end_in_time(status: Callable[[], int] = lambda: 0, within: float = STOP_WITHIN + 0.5) -> None:
    """End the process then, whatever it is at: Hypercorn's writes cannot be cancelled, and a client may have stopped
    reading. What matters is durable by then; a send that is under way is left as `attempting`, as after a crash."""
    end = threading.Timer(within, lambda: _end(status()))
    end.daemon = True
    end.start()


@contextmanager
def failing_in_time(within: float = STOP_WITHIN + 0.5) -> Generator[None]:
    """The same where nobody tells the process to stop and what runs within cannot go on: that ends, too, and whoever
    started it can start it anew."""
    try:
        yield
    except BaseException:
        end_in_time(lambda: FAILED, within)
        raise


def _end(status: int) -> None:
    leave_embedded()
    os._exit(status)
