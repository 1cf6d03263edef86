"""How many of one kind there are at once, of whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Hashable
from contextlib import contextmanager


class Crowded(Exception):
    """There are as many of these as there may be."""


class Crowd:
    """Counts; holds nothing of who is not there."""

    def __init__(self) -> None:
        self._there: Counter[Hashable] = Counter()

    @contextmanager
    def joined(self, whose: Hashable, most: int) -> Generator[None]:
        """One more of these for as long as the block runs; `most`: 0 for no bound. Raises `Crowded`."""
        if 0 < most <= self._there[whose]:
            raise Crowded
        self._there[whose] += 1
        try:
            yield
        finally:
            self._there[whose] -= 1
            if not self._there[whose]:
                del self._there[whose]
