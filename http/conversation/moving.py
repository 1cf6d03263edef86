"""`plixa media move`: files from this machine's folder to the bucket, while servers serve that know both.

It promises: when it is over, the bucket has every file that the folder had and nobody erased, and the folder is empty.

| what raises, hangs or is cut off | then |
|---|---|
| the bucket does not answer | tried again for a minute; then it ends, and what is in the folder is found there |
| it is cut off anywhere | what was moved is moved; it is run again and goes on with the rest |
| a file is erased on its way | servers take it from the folder first: missing there, it goes from the bucket |
| … and then it is cut off | a note says which files were on their way: the next run looks after those first |
| servers do not know of the bucket yet | it does not begin: they would miss what was moved |
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import trio

from plixa.http.clients.objects.folder import OURS, FolderObjects

AT_ONCE = 8


class Goal(Protocol):
    """Where they go: what of an `ObjectStore` that takes."""

    async def put(self, key: str, data: bytes) -> None: ...

    async def delete(self, key: str) -> None: ...


@dataclass(slots=True)
class Moved:
    """How many files, bytes, and files that were erased on their way."""

    files: int = 0
    bytes: int = 0
    erased: int = 0


class Moving:
    """notes: a folder for what is on its way."""

    def __init__(self, folder: FolderObjects, goal: Goal, notes: Path, told: Callable[[Moved], None]) -> None:
        self._folder = folder
        self._goal = goal
        self._notes = notes
        self._told = told
        self.moved = Moved()

    async def run(self) -> Moved:
        """Move everything. Raises `StorageDown`."""
        self._notes.mkdir(mode=OURS, parents=True, exist_ok=True)
        await self._after_a_cut()
        limit = trio.CapacityLimiter(AT_ONCE)
        async with aclosing(self._folder.walk()) as there, trio.open_nursery() as nursery:
            async for key, _ in there:
                await limit.acquire_on_behalf_of(key)
                nursery.start_soon(self._soon, key, limit)
        self._notes.rmdir()
        return self.moved

    async def _soon(self, key: str, limit: trio.CapacityLimiter) -> None:
        try:
            await self._one(key)
        finally:
            limit.release_on_behalf_of(key)

    async def _one(self, key: str) -> None:
        note = self._notes / key.replace("/", ".")
        note.touch(mode=0o600)
        data = await self._folder.get(key)
        if data is not None:
            await self._goal.put(key, data)
            await self._unless_erased(key, len(data))
        note.unlink()  # before the file: a note without its file means that somebody erased it
        await self._folder.delete(key)
        self._told(self.moved)

    async def _unless_erased(self, key: str, size: int) -> None:
        if await self._folder.get(key) is None:
            await self._goal.delete(key)
            self.moved.erased += 1
        else:
            self.moved.files += 1
            self.moved.bytes += size

    async def _after_a_cut(self) -> None:
        for note in sorted(self._notes.iterdir()):
            key = note.name.replace(".", "/", 1)
            if await self._folder.get(key) is None:
                await self._goal.delete(key)
            note.unlink()
