"""`plixa backup`, `restore`, `export`, `import`, `cell`, `media move`, `operations`: what they read and write."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import trio
import typer

from plixa import features
from plixa.compose import application_key
from plixa.engine.errors import Conflict
from plixa.engine.settings import Settings
from plixa.http.api import auth
from plixa.http.clients.objects.folder import FolderObjects
from plixa.http.clients.objects.s3 import S3Objects
from plixa.http.clients.objects.settings import S3_BUCKET, bucket_of
from plixa.http.clients.objects.steady import Steady
from plixa.http.clients.objects.store import Bucket, ObjectStore, open_objects
from plixa.http.clients.pictures.cleaning import mime_of
from plixa.http.clients.pictures.s3 import S3Pictures
from plixa.http.clients.pictures.store import FOLDER as PICTURES
from plixa.http.conversation.media import PREFIX, folder_of, key_of, open_files
from plixa.http.conversation.moving import Moved, Moving
from plixa.http.conversation.settings import MEDIA_STORE
from plixa.storage.conversation.media_files import files_of_all
from plixa.storage.eventlog.sealing import ApplicationKey, new_key
from plixa.storage.postgres.bridge import Database, open_database
from plixa.storage.tools import backup as backing, bundle as bundling
from plixa.storage.tools.kept import AT_ONCE, BadBackup, Contents, Part, bytes_of, examine, list_of, listed, read_list
from plixa.storage.tools.rekey import check as must_fit_key
from plixa.storage.whatsapp import numbers

SCHEME = "s3://"
TELL_EVERY = 0.2
T = TypeVar("T")
Run = Callable[[Callable[[Settings], Awaitable[Any]]], Any]
Where = Annotated[str, typer.Argument(help="a folder, or s3://bucket/folder at the storage of S3_URL", metavar="PLACE")]


class Progress:
    """One line that says how far it is, and is written over."""

    def __init__(self) -> None:
        self._last = 0.0
        self._shown = 0

    def __call__(self, text: str) -> None:
        """Show it, unless the line before has only just been shown."""
        now = time.monotonic()
        if now - self._last >= TELL_EVERY:
            self._last = now
            self._write(text)

    def over(self, text: str) -> None:
        """The last word."""
        self._write(text)
        print()

    def _write(self, text: str) -> None:
        print(f"\r{text.ljust(self._shown)}", end="", flush=True)
        self._shown = len(text)


def place_of(settings: Settings, text: str) -> Path | Bucket:
    """What somebody means by a place. Raises `Conflict` for a bucket without a name."""
    if not text.startswith(SCHEME):
        return Path(text).expanduser().absolute()
    name, _, prefix = text.removeprefix(SCHEME).strip("/").partition("/")
    if not name:
        raise Conflict("A bucket is named like s3://bucket/folder.")
    return bucket_of(settings, name, prefix)


@asynccontextmanager
async def _opened(settings: Settings, text: str) -> AsyncGenerator[Steady]:
    async with open_objects(place_of(settings, text)) as store:
        yield Steady(store)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncGenerator[Database]:
    """For work that takes as long as it takes."""
    async with open_database(settings.database_url, size=1, command_timeout=None) as database:
        yield database


class Pictures:
    """All pictures, by their keys: in the folder, in the bucket, or in both. What takes them is where they belong."""

    def __init__(self, folder: FolderObjects, objects: S3Objects | None, bucket: S3Pictures | None) -> None:
        self._folder = folder
        self._objects = objects
        self._bucket = bucket

    async def walk(self) -> AsyncGenerator[tuple[str, int]]:
        """Keys and sizes, each once; to be closed (`aclosing`)."""
        seen = set[str]()
        for store in (self._folder, self._objects):
            if store is not None:
                async with aclosing(store.walk(below=False)) as found:
                    async for key, size in found:
                        if key not in seen:
                            seen.add(key)
                            yield key, size

    async def get(self, key: str) -> bytes | None:
        """The bytes, or None."""
        found = await self._folder.get(key)
        return await self._objects.get(key) if found is None and self._objects is not None else found

    async def put(self, key: str, data: bytes) -> None:
        """Under the key that it had."""
        if self._bucket is None:
            await self._folder.put(key, data)
        else:
            await self._bucket.keep(key, data, mime_of(data) or "application/octet-stream")

    async def delete(self, key: str) -> None:
        """From where they belong."""
        await (self._folder if self._bucket is None else self._bucket).delete(key)


@asynccontextmanager
async def open_pictures(settings: Settings) -> AsyncGenerator[Pictures]:
    """By the settings; closed when the block is left."""
    folder = FolderObjects(settings.data_dir / PICTURES)
    if not settings[S3_BUCKET]:
        yield Pictures(folder, None, None)
        return
    at = bucket_of(settings)
    async with (
        S3Objects(at.url, at.name, at.region, at.key, at.secret) as objects,
        S3Pictures(at.url, at.name, at.key, at.secret, at.region, "") as bucket,
    ):
        yield Pictures(folder, objects, bucket)


# -- a backup ---------------------------------------------------------------------------------------------------------


async def back_up(settings: Settings, to: str, told: Callable[[str], None]) -> Contents:
    """Back up everything. Raises `Conflict` for a place that holds anything, `StorageDown`, `Unavailable`."""
    async with (
        _opened(settings, to) as place,
        _database(settings) as database,
        open_files(settings) as files,
        open_pictures(settings) as pictures,
    ):
        await _must_hold_nothing(place, to)

        async def keep_pictures() -> list[Part]:
            async with aclosing(pictures.walk()) as there:
                wanted = [(key, f"pictures/{key}") async for key, _ in there]
            return (await _kept(pictures, place, wanted))[0]

        return await database.run(
            backing.back_up,
            place,
            files_of_all,
            _keeping(files, place),
            keep_pictures,
            to,
            told,
        )


async def _must_hold_nothing(place: ObjectStore, name: str) -> None:
    async with aclosing(place.walk()) as there:
        first = await anext(there, None)
    if first is not None:
        raise Conflict(f"{name} is not empty ({first[0]} is there): name another place, so that nothing is mixed.")


async def _kept(source: Any, place: ObjectStore, wanted: list[tuple[str, str]]) -> tuple[list[Part], int]:
    """Copy files from one key to another; those that were there, and how many were not."""
    found, limit = dict[str, Part](), trio.CapacityLimiter(AT_ONCE)

    async def one(key: str, to: str) -> None:
        try:
            data = await source.get(key)
            if data is not None:
                await place.put(to, data)
                digest = await trio.to_thread.run_sync(lambda: hashlib.sha256(data).hexdigest())
                found[to] = Part(to, len(data), digest)
        finally:
            limit.release_on_behalf_of(to)

    async with trio.open_nursery() as nursery:
        for key, to in wanted:
            await limit.acquire_on_behalf_of(to)
            nursery.start_soon(one, key, to)
    return [found[to] for _, to in wanted if to in found], len(wanted) - len(found)


async def restore(settings: Settings, come_from: str, told: Callable[[str], None]) -> Contents:
    """Bring a backup back into an empty place. Raises `BadBackup`, `Conflict`, `StorageDown`, `Unavailable`."""
    async with (
        _opened(settings, come_from) as place,
        _database(settings) as database,
        open_files(settings) as files,
        open_pictures(settings) as pictures,
    ):
        contents = await read_list(place, list_of(0))
        backing.must_fit(contents, application_key(settings).ids)
        await database.run(backing.must_be_empty, contents)
        await _examined(place, contents, told)
        bring: list[tuple[Any, str, list[Part]]] = [
            (files, "files/", await _all(listed(place, contents.files))),
            (pictures, "pictures/", await _all(listed(place, contents.pictures))),
        ]
        for goal, prefix, parts in bring:
            await _must_be_ours(goal.walk(), {each.key.removeprefix(prefix): each.bytes for each in parts})
        for goal, prefix, parts in bring:
            await _bring(place, goal, prefix, parts, told)
        await database.run(backing.restore_rows, place, contents, _twice_is_harm(), told)
        return contents


async def _examined(place: ObjectStore, contents: Contents, told: Callable[[str], None]) -> None:
    seen = 0

    def looked(_key: str, size: int) -> None:
        nonlocal seen
        seen += size
        told(f"looking at every byte: {seen // 1024**2} MB")

    await examine(place, contents, looked)


async def _all(found: AsyncGenerator[T]) -> list[T]:
    async with aclosing(found) as there:
        return [each async for each in there]


async def _must_be_ours(there: AsyncGenerator[tuple[str, int]], ours: dict[str, int]) -> None:
    """What an earlier try of the same left may be there, and nothing else."""
    for key, size in await _all(there):
        if ours.get(key) != size:
            raise Conflict(f"There are files already ({key}): restore into an empty PLIXA_DATA_DIR or bucket.")


async def _bring(place: ObjectStore, goal: Any, prefix: str, parts: list[Part], told: Callable[[str], None]) -> None:
    limit, done = trio.CapacityLimiter(AT_ONCE), 0

    async def one(part: Part) -> None:
        nonlocal done
        try:
            await goal.put(part.key.removeprefix(prefix), await bytes_of(place, part))
        finally:
            limit.release_on_behalf_of(part)
        done += 1
        told(f"{prefix.strip('/')}: {done} of {len(parts)}")

    async with trio.open_nursery() as nursery:
        for part in parts:
            await limit.acquire_on_behalf_of(part)
            nursery.start_soon(one, part)


# -- a workspace ------------------------------------------------------------------------------------------------------


async def export(settings: Settings, tenant: int, to: str, told: Callable[[str], None]) -> tuple[Contents, str]:
    """A workspace's bundle, and the key that opens it. Raises `NotFound`, `Conflict`, `StorageDown`, `Unavailable`."""
    key, secret = application_key(settings), new_key().hex()
    async with (
        _opened(settings, to) as place,
        _database(settings) as database,
        open_files(settings) as files,
    ):
        await _must_hold_nothing(place, to)
        await database.run(must_fit_key, features.schema(), key)
        contents = await database.run(
            bundling.export,
            place,
            features.schema(),
            features.kinds(),
            (key, ApplicationKey(secret)),
            tenant,
            files_of_all,
            _keeping(files, place),
            told,
        )
        return contents, secret


