"""`plixa backup` and `plixa restore`: the database's rows and the files that they know, and back into an empty place.

What is promised, and what happens when a step raises, hangs or is cut off:

    backup
      rows                     are as they were at one moment; servers serve meanwhile. Files are copied after it, and
                               a file is written before the row that names it: so all that the rows name is there, but
                               for what was erased meanwhile, which is counted.
      it is cut off            no list was written: whoever looks at it says that it is half
      storage does not answer  each step is tried again for a minute; then it ends, and is half
      the place holds anything nothing is written there
    restore
      it is wrong or half, of another key, of a newer release, or the place is not empty
                               it is told before anything is written, database and files
      it is cut off among the files
                               the database is still empty; run again, it finds only files that are the backup's own
      it is cut off among the rows
                               they are one transaction: none of them is there, and it is run again
      a part changes as it is read
                               the same
      later migrations fail    rows and files are there as the backup had them; `plixa migrate` goes on
      a server starts meanwhile
                               it finds an empty database, or waits for a lock: stop it. None may run.

Which nodes there were (`nodes`) is not restored, so whoever comes takes all workspaces over. What was about to be sent
is: it may have gone out after the backup was made, so each send is looked up at the gateway first (`UNDER_WAY`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from plixa import __version__, migrations
from plixa.engine.errors import Conflict
from plixa.storage.nodes.name_lock import anybody
from plixa.storage.postgres.bridge import under_trio
from plixa.storage.tools import copying
from plixa.storage.tools.kept import (
    FORMAT,
    Applied,
    BadBackup,
    Contents,
    Files,
    Part,
    Place,
    Rows,
    Writing,
    chunks,
    write_list,
)

NOT_KEPT = frozenset({"nodes", "schema_migrations"})
"""Which nodes there were, so that each lease is a dead node's, and what the migrations write of themselves."""
UNDER_WAY = """
update outbox set state = 'attempting' where state = 'queued' and kind = any($1::text[])
"""
"""What may not be done twice is looked up first, as after a crash in its middle."""
MADE = """
insert into backups (made_at, finished_at, place, rows, files) values ($1, now(), $2, $3, $4)
"""
Told = Callable[[str], None]
"""Hears in a few words how far it is."""
Keeps = Callable[[int, frozenset[str]], Awaitable[tuple[Sequence[Part], int]]]
"""Copies a workspace's files of these names: what was kept, and how many of them were not there."""


async def back_up(
    connection: Any,
    place: Place,
    known: Callable[[Any, int], Awaitable[Collection[str]]],
    keep_files: Keeps,
    keep_pictures: Callable[[], Awaitable[Sequence[Part]]],
    named: str,
    told: Told = lambda _: None,
) -> Contents:
    """Back up everything. Under asyncio; the connection is this tool's alone, and has no limit for a statement.

    known: the names of a workspace's files, of the same moment. keep_files, keep_pictures: trio's. named: the place.
    """
    async with copying.one_moment(connection):
        made_at = datetime.now(UTC)
        rows = {
            name: await _rows(connection, place, name, columns, told)
            for name, columns in (await copying.tables(connection)).items()
            if name not in NOT_KEPT
        }
        tenants = [row["tenant_id"] for row in await connection.fetch("select tenant_id from heads order by 1")]
        files = await files_of(connection, place, tenants, known, keep_files, told)
        contents = Contents(
            format=FORMAT,
            release=__version__,
            made_at=made_at,
            postgres=await connection.fetchval("show server_version"),
            schema=await schema_of(connection),
            keys=tuple(row["id"].hex() for row in await connection.fetch("select id from application_keys order by 1")),
            tables=rows,
            sequences=await copying.sequences(connection),  # later than the rows, which does no harm
            files=files,
            pictures=await _listed(place, "pictures", await under_trio(keep_pictures)(), 0),
        ).sealed()
    await under_trio(write_list)(place, contents)
    await connection.execute(MADE, contents.made_at, named, contents.rows, files.files)
    return contents


async def schema_of(connection: Any) -> tuple[Applied, ...]:
    """The migrations that it has."""
    rows = await connection.fetch("select number, name, checksum from schema_migrations order by number")
    return tuple(Applied(**row) for row in rows)


