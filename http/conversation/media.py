"""The bytes of messages' files, written whole or not at all: in a folder, or in a bucket that all machines share.

A file is `<workspace>/<name>`, in a bucket behind `media/`. Where a folder was left for a bucket, what is still in the
folder is found there (`Behind`), and `plixa media move` brings it over while servers serve.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import trio

from plixa.engine.settings import Settings
from plixa.http.clients.objects.folder import FolderObjects
from plixa.http.clients.objects.settings import bucket_of
from plixa.http.clients.objects.store import ObjectStore, open_objects
from plixa.http.conversation.settings import MEDIA_STORE

PREFIX = "media"
"""Before the keys in a bucket, and the folder's name in `PLIXA_DATA_DIR`."""


class Media:
    """Files by tenant and message. All methods raise `StorageDown`."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    async def put(self, tenant: int, name: str, data: bytes) -> str:
        """Write durably; returns the SHA-256 in hex. `name` is a message's id, or an upload's SHA-256."""
        await self._objects.put(key_of(tenant, name), data)
        return await trio.to_thread.run_sync(lambda: hashlib.sha256(data).hexdigest())

    async def get(self, tenant: int, name: str) -> bytes | None:
        """The bytes, or None."""
        return await self._objects.get(key_of(tenant, name))

    async def remove(self, tenant: int, name: str) -> None:
        """Gone; gone already is fine."""
        await self._objects.delete(key_of(tenant, name))

    async def remove_all(self, tenant: int) -> None:
        """Every file of a workspace."""
        await self._objects.clear(str(tenant))


class Behind:
    """A bucket, with a folder behind it in which there may still be files from before. As `ObjectStore`.

    What goes from both goes from the folder first: `plixa media move` looks there last.
    """

    def __init__(self, bucket: ObjectStore, folder: FolderObjects) -> None:
        self._bucket = bucket
        self._folder = folder

    async def put(self, key: str, data: bytes) -> None:
        await self._bucket.put(key, data)

    async def get(self, key: str) -> bytes | None:
        found = await self._folder.get(key)  # costs next to nothing, and what is there is not in the bucket yet
        if found is None:
            found = await self._bucket.get(key)
        return found

    async def delete(self, key: str) -> None:
        await self._folder.delete(key)
        await self._bucket.delete(key)

    async def clear(self, folder: str) -> None:
        await self._folder.clear(folder)
        await self._bucket.clear(folder)

    async def walk(self, prefix: str = "", *, below: bool = True) -> AsyncGenerator[tuple[str, int]]:
        """What is in both is named twice."""
        for store in (self._folder, self._bucket):
            async with aclosing(store.walk(prefix, below=below)) as found:
                async for each in found:
                    yield each


def key_of(tenant: int, name: str) -> str:
    """Where a file is."""
    return f"{tenant}/{name}"


def folder_of(settings: Settings) -> FolderObjects:
    """The folder, whether files are kept there or not."""
    return FolderObjects(settings.data_dir / PREFIX)


@asynccontextmanager
async def open_files(settings: Settings) -> AsyncGenerator[ObjectStore]:
    """Where the settings say; closed when the block is left."""
    folder = folder_of(settings)
    if settings[MEDIA_STORE] == "folder":
        yield folder
        return
    async with open_objects(bucket_of(settings, prefix=PREFIX)) as bucket:
        yield Behind(bucket, folder)
