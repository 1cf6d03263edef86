"""How long something takes this thread, in seconds of its processor; what takes far too long is stopped."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

GIVEN_UP = 8
"""Times the limit after which it is stopped: nobody waits for the end of what is quadratic."""


class TooSlow(Exception):
    """It was stopped."""


def seconds(run: Callable[[], object], limit: float) -> float:
    """What it takes; infinite where it was stopped. Only in the main thread, which signals come to."""
    began = time.thread_time()
    try:
        with _stopped_after(limit * GIVEN_UP):
            run()
    except TooSlow:
        return float("inf")
    return time.thread_time() - began


@contextmanager
def _stopped_after(limit: float) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
