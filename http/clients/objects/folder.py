"""Files in a folder, written whole or not at all, for nobody but the server's user."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import trio

from plixa.http.clients.objects.errors import StorageDown
from plixa.http.clients.objects.keys import checked, is_key

OURS = 0o700
"""Folders that nobody but the server's user may look into."""
PART = ".part"
LISTED_AT_ONCE = 1000
T = TypeVar("T")


class FolderObjects:
    """As `ObjectStore`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, key: str) -> Path:
        """Where it is."""
        return self._root / checked(key)

    async def put(self, key: str, data: bytes) -> None:
        await _in_thread(lambda: _write(self._root, self.path(key), data))

    async def get(self, key: str) -> bytes | None:
        return await _in_thread(lambda: _read(self.path(key)))

    async def delete(self, key: str) -> None:
        await _in_thread(lambda: self.path(key).unlink(missing_ok=True))

    async def clear(self, folder: str) -> None:
        await _in_thread(lambda: _remove(self.path(folder)))

    async def walk(self, prefix: str = "", *, below: bool = True) -> AsyncGenerator[tuple[str, int]]:
        found = _below(self._root, prefix)
        if not below:
            found = (each for each in found if "/" not in each[0].removeprefix(prefix))
        while some := await _in_thread(lambda: _some(found)):
            for each in some:
                yield each


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await trio.to_thread.run_sync(work)
    except OSError as error:
        raise StorageDown(f"{error.filename}: {error.strerror}") from error


def _write(root: Path, path: Path, data: bytes) -> None:
    for folder in (*reversed(path.relative_to(root).parents), path.relative_to(root).parent):
        (root / folder).mkdir(mode=OURS, parents=True, exist_ok=True)
    part = path.with_name(f".{uuid4().hex}{PART}")  # two may write the same at once
    try:
        part.touch(mode=0o600)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _read(path: Path) -> bytes | None:
    with suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return path.read_bytes()
    return None


def _remove(folder: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _below(root: Path, prefix: str) -> Iterator[tuple[str, int]]:
    """All files below, in the order of their keys: a folder's name is compared as its files' keys have it."""

    def below(folder: Path, key: str) -> Iterator[tuple[str, int]]:
        with suppress(FileNotFoundError, NotADirectoryError):
            entries = [(f"{entry.name}/" if entry.is_dir() else entry.name, entry) for entry in os.scandir(folder)]
            for name, entry in sorted(entries, key=lambda each: each[0]):
                whole = key + name
                if name.endswith("/"):
                    if whole.startswith(prefix) or prefix.startswith(whole):
                        yield from below(folder / entry.name, whole)
                elif whole.startswith(prefix) and is_key(whole) and not name.endswith(PART):
                    with suppress(FileNotFoundError):
                        yield whole, entry.stat().st_size

    yield from below(root, "")


def _some(found: Iterator[tuple[str, int]]) -> list[tuple[str, int]]:
    return [each for each, _ in zip(found, range(LISTED_AT_ONCE), strict=False)]
