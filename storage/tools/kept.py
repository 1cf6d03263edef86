"""What a backup and a workspace's bundle are made of: parts with their digests, and one list of all of them.

    plixa-backup.json            (or plixa-workspace.json) the list: written last, so that half of one has none
    tables/<table>/000001.gz     a table's rows as Postgres' text, 16 MiB of it at a time
    lists/<name>/000001.gz       which files belong to it, a line of JSON each: key, bytes, SHA-256
    files/…, pictures/…          these files

Whoever reads one looks at every byte of it before anything is written (`examine`), and once more as it is used.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Protocol

import msgspec
import trio

from plixa.engine.errors import PlixaError
from plixa.storage.postgres.bridge import under_trio

FORMAT = 1
PART = 16 * 1024 * 1024
AT_ONCE = 8
"""Files that are on their way at a time."""


class Place(Protocol):
    """Where it is kept: a folder or a bucket. Raises what its kind of storage raises."""

    async def put(self, key: str, data: bytes) -> None:
        """Keep a file."""
        ...

    async def get(self, key: str) -> bytes | None:
        """A file, or None."""
        ...


class BadBackup(PlixaError):
    """It cannot be used; the message says why."""

    code = "BAD_BACKUP"


class Part(msgspec.Struct, frozen=True):
    """A file of it. bytes: as it is kept. sha256: in hex, of the same."""

    key: str
    bytes: int
    sha256: str


class Rows(msgspec.Struct, frozen=True):
    """A table's rows."""

    columns: tuple[str, ...]
    rows: int
    parts: tuple[Part, ...]


class Files(msgspec.Struct, frozen=True):
    """Files that belong to it. missing: of which the database knows, and which were not there."""

    files: int = 0
    bytes: int = 0
    missing: int = 0
    parts: tuple[Part, ...] = ()


