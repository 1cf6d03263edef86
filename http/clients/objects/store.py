"""What a store of files promises, and which one an address means.

Invariants: a file is there whole or not at all; what was put is durable once `put` returns; putting a key anew replaces
what was there; a key that is not there is None, never an error.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from plixa.http.clients.objects.folder import FolderObjects
from plixa.http.clients.objects.s3 import S3Objects


class ObjectStore(Protocol):
    """Safe to use from many tasks. All methods raise `StorageDown`; no retry is made here."""

    async def put(self, key: str, data: bytes) -> None:
        """Keep it."""
        ...

    async def get(self, key: str) -> bytes | None:
        """The bytes, or None."""
        ...

    async def delete(self, key: str) -> None:
        """Gone; gone already is fine."""
        ...

    async def clear(self, folder: str) -> None:
        """All that is behind `folder/` goes, also what a cut-off write left there, and the folder itself."""
        ...

    def walk(self, prefix: str = "", *, below: bool = True) -> AsyncGenerator[tuple[str, int]]:
        """The files whose key begins so, in the order of their keys, with their sizes. To be closed (`aclosing`).

        below: also those with a slash behind the prefix.
        """
        ...


@dataclass(frozen=True, slots=True)
class Bucket:
    """How to reach an S3-compatible bucket. url: without the bucket. prefix: before all keys, or nothing."""

    url: str
    name: str
    region: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    prefix: str = ""


@asynccontextmanager
async def open_objects(place: Path | Bucket) -> AsyncGenerator[ObjectStore]:
    """A store there; closed when the block is left."""
    if isinstance(place, Path):
        yield FolderObjects(place)
        return
    async with S3Objects(place.url, place.name, place.region, place.key, place.secret, place.prefix) as store:
        yield store
