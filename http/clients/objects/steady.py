"""A store that is asked again where it does not answer: for tools, whose work is long and waits for nobody."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

import trio

from plixa.http.clients.objects.errors import StorageDown
from plixa.http.clients.objects.store import ObjectStore

PAUSES = (0.5, 2.0, 8.0, 20.0, 30.0)
T = TypeVar("T")


class Steady:
    """As `ObjectStore`, about a minute more patient. A list that breaks off in its middle is not begun anew."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, key: str, data: bytes) -> None:
        await _again(lambda: self._store.put(key, data))

    async def get(self, key: str) -> bytes | None:
        return await _again(lambda: self._store.get(key))

    async def delete(self, key: str) -> None:
        await _again(lambda: self._store.delete(key))

    async def clear(self, folder: str) -> None:
        await _again(lambda: self._store.clear(folder))

    def walk(self, prefix: str = "", *, below: bool = True) -> AsyncGenerator[tuple[str, int]]:
        return self._store.walk(prefix, below=below)


async def _again(work: Callable[[], Awaitable[T]]) -> T:
    for pause in PAUSES:
        try:
            return await work()
        except StorageDown as error:
            if error.lasting:
                raise
            await trio.sleep(pause)
    return await work()
