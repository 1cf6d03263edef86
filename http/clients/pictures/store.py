"""What a store of pictures promises, and which one the settings mean.

Invariants: a key is a UUID that the store gave out, and is never used twice, so what is under it never changes; a key
that is none is simply not there.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from plixa.http.clients.pictures.folder import FolderPictures
from plixa.http.clients.pictures.s3 import S3Pictures

FOLDER = "pictures"
"""In `PLIXA_DATA_DIR`."""


class PictureStore(Protocol):
    """Safe to use from many tasks. All methods raise `PictureStorageDown`."""

    async def put(self, data: bytes, mime: str) -> str:
        """Keep a picture; returns its key once it is durable."""
        ...

    async def get(self, key: str) -> tuple[bytes, str] | None:
        """The bytes and their type, or None."""
        ...

    async def delete(self, key: str) -> None:
        """Gone; gone already is fine."""
        ...

    def url(self, key: str) -> str:
        """Where browsers get it."""
        ...


class Behind:
    """S3, with a folder behind it in which there may still be pictures from before: `plixa media move` moves them."""

    def __init__(self, bucket: S3Pictures, folder: FolderPictures) -> None:
        self._bucket = bucket
        self._folder = folder

    async def put(self, data: bytes, mime: str) -> str:
        return await self._bucket.put(data, mime)

    async def get(self, key: str) -> tuple[bytes, str] | None:
        return await self._folder.get(key) or await self._bucket.get(key)

    async def delete(self, key: str) -> None:
        await self._folder.delete(key)
        await self._bucket.delete(key)

    def url(self, key: str) -> str:
        return self._bucket.url(key)


@asynccontextmanager
async def open_pictures(
    *, data_dir: Path, public_base: str, s3_url: str, s3_bucket: str, s3_region: str, s3_key: str, s3_secret: str
) -> AsyncGenerator[PictureStore]:
    """S3 if a bucket is named, else a folder; closed when the block is left.

    public_base: the URL before the key, without a slash at its end: that of our own route, or of the bucket.
    """
    folder = FolderPictures(data_dir / FOLDER, public_base)
    if s3_bucket:
        async with S3Pictures(s3_url, s3_bucket, s3_key, s3_secret, s3_region, public_base) as store:
            yield Behind(store, folder)
    else:
        yield folder
