"""The bytes of messages' files, in a folder: one file a message, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import trio

OURS = 0o700
"""Folders that nobody but the server's user may look into."""


class MediaFolder:
    """Files by tenant and message."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, tenant: int, name: str) -> Path:
        """Where it is. `name` is a message's id, or the SHA-256 of an upload that has no message yet."""
        return self._root / str(tenant) / name

    async def put(self, tenant: int, name: str, data: bytes) -> str:
        """Write durably; returns the SHA-256 in hex."""
        return await trio.to_thread.run_sync(self._put, self.path(tenant, name), data)

    @staticmethod
    def _put(path: Path, data: bytes) -> str:
        path.parent.parent.mkdir(mode=OURS, parents=True, exist_ok=True)
        path.parent.mkdir(mode=OURS, exist_ok=True)
        part = path.with_suffix(".part")
        part.touch(mode=0o600)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        return hashlib.sha256(data).hexdigest()

    async def get(self, tenant: int, name: str) -> bytes | None:
        """The bytes, or None."""
        try:
            return await trio.Path(self.path(tenant, name)).read_bytes()
        except FileNotFoundError:
            return None

    async def remove(self, tenant: int, name: str) -> None:
        """Gone; gone already is fine."""
        await trio.Path(self.path(tenant, name)).unlink(missing_ok=True)

    async def remove_all(self, tenant: int) -> None:
        """Every file of a workspace."""
        await trio.to_thread.run_sync(lambda: shutil.rmtree(self._root / str(tenant), ignore_errors=True))
