"""Passwords' hashes (argon2id), in two lanes. Each takes 64 MiB and a processor, so two are made at a time.

One lane is of people who have shown something already: a token, a link, an address from which they have signed in. In
the other one sources take turns, so that whoever has one sign-in waiting is next after one of each other source,
however many those send. What waits is bounded, so a flood ends in `Overloaded` and in nobody's sign-in minutes later.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import argon2
import trio

from plixa.engine.errors import Overloaded
from plixa.engine.fair import FairLimiter

T = TypeVar("T")
KNOWN = None
"""The lane of people who have shown something already; the other one's are named by their source."""
ANYBODY = "anybody"
WAITING, OF_A_SOURCE = 200, 10
_hasher = argon2.PasswordHasher()
# Verified against when there is no such account, so that the answer takes as long as for one that there is.
_NOBODY = _hasher.hash("nobody has this password")


class Lanes:
    """Who may hash now."""

    def __init__(self) -> None:
        self._known = trio.CapacityLimiter(1)
        self._strangers: FairLimiter[str] = FairLimiter(at_once=1, share=1)
        self._waiting: dict[str, int] = {}

    @asynccontextmanager
    async def turn(self, source: str | None) -> AsyncGenerator[None]:
        """Wait for one's turn, and keep it for the block. Raises `Overloaded`."""
        if source is None:  # KNOWN
            async with self._known:
                yield
            return
        with_mine = self._waiting.get(source, 0) + 1
        if with_mine > OF_A_SOURCE or sum(self._waiting.values()) >= WAITING:
            raise Overloaded("Very many want to sign in at this moment. Try again shortly.")
        self._waiting[source] = with_mine
        try:
            async with self._strangers.turn(source):
                yield
        finally:
            self._waiting[source] -= 1
            if not self._waiting[source]:
                del self._waiting[source]


_lanes = Lanes()


async def hash_password(password: str, source: str | None = ANYBODY) -> str:
    """An argon2id hash. source: whose turn it takes, see `Lanes`."""
    return await _hashed(lambda: _hasher.hash(password), source)


async def password_is(password: str, hashed: str | None, source: str | None = ANYBODY) -> bool:
    """Whether it fits; takes as long when there is nothing to compare with."""

    def verify() -> bool:
        try:
            return _hasher.verify(hashed or _NOBODY, password) and hashed is not None
        except argon2.exceptions.VerificationError:
            return False

    return await _hashed(verify, source)


async def _hashed(work: Callable[[], T], source: str | None) -> T:
    async with _lanes.turn(source):
        return await trio.to_thread.run_sync(work)
