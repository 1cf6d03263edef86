"""Growing pauses for what is in trouble: a half to a whole of 1, 2, 4, … seconds, at most a minute."""

from __future__ import annotations

import random
from collections.abc import Hashable
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Generic, TypeVar

from plixa.engine.clock import Clock

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=1)
AT_MOST = 10_000
K = TypeVar("K", bound=Hashable)


class Backoff(Generic[K]):
    """Who rests until when. In memory, at most `AT_MOST` of them: past that those go whose rest is over first.

    Were it the oldest ones, whoever has rested longest and growing would be asked again and again without any pause.
    """

    def __init__(self, clock: Clock, first: timedelta = FIRST, longest: timedelta = LONGEST) -> None:
        self._clock = clock
        self._first = first
        self._longest = longest
        self._troubles: dict[K, tuple[int, datetime]] = {}

    def trouble(self, key: K) -> timedelta:
        """It went wrong once more; returns how long it rests."""
        times = self._troubles.pop(key, (0, self._clock.now()))[0]
        if len(self._troubles) >= AT_MOST:
            self._make_room()
        pause: timedelta = min(self._longest, self._first * 2.0 ** min(times, 20)) * random.uniform(0.5, 1.0)
        self._troubles[key] = (times + 1, self._clock.now() + pause)
        return pause

    def _make_room(self) -> None:
        """A tenth at a time: looking for one costs as much as for many."""
        for key in nsmallest(max(1, AT_MOST // 10), self._troubles, key=lambda key: self._troubles[key][1]):
            del self._troubles[key]

    def well(self, key: K) -> None:
        """It went well: the next trouble is the first again."""
        self._troubles.pop(key, None)

    def rests(self, key: K) -> bool:
        """Whether it is to be left alone."""
        return key in self._troubles and self._clock.now() < self._troubles[key][1]

    def resting(self) -> set[K]:
        """All that are to be left alone."""
        now = self._clock.now()
        return {key for key, (_, until) in self._troubles.items() if now < until}
