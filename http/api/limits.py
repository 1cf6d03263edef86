"""How often who may do what: moving windows in memory, on one node.

The windows are our own, of `limits` only how a rate is written: its store in memory starts a thread a request, which
looks through the windows of everybody, and never lets go of one.
"""

from __future__ import annotations

import math
import time
from collections import deque
from datetime import timedelta
from functools import lru_cache

from limits import parse

from plixa.engine.errors import RateLimited

_parse = lru_cache(parse)
_Subject = tuple[str, ...]
_FORGOTTEN = 2
"""Windows that are looked at, whether they are over, for each one that is used: there are never many more than live."""


def window_of(rate: str) -> tuple[int, timedelta]:
    """How often, and within how long."""
    item = _parse(rate)
    return item.amount, timedelta(seconds=item.get_expiry())


class Limits:
    """The windows of this process. for_all: whether there may be other nodes, with whom some are counted together."""

    def __init__(self, *, enabled: bool = True, for_all: bool = False) -> None:
        self.for_all = enabled and for_all
        self._windows: dict[str, dict[_Subject, deque[float]]] = {}
        """By rate and subject, the longest unused first: when it was used, as far back as the rate looks."""
        self._enabled = enabled

    def __len__(self) -> int:
        return sum(map(len, self._windows.values()))

    def spend(self, rate: str, *subject: str) -> None:
        """Count one use; `rate` is like "100/minute". Raises `RateLimited` with the seconds to wait."""
        if self._enabled and (wait := self._use(rate, subject)):
            raise RateLimited(wait)

    def first(self, rate: str, *subject: str) -> bool:
        """Whether this is still within the rate; for what is done only so often, whoever asks."""
        return not self._use(rate, subject)

    def _use(self, rate: str, subject: _Subject) -> int:
        """Count it, where there is room: 0. Else the seconds until there is."""
        item, now = _parse(rate), time.monotonic()
        span, windows = item.get_expiry(), self._windows.setdefault(rate, {})
        _forget(windows, now - span)
        used = windows[subject] = windows.pop(subject, deque[float]())
        while used and used[0] <= now - span:
            used.popleft()
        if len(used) >= item.amount:
            return max(1, math.ceil(used[0] + span - now))
        used.append(now)
        return 0


def _forget(windows: dict[_Subject, deque[float]], before: float) -> None:
    """Let go of what is over, from the longest unused on."""
    for _ in range(_FORGOTTEN):
        oldest = next(iter(windows), None)
        if oldest is None or windows[oldest][-1] > before:
            return
        del windows[oldest]
