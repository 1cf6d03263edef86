"""Numbered SQL files, and what applies them: each once, in order, in a transaction of its own, under a lock.

    0019_name_pre.sql    may be applied while the release before serves; this release needs it to serve
    0020_name_post.sql   only once the release before is gone; this release serves with it and without it
    0018_name.sql        as `pre`, but the release before does not serve on it (how all began)

So a rolling deploy is: `plixa migrate --pre`, replace the processes, `plixa migrate`. A program starts on a database
that is ahead of it by `pre` files only, which is also the way back.

A file's first line may say how it is applied:

    -- concurrently   each paragraph by itself, outside of a transaction: for `create index concurrently`
    -- in chunks      its one statement again and again, each time in a transaction, until it changes nothing: for data
                      that is moved, some thousand rows at a time. Cut off, it goes on where it was.

No statement has a time limit, but none waits for a lock for longer than `LOCK_WAIT`, while all others would wait behind
it: it is tried again, `LOCK_TRIES` times.

Plain files and a hundred lines, because a migration tool would bring a second database driver along.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCK = 0x706C697861  # "plixa": one migrator at a time, the others wait
LOCK_WAIT = "3s"
LOCK_TRIES = 20
LOCK_NOT_AVAILABLE = "55P03"
HERE = Path(__file__).parent


class SchemaMismatch(Exception):
    """The database does not fit this program; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: `0001_log.sql` has number 1."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Tells a file that was changed after it was applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def post(self) -> bool:
        """Whether it is applied only once no earlier release serves any more."""
        return self.name.endswith("_post")

    @property
    def how(self) -> str:
        """What its first line says of how it is applied."""
        first = self.sql.partition("\n")[0]
        return first.removeprefix("--").strip() if first in ("-- concurrently", "-- in chunks") else "in a transaction"


def migrations() -> list[Migration]:
    """All files, in order."""
    paths = sorted(HERE.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return [Migration(int(path.name[:4]), path.stem, path.read_text()) for path in paths]


async def migrate(connection: Any, *, only_pre: bool = False, only: Collection[int] | None = None) -> list[str]:
    """Apply what is missing; returns the names applied. `connection` is an asyncpg connection; runs under asyncio.

    only: of these numbers, for a database that is to be as it was in a backup. Raises `SchemaMismatch` if the database
    is ahead, if an applied file has changed since, or if a lock cannot be had. What was applied before that stays
    applied.
    """
    # Not waited for in a query: an index that is made concurrently would wait for that query's snapshot.
    while not await connection.fetchval("select pg_try_advisory_lock($1)", LOCK):  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    try:
        await connection.execute(
            "create table if not exists schema_migrations ("
            "number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null)"
        )
        await connection.execute(f"set lock_timeout = '{LOCK_WAIT}'")
        missing = _check(await _applied(connection))
        chosen = [each for each in missing if not (only_pre and each.post) and (only is None or each.number in only)]
        for migration in chosen:
            await _apply_patiently(connection, migration)
        return [migration.name for migration in chosen]
    finally:
        if not connection.is_closed():
            await connection.execute("reset lock_timeout")
            await connection.execute("select pg_advisory_unlock($1)", LOCK)


async def pending(connection: Any) -> list[str]:
    """The names of files that this release needs and lacks. Raises `SchemaMismatch` as `migrate` does."""
    return [migration.name for migration in await _missing(connection) if not migration.post]


async def pending_post(connection: Any) -> list[str]:
    """The names of files that are to be applied now that no earlier release serves any more."""
    return [migration.name for migration in await _missing(connection) if migration.post]


async def _missing(connection: Any) -> list[Migration]:
    exists = await connection.fetchval("select to_regclass('schema_migrations') is not null")
    return _check(await _applied(connection) if exists else {})


async def _apply_patiently(connection: Any, migration: Migration) -> None:
    for _ in range(LOCK_TRIES):
        try:
            await _apply(connection, migration)
        except Exception as error:
            if getattr(error, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            await asyncio.sleep(0.5)
            continue
        return
    raise SchemaMismatch(
        f"{migration.name}.sql waits for a table that something else holds (see pg_stat_activity). Nothing of it was "
        "done; run `plixa migrate` again when that is over."
    )


async def _apply(connection: Any, migration: Migration) -> None:
    match migration.how:
        case "concurrently":
            await connection.execute("set lock_timeout = 0")  # it stands in nobody's way while it waits
            for paragraph in migration.sql.split("\n\n"):
                await connection.execute(paragraph)
            await connection.execute(f"set lock_timeout = '{LOCK_WAIT}'")
            await _note(connection, migration)
        case "in chunks":
            while int((await connection.execute(migration.sql)).rpartition(" ")[2]):
                pass
            await _note(connection, migration)
        case _:
            async with connection.transaction():
                await connection.execute(migration.sql)
                await _note(connection, migration)


async def _note(connection: Any, migration: Migration) -> None:
    await connection.execute(
        "insert into schema_migrations values ($1, $2, $3, now())",
        migration.number,
        migration.name,
        migration.checksum,
    )


async def _applied(connection: Any) -> dict[int, Any]:
    return {row["number"]: row for row in await connection.fetch("select * from schema_migrations")}


def _check(applied: dict[int, Any]) -> list[Migration]:
    known = {migration.number: migration for migration in migrations()}
    unknown = [row["name"] for number, row in sorted(applied.items()) if number not in known]
    if ahead := [name for name in unknown if not name.endswith("_pre")]:
        raise SchemaMismatch(
            f"The database has migration {ahead[-1]}, which this program does not know. "
            "Run a newer release, or restore the backup that fits this one."
        )
    for number, row in applied.items():
        if number in known and known[number].checksum != row["checksum"]:
            raise SchemaMismatch(f"{known[number].name}.sql was changed after it was applied. Add a new file instead.")
    return [migration for number, migration in sorted(known.items()) if number not in applied]