async def bring_in(settings: Settings, come_from: str, secret: str, told: Callable[[str], None]) -> Contents:
    """Bring a bundle in. Raises `BadBackup`, `Conflict`, `StorageDown`, `Unavailable`."""
    keys = ApplicationKey(secret), application_key(settings)
    async with (
        _opened(settings, come_from) as place,
        _database(settings) as database,
        open_files(settings) as files,
    ):
        contents = await read_list(place, list_of(1))
        if contents.keys != (keys[0].ids[0].hex(),):
            raise BadBackup("This is not the key that was shown when it was exported.")
        if contents.schema != await database.run(backing.schema_of):
            raise BadBackup(f"It is of another schema ({contents.schema[-1].name}): both must run the same release.")
        await _examined(place, contents, told)
        await database.run(bundling.must_not_be_there, contents.tenant)
        await _bring(place, files, "files/", await _all(listed(place, contents.files)), told)

        async def make_secrets(connection: Any, tenant: int) -> None:
            await numbers.make_secrets(connection, keys[1], tenant, auth.new_secret)

        await database.run(
            bundling.bring_in,
            place,
            contents,
            features.schema(),
            features.kinds(),
            keys,
            _twice_is_harm(),
            {"tickets_id": "select max(id) from tickets where tenant_id = $1"},
            make_secrets,
            told,
        )
        return contents


