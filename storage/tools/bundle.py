"""`plixa export` and `plixa import`: a workspace as a bundle, into another installation, with the same states.

What goes: the log as it is, the keys of its streams, timers, the outbox, and what is declared as `Table.moves`. What
follows from the log (read models, snapshots) is made anew there. What stays: tokens and sessions, links that were
mailed, secrets of numbers (new ones are made), calendars and browsers that were linked with the installation's own
client, answers for repeated requests: they are good here only. So members sign in anew, with their passwords and second
factors; programs get new tokens; numbers are connected anew.

**Ids are kept**, the workspace's and its members', too: what is sealed is authenticated with them, events name them.
An import is refused where one of them, an e-mail address or an instance is taken. Installations that exchange
workspaces give out ids from ranges of their own (`plixa cell N`).

**Keys.** What the application key sealed is sealed anew with the bundle's own key, shown once and not in the bundle.
The import seals it with the key of the other installation. Neither application key leaves its place.

| what raises, hangs or is cut off | then |
|---|---|
| the export | no list was written: nobody takes half a bundle; the workspace is as it was |
| a wrong key, a changed or missing part, another schema | told before anything is written |
| an id, an address or an instance is taken there | nothing is written |
| the states there have another hash | nothing is written |
| the import is cut off among the files | files of a workspace that is not there; run it again |
| … among the rows | one transaction: nothing is there |
| both installations serve it afterwards | suspend it before it is exported: then it is suspended there, too |
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import asyncpg

from plixa import __version__
from plixa.engine.actor import ActorType
from plixa.engine.errors import Conflict, NotFound
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.sealing import ApplicationKey, WrongKey
from plixa.storage.feature import Sealed, Table
from plixa.storage.lifetime.sweeping import finish_of
from plixa.storage.postgres.bridge import under_trio
from plixa.storage.schema import Schema
from plixa.storage.tools import copying
from plixa.storage.tools.backup import UNDER_WAY, Keeps, Told, files_of, schema_of
from plixa.storage.tools.kept import FORMAT, BadBackup, Contents, Place, Rows, Writing, chunks, write_list
from plixa.storage.tools.rebuild import PLAN_ANEW, Rebuilder, Replay
from plixa.storage.tools.replay import state_hash, states_of

ESCAPED = re.compile(r"\\(.)", re.DOTALL)
SIGNS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
OWN = {"tenants_id": "select $1::bigint", "users_id": "select max(user_id) from members where tenant_id = $1"}
"""Sequences, and how far a workspace has used them; a feature's others are given."""
DEAD_LEASE = "insert into leases (tenant_id, node, epoch) select tenant_id, '', epoch from heads where tenant_id = $1"
IDENTITIES = """
select a.attname::text as column, pg_get_serial_sequence($1, a.attname)::regclass::text as sequence
from pg_attribute a where a.attrelid = $1::text::regclass and a.attidentity <> '' and not a.attisdropped
"""
RANGE = 40
"""Bits of an id below the range that it is given out from."""


def belongs(sealed: Sealed, row: Mapping[str, str | None], types: Mapping[str, str]) -> str:
    """What a value is authenticated with, from its row as Postgres' text."""
    return sealed.belongs.format(**{name: _value(text, types[name]) for name, text in row.items()})


def _value(text: str | None, type_: str) -> object:
    if text is None:
        return None
    if type_ in ("bigint", "integer", "smallint"):
        return int(text)
    return text.removeprefix("\\x") if type_ == "bytea" else text