class Applied(msgspec.Struct, frozen=True):
    """A migration that the database had."""

    number: int
    name: str
    checksum: str


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The list of all that is in it. keys: what the keys that seal it are known by, in hex; never a key.

    release: of the program. digest: SHA-256 of all this without it. tenant: whose bundle it is; 0 for a backup of all.
    states: the hash of its states.
    """

    format: int
    release: str
    made_at: datetime
    postgres: str
    schema: tuple[Applied, ...]
    keys: tuple[str, ...]
    tables: dict[str, Rows]
    sequences: dict[str, int]
    files: Files = Files()
    pictures: Files = Files()
    tenant: int = 0
    states: str = ""
    digest: str = ""

    def sealed(self) -> Contents:
        """With its digest."""
        return msgspec.structs.replace(self, digest=_digest_of(self))

    @property
    def parts(self) -> list[Part]:
        """All but the files themselves."""
        tables = [part for rows in self.tables.values() for part in rows.parts]
        return [*tables, *self.files.parts, *self.pictures.parts]

    @property
    def rows(self) -> int:
        """In all tables."""
        return sum(each.rows for each in self.tables.values())


def list_of(tenant: int) -> str:
    """The name of the list."""
    return "plixa-workspace.json" if tenant else "plixa-backup.json"


def _digest_of(contents: Contents) -> str:
    bare = msgspec.structs.replace(contents, digest="")
    return hashlib.sha256(msgspec.json.encode(bare, order="deterministic")).hexdigest()


async def write_list(place: Place, contents: Contents) -> None:
    """The last step: from now on it is whole."""
    await place.put(list_of(contents.tenant), msgspec.json.format(msgspec.json.encode(contents.sealed())))


async def read_list(place: Place, name: str) -> Contents:
    """Raises `BadBackup` where there is none, or one that was changed or that this release cannot read."""
    data = await place.get(name)
    if data is None:
        raise BadBackup(f"There is no {name}: either nothing was ever kept here, or it was cut off before its end.")
    try:
        contents = msgspec.json.decode(data, type=Contents)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadBackup(f"{name} cannot be read: {error}.") from None
    if contents.format != FORMAT:
        raise BadBackup(f"{name} has format {contents.format}, this release reads {FORMAT}: use {contents.release}.")
    if contents.digest != _digest_of(contents):
        raise BadBackup(f"{name} was changed after it was written: its digest is another one.")
    return contents


class Writing:
    """Takes bytes and keeps them as parts. `write` and `close` are asyncio's, for they stand in a query's middle."""

    def __init__(self, place: Place, prefix: str, told: Callable[[int], None] = lambda _: None) -> None:
        self._place = place
        self._prefix = prefix
        self._told = told
        self._waiting = bytearray()
        self.parts: list[Part] = []

    async def write(self, data: bytes) -> None:
        """Add to it."""
        self._waiting += data
        while len(self._waiting) >= PART:
            await self._flush()

    async def close(self) -> tuple[Part, ...]:
        """Nothing follows; returns all parts."""
        if self._waiting:
            await self._flush()
        return tuple(self.parts)

    async def _flush(self) -> None:
        data = bytes(self._waiting[:PART])
        del self._waiting[:PART]
        part = await under_trio(keep)(self._place, f"{self._prefix}/{len(self.parts) + 1:06}.gz", data)
        self.parts.append(part)
        self._told(len(data))


async def keep(place: Place, key: str, data: bytes) -> Part:
    """Keep some bytes, packed."""
    packed, digest = await trio.to_thread.run_sync(_packed, data)
    await place.put(key, packed)
    return Part(key, len(packed), digest)


def _packed(data: bytes) -> tuple[bytes, str]:
    packed = gzip.compress(data, 1, mtime=0)
    return packed, hashlib.sha256(packed).hexdigest()


async def bytes_of(place: Place, part: Part) -> bytes:
    """A part as it is kept. Raises `BadBackup` where it is not what it was."""
    data = await place.get(part.key)
    if data is None:
        raise BadBackup(f"{part.key} is not there.")
    if len(data) != part.bytes:
        raise BadBackup(f"{part.key} has {len(data)} bytes, and had {part.bytes}.")
    if await trio.to_thread.run_sync(_sha256, data) != part.sha256:
        raise BadBackup(f"{part.key} was changed: its digest is another one.")
    return data


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def opened(place: Place, part: Part) -> bytes:
    """What is in a part. Raises `BadBackup`."""
    data = await bytes_of(place, part)
    return await trio.to_thread.run_sync(_unpacked, part.key, data)


def _unpacked(key: str, data: bytes) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(data, PART + 1)
    except zlib.error as error:
        raise BadBackup(f"{key} cannot be unpacked: {error}.") from None
    if not unpacking.eof:
        raise BadBackup(f"{key} is no part of ours: it has too much in it, or no end.")
    return found


async def chunks(place: Place, parts: tuple[Part, ...]) -> AsyncGenerator[bytes]:
    """What is in these parts, for a query: under asyncio."""
    for part in parts:
        yield await under_trio(opened)(place, part)


async def listed(place: Place, files: Files) -> AsyncGenerator[Part]:
    """The files of a list, in its order; to be closed (`aclosing`). Raises `BadBackup`."""
    seen = 0
    for part in files.parts:
        for line in (await opened(place, part)).splitlines():
            yield msgspec.json.decode(line, type=Part)
            seen += 1
    if seen != files.files:
        raise BadBackup(f"{seen} files are listed, and {files.files} were kept.")


async def examine(place: Place, contents: Contents, told: Callable[[str, int], None] = lambda _what, _n: None) -> None:
    """Read everything, and hold it against its digests. Raises `BadBackup` for the first thing that is wrong.

    told: hears what was looked at, and how many bytes it had.
    """
    limit = trio.CapacityLimiter(AT_ONCE)
    async with trio.open_nursery() as nursery:

        async def look(part: Part) -> None:
            try:
                await bytes_of(place, part)
            finally:
                limit.release_on_behalf_of(part)
            told(part.key, part.bytes)

        async def soon(part: Part) -> None:
            await limit.acquire_on_behalf_of(part)
            nursery.start_soon(look, part)

        for part in contents.parts:
            await soon(part)
        for files in (contents.files, contents.pictures):
            async with aclosing(listed(place, files)) as parts:
                async for part in parts:
                    await soon(part)
