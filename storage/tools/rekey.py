"""Whether `PLIXA_SECRET_KEY` fits the database, and `plixa rekey`: all that is sealed with another key is sealed anew.

`application_keys` names every key that something in the database may be sealed with. A process that lacks one of them
does not start: it would serve, and mix what it seals with what it cannot open. A key is named there before anything is
sealed with it, and leaves only when nothing is any more.

What is promised of `plixa rekey`, which may run beside servers that know both keys:

    it is cut off, or the database goes away   what is done is done, and it is run again: what the new key opens is
                                               passed over. Servers go on, for they know both keys.
    a server seals with the old key            it does not begin, and none can start while it runs
    a row is changed meanwhile                 whoever changed it knew the new key; it is left as it is now
    a row opens with no key                    it is counted, told and left: nobody could read it before, either
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from plixa.engine.errors import PlixaError
from plixa.storage.eventlog.sealing import ApplicationKey, WrongKey
from plixa.storage.feature import Sealed, Table
from plixa.storage.nodes.name_lock import nobody_seals_with
from plixa.storage.postgres.bridge import Database
from plixa.storage.schema import Schema

CHUNK = 500
KEY = """
select a.attname as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
where i.indrelid = $1::regclass and i.indisprimary order by array_position(i.indkey::smallint[], a.attnum)
"""


class UnknownKey(PlixaError):
    """The database is sealed with another key; the message says what to do."""

    code = "UNKNOWN_KEY"

    def __init__(self) -> None:
        super().__init__(
            "PLIXA_SECRET_KEY is not the key that this database is sealed with: what customers wrote would stay "
            "closed, and what is written now could not be opened with the right one. Set the right one. If it was "
            "changed on purpose, set the former one as PLIXA_SECRET_KEY_OTHER and run `plixa rekey`; without it, "
            "restore it from where it is kept apart from the backups."
        )


@asynccontextmanager
async def accepted_key(database: Database, schema: Schema, key: ApplicationKey) -> AsyncGenerator[None]:
    """The block may seal with this key, and is able to open everything. Raises `UnknownKey`."""
    await database.run(accept, schema, key)
    yield


async def accept(connection: Any, schema: Schema, key: ApplicationKey) -> None:
    """Note that something may be sealed with this key from now on. Raises `UnknownKey`."""
    async with connection.transaction():
        await connection.execute("lock table application_keys in share row exclusive mode")
        await check(connection, schema, key)
        # Not the others: they only open. But for a database that is older than this table, of which nobody knows.
        noted = key.ids[:1] if await _ids(connection) else key.ids
        await connection.execute(
            "insert into application_keys select unnest($1::bytea[]), now() on conflict do nothing", noted
        )


async def check(connection: Any, schema: Schema, key: ApplicationKey) -> None:
    """Raises `UnknownKey` where something in the database may be sealed with a key that is not among these."""
    ids = await _ids(connection)
    fits = ids <= set(key.ids) if ids else await _opens_a_sample(connection, schema, key)
    if not fits:
        raise UnknownKey


async def _ids(connection: Any) -> set[bytes]:
    return {row["id"] for row in await connection.fetch("select id from application_keys")}


async def _opens_a_sample(connection: Any, schema: Schema, key: ApplicationKey) -> bool:
    """Of a database that was made before keys were noted; an empty one takes any.

    The keys for pushes are made at the very first start, and never again: what opens them was the first.
    """
    for table in sorted(_sealed(schema), key=lambda each: each.name != "vapid_keys"):
        sealed = table.sealed[0]
        row = await connection.fetchrow(f"select * from {table.name} where {sealed.column} is not null limit 1")
        if row is not None:
            return _opens(key, row[sealed.column], _belongs(sealed, row))
    return True


def _opens(key: ApplicationKey, sealed: bytes, belongs: str) -> bool:
    try:
        key.unseal(sealed, belongs)
    except WrongKey:
        return False
    return True


def _sealed(schema: Schema) -> list[Table]:
    return [table for table in schema.tables.values() if table.sealed]


def _belongs(sealed: Sealed, row: Mapping[str, Any]) -> str:
    values = {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}
    return sealed.belongs.format(**values)


@dataclass(slots=True)
class Rekeyed:
    """What `plixa rekey` found: values that it looked at, sealed anew, and could not open, by table."""

    seen: int = 0
    sealed: int = 0
    closed: dict[str, int] = field(default_factory=dict[str, int])


class StillSealing(PlixaError):
    """A server seals with the key that is to go."""

    code = "STILL_SEALING"

    def __init__(self) -> None:
        super().__init__(
            "A server still seals with the key that is to go. Restart every server with the new key as "
            "PLIXA_SECRET_KEY and the old one as PLIXA_SECRET_KEY_OTHER, or stop them; then run this again."
        )


async def rekey(
    connection: Any, schema: Schema, key: ApplicationKey, progress: Callable[[int], None] = lambda _: None
) -> Rekeyed:
    """Seal anew with the first key all that others sealed, and forget the others.

    Raises `UnknownKey` where another key would be needed, and `StillSealing`. See the module's text.
    """
    try:
        return await _rekey(connection, schema, key, progress)
    finally:
        await connection.execute("select pg_advisory_unlock_all()")


async def _rekey(connection: Any, schema: Schema, key: ApplicationKey, progress: Callable[[int], None]) -> Rekeyed:
    for other in key.ids[1:]:
        if not await nobody_seals_with(connection, other):
            raise StillSealing
    await accept(connection, schema, key)
    found = Rekeyed()
    for table in _sealed(schema):
        for column in table.sealed:
            await _table(connection, table.name, column, key, found, progress)
    await connection.execute("delete from application_keys where id <> $1", key.ids[0])
    return found


async def _table(
    connection: Any,
    table: str,
    sealed: Sealed,
    key: ApplicationKey,
    found: Rekeyed,
    progress: Callable[[int], None],
) -> None:
    """One column, in the order of its table's primary key."""
    columns = [row["name"] for row in await connection.fetch(KEY, table)]
    listed = ", ".join(columns)
    parameters = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    after: Sequence[object] = ()
    while True:
        where = f"where ({listed}) > ({parameters})" if after else ""
        rows = await connection.fetch(f"select * from {table} {where} order by {listed} limit {CHUNK}", *after)
        if not rows:
            return
        anew = [change for row in rows if (change := _anew(table, columns, sealed, row, key, found))]
        of_row = " and ".join(f"{name} = ${number}" for number, name in enumerate(columns, 3))
        also = f", {sealed.also}" if sealed.also else ""
        update = f"update {table} set {sealed.column} = $2{also} where {sealed.column} = $1 and {of_row}"
        await connection.executemany(update, anew)
        after = [rows[-1][name] for name in columns]
        progress(found.seen)


def _anew(
    table: str, columns: Sequence[str], sealed: Sealed, row: Any, key: ApplicationKey, found: Rekeyed
) -> tuple[object, ...] | None:
    old: bytes | None = row[sealed.column]
    if old is None:
        return None
    found.seen += 1
    try:
        new = key.resealed(old, _belongs(sealed, row))
    except WrongKey:
        found.closed[table] = found.closed.get(table, 0) + 1
        return None
    if new is None:
        return None
    found.sealed += 1
    return old, new, *(row[name] for name in columns)
