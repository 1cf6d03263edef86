"""Notices what holds the loop, says where, and ends it.

All workspaces share one thread: a turn that computes for seconds stops them all. Three parts look after that:

- A task of the loop's own (`run`) beats ten times a second. How late a beat comes is how long the loop was held.
- An alarm of the operating system (`armed`) comes four times a second, in the middle of whatever is running. Where one
  turn of one task has gone on for `NOTICE_AFTER`, its stack is noted, and the work that it belongs to gets a strike
  (`brake.py`). After `END_AFTER` of computing the alarm raises `Stalled` there: a bug like any other to the actor or
  handler that it meets, which knows what to do about bugs.
- C code that never looks at alarms cannot be ended. The first alarm that is heard after it stands where it was called:
  where that much was computed since the last beat or alarm, it is noted like the rest. Nothing is written meanwhile:
  whatever reads a stack that is not its own, or in the middle of an instruction, was seen to crash the process.

What is noted goes into a file as well, which the next process puts into the log, should this one be killed.

Only computing is ended, by this thread's own CPU time: a process that was stopped for a while, or a machine that has no
time for it, must not cost the innocent work that happens to be running. Only work that says whose it is (`at_work_on`)
is ended, and never inside the libraries that run the loop itself.
"""

from __future__ import annotations

import faulthandler
import signal
import threading
import time
import traceback
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

import structlog
import trio

from plixa.engine.brake import Brake, doing
from plixa.engine.telemetry import Telemetry

BEAT = 0.1
ALARM = 0.25
NOTICE_AFTER = 1.0
END_AFTER = 2.0
STACK = 12
LARGEST_DUMP = 64 * 1024
_NEVER_ENDED_IN = ("trio", "trio_asyncio", "asyncio", "asyncpg", "outcome", "threading", "logging", "structlog")
log = structlog.get_logger("plixa.watchdog")


class Stalled(Exception):
    """This work has held the loop for too long. Raised in the middle of it; not a `PlixaError`: a bug of ours."""

    def __init__(self) -> None:
        super().__init__(f"it computed for over {END_AFTER:g} s without a pause, in everybody's way")


@dataclass(slots=True)
class Held:
    """One turn of one task, as the alarms have seen it. beat: the last one before it. computing_since: CPU time."""

    task: trio.lowlevel.Task | None
    beat: int
    computing_since: float
    alarms: int = 0
    noticed: bool = False


class Watchdog:
    """See the module's text. Times are in seconds; `dumps`: the file for the next process."""

    def __init__(
        self,
        brake: Brake,
        telemetry: Telemetry,
        dumps: Path | None = None,
        *,
        alarm: float = ALARM,
        notice_after: float = NOTICE_AFTER,
        end_after: float = END_AFTER,
    ) -> None:
        self._brake = brake
        self._telemetry = telemetry
        self._dumps = dumps
        self._alarm_every = alarm
        self._notice_after = notice_after
        self._end_after = end_after
        self._beats = 0
        self._heard = 0.0
        """The CPU time of the last beat or alarm."""
        self._held = Held(None, -1, 0.0)
        self._noticed: list[tuple[str, str]] = []
        self._dump: IO[bytes] | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Beat until cancelled."""
        task_status.started()
        while True:
            due = trio.current_time() + BEAT
            await trio.sleep_until(due)
            held = trio.current_time() - due
            self._beats += 1
            self._telemetry.loop_held.observe(held)
            if held > self._notice_after:
                self._telemetry.loop_stalls.inc()
                log.error("loop_was_held", seconds=round(held, 2))
            self._tell()
            self._heard = time.thread_time()

    def _tell(self) -> None:
        """Log what the alarms have seen."""
        while self._noticed:
            work, where = self._noticed.pop(0)
            log.error("loop_was_held_by", work=work, where=where)
            if self._dump is not None:
                self._dump.truncate(0)  # the next process need not tell it again
        if self._brake.trouble is not None:
            log.error("strikes_unwritten", error=self._brake.trouble)
            self._brake.trouble = None

    @contextmanager
    def armed(self) -> Generator[None]:
        """Within, the alarm rings. SIGALRM must be ours, and this the main thread; elsewhere nothing is done."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, self._alarm)
        signal.setitimer(signal.ITIMER_REAL, self._alarm_every, self._alarm_every)
        try:
            with self._dumping():
                yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    # -- the alarm: runs in the middle of anything, so it must neither log nor wait ------------------------------------

    def _alarm(self, _signal: int, frame: FrameType | None) -> None:
        now, task = time.thread_time(), _running_task()
        deaf, self._heard = now - self._heard >= self._notice_after, now
        held = self._held
        if frame is None or task is None or task is not held.task or held.beat != self._beats:
            self._held = held = Held(task, self._beats, now)
            if frame is not None and task is not None and deaf:
                held.noticed = True
                self._notice(frame)
            return
        held.alarms += 1  # counted, not timed: while the process is stopped, no alarm comes
        if held.alarms * self._alarm_every >= self._notice_after and not held.noticed:
            held.noticed = True
            self._notice(frame)
        if now - held.computing_since >= self._end_after:
            self._end(held, frame)

    def _notice(self, frame: FrameType) -> None:
        work, where = doing.get(), _where(frame)
        self._noticed.append((work.name() if work is not None else "something without a name", where))
        if self._dump is not None:
            faulthandler.dump_traceback(self._dump, all_threads=False)
        if work is not None:
            self._brake.strike(work, where)

    def _end(self, held: Held, frame: FrameType) -> None:
        if doing.get() is None or _of_the_loop(frame):
            return
        held.computing_since = time.thread_time()  # what catches it gets as long again, and not an endless row of them
        raise Stalled

    # -- for the next process -----------------------------------------------------------------------------------------

    @contextmanager
    def _dumping(self) -> Generator[None]:
        if self._dumps is None:
            yield
            return
        with suppress(OSError):
            self._dumps.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._dumps.touch(mode=0o600)
            self._dump = self._dumps.open("a+b", buffering=0)
        if self._dump is None:
            yield
            return
        self._tell_earlier(self._dump)
        try:
            yield
        finally:
            self._dump.close()
            self._dump = None

    def _tell_earlier(self, dump: IO[bytes]) -> None:
        """Log what is in the file, and empty it. Its stacks name files and lines, and no values."""
        dump.seek(0)
        if where := dump.read(LARGEST_DUMP):
            log.error("loop_was_held_in_an_earlier_life", where=where.decode(errors="replace"))
        dump.truncate(0)


def _running_task() -> trio.lowlevel.Task | None:
    """The task whose turn it is; None while the loop waits for the world, as it should."""
    try:
        return trio.lowlevel.current_task()
    except RuntimeError:
        return None


def _of_the_loop(frame: FrameType) -> bool:
    """Whether this code must not be interrupted: others rely on its state."""
    return frame.f_globals.get("__name__", "").partition(".")[0] in _NEVER_ENDED_IN


def _where(frame: FrameType) -> str:
    """The innermost frames, the innermost first: file names and lines without values."""
    stack = traceback.extract_stack(frame)[-STACK:]
    return " < ".join(f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in reversed(stack))