def _twice_is_harm() -> list[str]:
    return [kind for kind, spec in features.effects().items() if not spec.harmless]


def _keeping(files: ObjectStore, place: ObjectStore) -> backing.Keeps:
    """Copies a workspace's files to a place."""

    async def keep(tenant: int, names: frozenset[str]) -> tuple[list[Part], int]:
        wanted = [(key_of(tenant, name), f"files/{key_of(tenant, name)}") for name in sorted(names)]
        return await _kept(Steady(files), place, wanted)

    return keep


# -- from the folder to the bucket ------------------------------------------------------------------------------------


async def move_media(settings: Settings, told: Callable[[str], None]) -> Moved:
    """Move this machine's files and pictures to the bucket. Raises `Conflict` where the settings name none."""
    if settings[MEDIA_STORE] != "s3" or not settings[S3_BUCKET]:
        raise Conflict(
            "Set MEDIA_STORE=s3 and the S3_… settings first, and restart the servers with them: they look into the "
            "bucket then, and into the folder for what is still there."
        )

    def tell(moved: Moved) -> None:
        told(f"{moved.files} files, {moved.bytes // 1024**2} MB")

    async with open_objects(bucket_of(settings, prefix=PREFIX)) as bucket, open_pictures(settings) as pictures:
        moved = await Moving(folder_of(settings), Steady(bucket), settings.data_dir / "moving-media", tell).run()
        folder = FolderObjects(settings.data_dir / PICTURES)
        seen = await Moving(folder, pictures, settings.data_dir / "moving-pictures", tell).run()
    return Moved(moved.files + seen.files, moved.bytes + seen.bytes, moved.erased + seen.erased)


# -- the command line -------------------------------------------------------------------------------------------------


