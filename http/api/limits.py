"""How often who may do what: moving windows in memory, on one node.

`limits` keeps the windows; this module only names the subjects. Sizes and rates stand in each route's declaration.
"""

from __future__ import annotations

import math
import time
from functools import lru_cache

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from plixa.engine.errors import RateLimited

_parse = lru_cache(parse)


class Limits:
    """The windows of this process."""

    def __init__(self, *, enabled: bool = True) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._enabled = enabled

    def spend(self, rate: str, *subject: str) -> None:
        """Count one use; `rate` is like "100/minute". Raises `RateLimited` with the seconds to wait."""
        item = _parse(rate)
        if self._enabled and not self._limiter.hit(item, *subject):
            raise RateLimited(self._wait(item, subject))

    def first(self, rate: str, *subject: str) -> bool:
        """Whether this is still within the rate; for what is done only so often, whoever asks."""
        return self._limiter.hit(_parse(rate), *subject)

    def _wait(self, item: RateLimitItem, subject: tuple[str, ...]) -> int:
        resets_at = self._limiter.get_window_stats(item, *subject).reset_time
        return max(1, math.ceil(resets_at - time.time()))