class Resealing:
    """Rows of a table on their way from one key to another, a line each. Raises `WrongKey`."""

    def __init__(
        self, table: Table, columns: copying.Columns, types: Mapping[str, str], old: ApplicationKey, new: ApplicationKey
    ) -> None:
        self._table = table
        self._columns = columns
        self._types = types
        self._old = old
        self._new = new
        self._rest = b""

    def lines(self, data: bytes) -> bytes:
        """What was whole of it by now."""
        whole, mark, self._rest = (self._rest + data).rpartition(b"\n")
        return b"".join(self._line(line) + b"\n" for line in whole.split(b"\n")) if mark else b""

    def _line(self, line: bytes) -> bytes:
        fields = line.decode().split("\t")
        row = dict(zip(self._columns, map(_plain, fields), strict=True))
        for sealed in self._table.sealed:
            value = row[sealed.column]
            if value is not None:
                about = belongs(sealed, row, self._types)
                data = self._old.unseal(bytes.fromhex(value.removeprefix("\\x")), about)
                fields[self._columns.index(sealed.column)] = f"\\\\x{self._new.seal(data, about).hex()}"
        return "\t".join(fields).encode()


def _plain(field: str) -> str | None:
    return None if field == "\\N" else ESCAPED.sub(lambda found: SIGNS.get(found[1], found[1]), field)


def moving(schema: Schema) -> list[Table]:
    """The tables whose rows go along."""
    return [table for table in schema.tables.values() if table.moves]


async def export(
    connection: Any,
    place: Place,
    schema: Schema,
    kinds: Mapping[str, ActorType[Any]],
    keys: tuple[ApplicationKey, ApplicationKey],
    tenant: int,
    known: Callable[[Any, int], Awaitable[Collection[str]]],
    keep_files: Keeps,
    told: Told = lambda _: None,
) -> Contents:
    """Write a workspace's bundle. Under asyncio. keys: the application's, and the bundle's. Raises `NotFound`."""
    ours, its = keys
    await finish_of(connection, schema, ours, tenant)  # what was erased does not go along
    async with copying.one_moment(connection):
        if not await connection.fetchval("select exists (select from events where tenant_id = $1)", tenant):
            raise NotFound("workspace")
        columns, rows = await copying.tables(connection), dict[str, Rows]()
        for table in moving(schema):
            told(table.name)
            rows[table.name] = await _rows(connection, place, table, columns[table.name], keys, tenant)
        states = await states_of(connection, Keyring(ours), kinds, tenant)
        contents = Contents(
            format=FORMAT,
            release=__version__,
            made_at=datetime.now(UTC),
            postgres=await connection.fetchval("show server_version"),
            schema=await schema_of(connection),
            keys=(its.ids[0].hex(),),
            tables=rows,
            sequences={},
            files=await files_of(connection, place, [tenant], known, keep_files, told),
            tenant=tenant,
            states=state_hash(states),
        ).sealed()
    await under_trio(write_list)(place, contents)
    return contents


async def _rows(
    connection: Any,
    place: Place,
    table: Table,
    columns: copying.Columns,
    keys: tuple[ApplicationKey, ApplicationKey],
    tenant: int,
) -> Rows:
    writing = Writing(place, f"tables/{table.name}")
    types = await copying.types(connection, table.name)
    resealing = Resealing(table, columns, types, *keys)

    async def write(data: bytes) -> None:
        await writing.write(resealing.lines(data) if table.sealed else data)

    count = await copying.copy_out(connection, table.name, columns, write, tenant)
    return Rows(columns, count, await writing.close())


