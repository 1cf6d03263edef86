"""Numbered SQL files, and what applies them: each once, in order, in one transaction, under a lock.

Plain files and fifty lines, because a migration tool would bring a second database driver along. A database that is
ahead of this program is refused: an older program must not write to a newer schema.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCK = 0x706C697861  # "plixa": one migrator at a time, the others wait
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


def migrations() -> list[Migration]:
    """All files, in order."""
    paths = sorted(HERE.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return [Migration(int(path.name[:4]), path.stem, path.read_text()) for path in paths]


async def migrate(connection: Any) -> list[str]:
    """Apply what is missing; returns the names applied. `connection` is an asyncpg connection; runs under asyncio.

    Raises `SchemaMismatch` if the database is ahead, or if an applied file has changed since.
    """
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
        await connection.execute(
            "create table if not exists schema_migrations ("
            "number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null)"
        )
        missing = _check(await _applied(connection))
        for migration in missing:
            await connection.execute(migration.sql)
            await connection.execute(
                "insert into schema_migrations values ($1, $2, $3, now())",
                migration.number,
                migration.name,
                migration.checksum,
            )
        return [migration.name for migration in missing]


async def pending(connection: Any) -> list[str]:
    """The names of files that are not applied yet. Raises `SchemaMismatch` as `migrate` does."""
    exists = await connection.fetchval("select to_regclass('schema_migrations') is not null")
    return [migration.name for migration in _check(await _applied(connection) if exists else {})]


async def _applied(connection: Any) -> dict[int, str]:
    return {row["number"]: row["checksum"] for row in await connection.fetch("select * from schema_migrations")}


def _check(applied: dict[int, str]) -> list[Migration]:
    known = {migration.number: migration for migration in migrations()}
    if ahead := sorted(set(applied) - set(known)):
        raise SchemaMismatch(
            f"The database has migration {ahead[-1]:04d}, which this program does not know. "
            "Run a newer release, or restore the backup that fits this one."
        )
    for number, checksum in applied.items():
        if known[number].checksum != checksum:
            raise SchemaMismatch(f"{known[number].name}.sql was changed after it was applied. Add a new file instead.")
    return [migration for number, migration in sorted(known.items()) if number not in applied]
