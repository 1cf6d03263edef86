"""Access tokens, in memory only: made of the sealed refresh token, one refresh at a time, a little before they end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakValueDictionary

import trio

from plixa.engine.clock import Clock
from plixa.http.clients.google.errors import GooglePasses, GoogleRefused, LinkDead
from plixa.http.clients.google.port import Google
from plixa.storage.calendars import links
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.postgres.bridge import Database

EARLY = 225.0
"""Seconds before its end a token is made anew, as Google's own library does."""
MOST = 10_000
LinkKey = tuple[int, int, int]
"""Tenant, member, and the number of the consent."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Held:
    token: str
    until: float


def belongs(key: LinkKey) -> str:
    """What a sealed refresh token is authenticated with."""
    return "calendar link {} {} {}".format(*key)


class Tokens:
    """See the module's text."""

    def __init__(self, google: Google, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._google = google
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._held: dict[LinkKey, _Held] = {}
        self._locks: WeakValueDictionary[LinkKey, trio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._held)

    def forget(self, key: LinkKey) -> None:
        """It is over."""
        self._held.pop(key, None)

    async def use(self, key: LinkKey, work: Callable[[str], Awaitable[T]]) -> T:
        """Lend a token; one that Google does not take is made anew, once. Raises `LinkDead`, `GoogleError`."""
        token = await self._token(key)
        try:
            return await work(token)
        except GoogleRefused as error:
            if error.http_status != 401:
                raise
        if (held := self._held.get(key)) is not None and held.token == token:
            del self._held[key]
        token = await self._token(key)
        try:
            return await work(token)
        except GoogleRefused as error:
            if error.http_status != 401:
                raise
            raise GooglePasses("401 with a new token") from None  # only the token endpoint says that a link is dead

    async def refresh_token(self, key: LinkKey) -> str:
        """The refresh token itself. Raises `LinkDead` where the link is not there any more."""
        row = await self._database.run(links.get_link, *key)
        if row is None:
            raise LinkDead(0, "gone")
        return self._keyring.application_key.unseal(row["sealed"], belongs(key)).decode()

    async def _token(self, key: LinkKey) -> str:
        async with self._locks.setdefault(key, trio.Lock()):
            held = self._held.get(key)
            if held is None or held.until - EARLY <= self._now():
                held = await self._made(key)
                self._held.pop(key, None)
                self._held[key] = held
                if len(self._held) > MOST:
                    del self._held[next(iter(self._held))]
            return held.token

    async def _made(self, key: LinkKey) -> _Held:
        found = await self._google.refresh(await self.refresh_token(key))
        if found.refresh_token is not None:
            sealed = self._keyring.application_key.seal(found.refresh_token.encode(), belongs(key))
            await self._database.run(links.keep_token, *key, sealed)
        return _Held(found.access_token, self._now() + max(found.expires_in, EARLY + 30))

    def _now(self) -> float:
        return self._clock.now().timestamp()