async def bring_in(
    connection: Any,
    place: Place,
    contents: Contents,
    schema: Schema,
    kinds: Mapping[str, ActorType[Any]],
    keys: tuple[ApplicationKey, ApplicationKey],
    twice_is_harm: Collection[str],
    reached: Mapping[str, str],
    make_secrets: Callable[[Any, int], Awaitable[None]],
    told: Told = lambda _: None,
) -> None:
    """Write a workspace that is not there yet, all of it or nothing. Under asyncio. keys: the bundle's, and ours.

    reached: how far it has used which sequence. make_secrets: makes what stayed behind. Raises `Conflict`, `BadBackup`.
    """
    its, ours = keys
    tenant = contents.tenant
    tables = {table.name: table for table in moving(schema)}
    if unknown := contents.tables.keys() - tables.keys():
        raise BadBackup(f"It has {', '.join(sorted(unknown))}, which this release does not take.")
    try:
        async with connection.transaction():
            await connection.execute(PLAN_ANEW)
            for name, rows in contents.tables.items():
                told(name)
                await _fill(connection, place, tables[name], rows, (its, ours))
            await connection.execute(DEAD_LEASE, tenant)
            rebuilder = Rebuilder(Keyring(ours), kinds, schema)
            await rebuilder.replay(connection, Replay(kinds, schema), tenant, 0, lambda seen: told(f"{seen} events"))
            await _nobody_elses(connection, tenant)
            await make_secrets(connection, tenant)
            await connection.execute(f"{UNDER_WAY} and tenant_id = $2", list(twice_is_harm), tenant)
            if state_hash(await states_of(connection, Keyring(ours), kinds, tenant)) != contents.states:
                raise BadBackup("Its log folds to other states here: this release is not the one that exported it.")
            await _go_on(connection, tenant, {**OWN, **reached, **await _identities(connection, contents.tables)})
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"Something of it is taken here ({error.constraint_name}): {error.detail}") from None


async def must_not_be_there(connection: Any, tenant: int) -> None:
    """Raises `Conflict` where there is, or was, a workspace of this id."""
    if await connection.fetchval("select exists (select from heads where tenant_id = $1)", tenant):
        raise Conflict(f"There is a workspace {tenant} here, or there was one: ids are kept, and this one is taken.")


async def _fill(
    connection: Any, place: Place, table: Table, rows: Rows, keys: tuple[ApplicationKey, ApplicationKey]
) -> None:
    resealing = Resealing(table, rows.columns, await copying.types(connection, table.name), *keys)

    async def opened() -> AsyncGenerator[bytes]:
        async for chunk in chunks(place, rows.parts):
            yield resealing.lines(chunk) if table.sealed else chunk

    try:
        found = await copying.copy_in(connection, table.name, rows.columns, opened()) if rows.parts else 0
    except WrongKey as error:
        raise BadBackup(f"{table.name} does not open with this bundle's key: {error}") from None
    if found != rows.rows:
        raise BadBackup(f"{table.name} has {found} rows, and had {rows.rows}.")


async def _nobody_elses(connection: Any, tenant: int) -> None:
    taken = await connection.fetchval(
        "select a.user_id from members a join members b on b.user_id = a.user_id and b.tenant_id <> a.tenant_id "
        "where a.tenant_id = $1 limit 1",
        tenant,
    )
    if taken is not None:
        raise Conflict(f"The member {taken} is somebody else here: ids are kept, and this one is taken.")


async def _identities(connection: Any, tables: Collection[str]) -> dict[str, str]:
    """The sequences of columns that number the rows of these tables, and how far a workspace's rows go."""
    return {
        row["sequence"]: f"select max({row['column']}) from {table} where tenant_id = $1"
        for table in tables
        for row in await connection.fetch(IDENTITIES, table)
    }


async def _go_on(connection: Any, tenant: int, reached: Mapping[str, str]) -> None:
    """Have sequences give out what comes after it, where its ids are of the range that they are in."""
    there = await copying.sequences(connection)
    for name, query in reached.items():
        used, last = await connection.fetchval(query, tenant) or 0, there.get(name, 0)
        if used > last and used >> RANGE == last >> RANGE:
            await copying.set_sequences(connection, {name: used})


async def give_out_from(connection: Any, cell: int) -> None:
    """Have ids come from a range of this installation's own. Raises `Conflict` where some were given out."""
    there = await copying.sequences(connection)
    if used := [name for name, last in there.items() if last >> RANGE != cell]:
        raise Conflict(f"Ids were given out already ({', '.join(used)}): a range is chosen before the first start.")
    names = [row["name"] for row in await connection.fetch(copying.SEQUENCES)]
    await copying.set_sequences(connection, {name: cell << RANGE for name in names if name not in there})