async def _rows(connection: Any, place: Place, name: str, columns: copying.Columns, told: Told) -> Rows:
    seen = 0

    def more(size: int) -> None:
        nonlocal seen
        seen += size
        told(f"{name}: {seen // 1024**2} MB")

    told(name)
    writing = Writing(place, f"tables/{name}", more)
    rows = await copying.copy_out(connection, name, columns, writing.write)
    return Rows(columns, rows, await writing.close())


async def files_of(
    connection: Any,
    place: Place,
    tenants: Sequence[int],
    known: Callable[[Any, int], Awaitable[Collection[str]]],
    keep_files: Keeps,
    told: Told,
) -> Files:
    """Keep the files of these workspaces."""
    found, missing = list[Part](), 0
    for tenant in tenants:
        names = frozenset(await known(connection, tenant))
        if names:
            kept, lacking = await under_trio(keep_files)(tenant, names)
            found += kept
            missing += lacking
            told(f"{len(found)} files")
    return await _listed(place, "files", found, missing)


async def _listed(place: Place, name: str, found: Sequence[Part], missing: int) -> Files:
    writing = Writing(place, f"lists/{name}")
    for part in found:
        await writing.write(msgspec.json.encode(part) + b"\n")
    return Files(len(found), sum(part.bytes for part in found), missing, await writing.close())


# -- back -------------------------------------------------------------------------------------------------------------


def must_fit(contents: Contents, ids: Collection[bytes]) -> None:
    """Raises `BadBackup` where this release or this key cannot make anything of it. ids: what our keys are known by."""
    known = {each.number: each for each in migrations.migrations()}
    for applied in contents.schema:
        ours = known.get(applied.number)
        if ours is None:
            raise BadBackup(
                f"It was made by release {contents.release}, whose migration {applied.name} this release "
                f"({__version__}) does not know. Restore it with that release or a later one."
            )
        if ours.checksum != applied.checksum:
            raise BadBackup(f"Its migration {applied.name} is not the one of this release: they are not of one kind.")
    if lacking := set(contents.keys) - {each.hex() for each in ids}:
        raise BadBackup(
            f"It is sealed with the key {' and '.join(sorted(lacking))}, which is not PLIXA_SECRET_KEY (nor "
            "PLIXA_SECRET_KEY_OTHER): what customers wrote would stay closed. Set the key of that time."
        )


async def must_be_empty(connection: Any, contents: Contents) -> None:
    """Raises `Conflict` for a database that something is in, that a server runs on, or whose schema is ahead."""
    if await anybody(connection):
        raise Conflict("A server is running on this database: stop it first.")
    there = await connection.fetchval("select to_regclass('schema_migrations') is not null")
    had = {each.number for each in contents.schema}
    if ahead := [each.name for each in (await schema_of(connection) if there else ()) if each.number not in had]:
        raise Conflict(
            f"The database has {ahead[-1]}, which came after the backup. Restore into one without any tables: what "
            "came after it is applied to the rows then."
        )
    if found := await copying.occupied(connection):
        shown = ", ".join(found[:5]) + (" …" if len(found) > 5 else "")
        raise Conflict(f"The database is not empty ({shown}): restore into a new one, and point DATABASE_URL there.")


async def restore_rows(
    connection: Any, place: Place, contents: Contents, twice_is_harm: Collection[str], told: Told = lambda _: None
) -> None:
    """Make the schema that the backup had, and its rows, all or none of them. Under asyncio.

    twice_is_harm: kinds of effects that must not be carried out twice. Raises `BadBackup`, `Conflict`.
    """
    await must_be_empty(connection, contents)
    await migrations.migrate(connection, only=frozenset(each.number for each in contents.schema))
    async with connection.transaction():
        await must_be_empty(connection, contents)
        await fill(connection, place, contents.tables, told)
        await connection.execute(UNDER_WAY, list(twice_is_harm))
        await copying.set_sequences(connection, contents.sequences)
    told("indexes")
    await connection.execute("analyze")
    await migrations.migrate(connection)


async def fill(connection: Any, place: Place, tables: Mapping[str, Rows], told: Told) -> None:
    """Read the rows of these tables. Raises `BadBackup` where they are not as many as there were."""
    for name, rows in tables.items():
        told(name)
        found = await copying.copy_in(connection, name, rows.columns, chunks(place, rows.parts)) if rows.parts else 0
        if found != rows.rows:
            raise BadBackup(f"{name} has {found} rows, and had {rows.rows}.")
