"""Ids are integers, unique within a tenant, in the order in which they were given out."""

from __future__ import annotations


class Ids:
    """A tenant's sequence. `last` is written with every commit, so that a restart goes on from there.

    An id that was taken but never committed may be given out again after a restart: nobody has seen it.
    """

    __slots__ = ("last",)

    def __init__(self, last: int) -> None:
        self.last = last

    def __iter__(self) -> Ids:
        return self

    def __next__(self) -> int:
        self.last += 1
        return self.last