def add_commands(cli: typer.Typer, run: Run) -> None:
    """Add all of them."""

    @cli.command("backup")
    def backup(to: Where) -> None:  # pyright: ignore[reportUnusedFunction]
        """Back up database, files and pictures into an empty place, while servers serve.

        It does not hold PLIXA_SECRET_KEY, without which nobody can read it: keep that apart.
        """
        progress = Progress()
        contents = run(lambda settings: back_up(settings, to, progress))
        progress.over(f"kept in {to}")
        print(described(contents))

    @cli.command("restore")
    def restored(come_from: Where) -> None:  # pyright: ignore[reportUnusedFunction]
        """Bring a backup back into an empty database and an empty PLIXA_DATA_DIR or bucket, servers stopped.

        Every byte is looked at before anything is written. `plixa replay` shows the states' hashes after it.
        """
        progress = Progress()
        contents = run(lambda settings: restore(settings, come_from, progress))
        progress.over(f"restored from {come_from}")
        print(described(contents))
        print("What was about to be sent when the backup was made is looked up at the gateway before it goes out.")

    @cli.command("export")
    def exported(  # pyright: ignore[reportUnusedFunction]
        tenant: Annotated[int, typer.Argument(help="the workspace's id")], to: Where
    ) -> None:
        """Write a workspace as a bundle for another installation. To move it, suspend it first."""
        progress = Progress()
        contents, secret = run(lambda settings: export(settings, tenant, to, progress))
        progress.over(f"workspace {tenant} is in {to}")
        print(described(contents))
        print(f"  states {contents.states}\n  its key, shown once: {secret}")

    @cli.command("import")
    def imported(  # pyright: ignore[reportUnusedFunction]
        come_from: Where,
        key: Annotated[str, typer.Option(prompt=True, hide_input=True, help="what the export showed")],
    ) -> None:
        """Bring a workspace's bundle in, under the ids that it had. Members sign in, numbers are connected anew."""
        progress = Progress()
        contents = run(lambda settings: bring_in(settings, come_from, key, progress))
        progress.over(f"workspace {contents.tenant} is here, its states are {contents.states}")

    @cli.command("cell")
    def cell(  # pyright: ignore[reportUnusedFunction]
        number: Annotated[int, typer.Argument(min=1, max=4095, help="this installation's own")],
    ) -> None:
        """Before the first start: ids from a range of this installation's own, so that workspaces can be exchanged."""

        async def work(settings: Settings) -> None:
            async with _database(settings) as database:
                await database.run(bundling.give_out_from, number)

        run(work)
        print(f"ids begin behind {number << bundling.RANGE}")

    @cli.command("operations")
    def operations(folder: Annotated[Path, typer.Argument(help="where to write them")]) -> None:  # pyright: ignore[reportUnusedFunction]
        """Write Prometheus' alert rules, a Grafana dashboard and the runbook for the night."""
        print("\n".join(map(str, write_operations(folder))))

    media = typer.Typer(no_args_is_help=True, help="Messages' files and pictures.")
    cli.add_typer(media, name="media")

    @media.callback()
    def _media() -> None:  # pyright: ignore[reportUnusedFunction]
        """Messages' files and pictures."""

    @media.command("move")
    def move() -> None:  # pyright: ignore[reportUnusedFunction]
        """Move files and pictures from PLIXA_DATA_DIR to the bucket, while servers serve. May be cut and run again."""
        progress = Progress()
        moved: Moved = run(lambda settings: move_media(settings, progress))
        progress.over(f"{moved.files} files moved, {moved.bytes // 1024**2} MB; {moved.erased} were erased meanwhile")


OPERATIONS = Path(__file__).parent / "operations"
"""Alert rules, a dashboard, and what to do at night."""


def write_operations(folder: Path) -> list[Path]:
    """Copy what operators need; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copyfile(each, folder / each.name)) for each in sorted(OPERATIONS.iterdir())]


def described(contents: Contents) -> str:
    """What is in it, in a few lines."""
    files, pictures = contents.files, contents.pictures
    lines = [
        f"  made {contents.made_at:%Y-%m-%d %H:%M:%S} UTC by release {contents.release}, "
        f"schema {contents.schema[-1].name}, PostgreSQL {contents.postgres}",
        f"  {contents.rows} rows of {len(contents.tables)} tables, {files.files} files ({files.bytes} bytes), "
        f"{pictures.files} pictures",
        f"  sealed with the key known as {', '.join(contents.keys) or 'none'}, digest {contents.digest}",
    ]
    if files.missing:
        lines.append(f"  {files.missing} files that messages name were not there: erased meanwhile, or lost before")
    return "\n".join(lines)
