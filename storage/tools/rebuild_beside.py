"""`plixa rebuild NAME …`: make some read models right again while servers serve.

It promises: when it is over, what the log says stands in these tables; what was right is not touched; nobody waits for
longer than a few hundred rows take. Workspace by workspace:

1. *Replay* its log into temporary tables of the same names, which stand in front of the real ones for whatever is
   written on this connection: so everything is written as commits write it. All read models are, for some look at
   others; only those that are named are compared.
2. *Compare* in the same snapshot of the database: in it, log and tables agree to the event.
3. *Mend* what differs, some hundred rows at a time, with the workspace's head locked: nothing is committed for it
   meanwhile, and what was since the comparison is replayed first.

Then it is compared again, until nothing differs: what servers write on wrong rows may be wrong as well.

| what raises, hangs or is cut off | then |
|---|---|
| it is cut off anywhere | some rows are mended, and some not yet; run it again |
| a commit holds what it needs | it gives way within a quarter of a second, and tries again; no commit fails for it |
| a conversation is erased meanwhile | its rows are swept first: what was deleted is known by them |
| the log has an event that this release lacks | it says so, and has changed nothing of that workspace |
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from plixa.engine.actor import ActorType
from plixa.engine.errors import Conflict, Refused
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.lifetime.sweeping import finish_of
from plixa.storage.schema import Schema
from plixa.storage.tools.rebuild import MADE_ANEW, PLAN_ANEW, TENANTS, Rebuilder, Replay, collector_off

AT_ONCE = 500
"""Rows that are mended under one lock."""
FEW = 500
"""Events that may be replayed under it."""
LOCK = "set local lock_timeout = '250ms'"
"""Less than Postgres takes to look for a deadlock: it is this tool that gives way, not a commit."""
TRIES, AGAIN_AFTER = 200, 0.1
COMPARISONS = 10
HEAD = "select position from heads where tenant_id = $1"
COLUMNS = """
select a.attname as name, coalesce(a.attnum = any(i.indkey), false) as is_key
from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped
  and a.attidentity = '' and a.attgenerated = ''
order by a.attnum
"""


@dataclass(frozen=True, slots=True)
class Model:
    """A read model, its shadow and the list of its rows that differ. real: its name with its schema's."""

    name: str
    real: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def wrong(self) -> str:
        """Where the keys of rows that differ are."""
        return f"pg_temp.wrong_{self.name}"

    @property
    def compare(self) -> str:
        """Notes the keys of a tenant's rows that differ. Compared as text: JSON has no equality."""
        columns, keys = ", ".join(self.columns), ", ".join(self.keys)
        return f"""
            insert into {self.wrong} ({keys}) select {keys}
            from (select {columns} from {self.real} where tenant_id = $1) r
            full join (select {columns} from pg_temp.{self.name} where tenant_id = $1) s using ({keys})
            where r::text is distinct from s::text
        """

    @property
    def drop(self) -> str:
        """Removes the real rows among the first that differ."""
        return f"delete from {self.real} t using {self.wrong} w where w.nth <= $1 and {self._same('t')}"

    @property
    def fill(self) -> str:
        """Puts in their place what the log says."""
        columns = ", ".join(self.columns)
        source = ", ".join(f"t.{column}" for column in self.columns)
        chosen = f"from pg_temp.{self.name} t join {self.wrong} w on {self._same('t')} where w.nth <= $1"
        return f"insert into {self.real} ({columns}) select {source} {chosen}"

    def _same(self, table: str) -> str:
        return " and ".join(f"{table}.{key} = w.{key}" for key in self.keys)


class Beside:
    """Some read models. Raises `Refused` for a name that is none."""

    def __init__(
        self, keyring: Keyring, kinds: Mapping[str, ActorType[Any]], schema: Schema, names: Sequence[str]
    ) -> None:
        if unknown := set(names) - set(schema.read_models):
            there = ", ".join(sorted(schema.read_models))
            raise Refused(f"There is no read model {', '.join(sorted(unknown))}. There are: {there}.")
        self._keyring = keyring
        self._kinds = kinds
        self._schema = schema
        self._names = names
        self._rebuilder = Rebuilder(keyring, kinds, schema)

    async def run(self, connection: Any, progress: Callable[[int], None] = lambda _: None) -> dict[str, int]:
        """How many rows of each differed. The connection is this tool's alone, and has no limit for a statement."""
        found = dict.fromkeys(self._names, 0)
        models = [await self._model(connection, name) for name in self._names]
        try:
            await self._make_shadows(connection, models)
            for row in await connection.fetch(TENANTS):
                with collector_off():
                    await self._tenant(connection, row["tenant_id"], models, found, progress)
        finally:
            for name in (*self._schema.read_models, *(f"wrong_{name}" for name in self._names)):
                await connection.execute(f"drop table if exists pg_temp.{name}")
        return found

    async def _model(self, connection: Any, name: str) -> Model:
        real = f"{await connection.fetchval('select current_schema()')}.{name}"
        columns = await connection.fetch(COLUMNS, real)
        keys = tuple(row["name"] for row in columns if row["is_key"])
        return Model(name, real, tuple(row["name"] for row in columns), keys)

    async def _make_shadows(self, connection: Any, models: Sequence[Model]) -> None:
        names = self._schema.read_models
        like = "including defaults including generated including identity including indexes"
        for name in names:
            await connection.execute(f"create temp table {name} (like {name} {like})")
        shadows = [f"pg_temp.{name}" for name in names]
        for index in await connection.fetch(MADE_ANEW, shadows):  # see `Rebuilder`: they are in the way
            await connection.execute(f"drop index {index['name']}")
        for model in models:
            keys = ", ".join(model.keys)
            await connection.execute(
                f"create temp table wrong_{model.name} as select {keys} from {model.real} with no data;"
                f"alter table {model.wrong} add nth integer generated always as identity"
            )

    async def _tenant(
        self,
        connection: Any,
        tenant: int,
        models: Sequence[Model],
        found: dict[str, int],
        progress: Callable[[int], None],
    ) -> None:
        await connection.execute(f"truncate {', '.join(f'pg_temp.{name}' for name in self._schema.read_models)}")
        shadow = _Shadow(self._rebuilder, Replay(self._kinds, self._schema), tenant, progress)
        for _ in range(COMPARISONS):
            differing = await self._compare(connection, shadow, models)
            for model, rows in differing.items():
                found[model.name] += rows
            if not any(differing.values()):
                return
            for model, rows in differing.items():
                await self._mend(connection, shadow, model, rows)
        raise Conflict(f"Workspace {tenant} goes on differing: is a server of another release at work on it?")

    async def _compare(self, connection: Any, shadow: _Shadow, models: Sequence[Model]) -> dict[Model, int]:
        for _ in range(TRIES):
            await finish_of(connection, self._schema, self._keyring.application_key, shadow.tenant)
            async with connection.transaction(isolation="repeatable_read"):
                await connection.execute(PLAN_ANEW)
                await shadow.catch_up(connection)
                if await _sweeps(connection, shadow.tenant):
                    continue
                return {model: await _differing(connection, model, shadow.tenant) for model in models}
        raise Conflict(f"Workspace {shadow.tenant} goes on erasing: try again in a while.")

    async def _mend(self, connection: Any, shadow: _Shadow, model: Model, rows: int) -> None:
        upto, at_once = 0, AT_ONCE
        for _ in range(TRIES + rows // AT_ONCE):
            if upto >= rows:
                return
            trouble = await self._mend_some(connection, shadow, model, upto + at_once)
            if trouble is None:
                upto += at_once
                continue
            if isinstance(trouble, asyncpg.UniqueViolationError):  # a value goes from one row to another
                at_once = rows
            await finish_of(connection, self._schema, self._keyring.application_key, shadow.tenant)
            await asyncio.sleep(AGAIN_AFTER)
        raise Conflict(f"{model.name} of workspace {shadow.tenant} could not be written: try again in a while.")

    async def _mend_some(self, connection: Any, shadow: _Shadow, model: Model, upto: int) -> Exception | None:
        """What is in the way, if anything is. What was replayed meanwhile stays, in any case."""
        await shadow.catch_up(connection, leaving=FEW)
        async with connection.transaction():
            try:
                async with connection.transaction():
                    await connection.execute(LOCK)
                    head = await connection.fetchval(f"{HEAD} for update", shadow.tenant)
                    if head - shadow.position > FEW or await _sweeps(connection, shadow.tenant):
                        return Conflict("more has come")
                await shadow.catch_up(connection)
                async with connection.transaction():
                    await connection.execute(model.drop, upto)
                    await connection.execute(model.fill, upto)
            except (asyncpg.LockNotAvailableError, asyncpg.UniqueViolationError) as error:
                return error
        return None


class _Shadow:
    """What a workspace's log says, up to a position."""

    def __init__(self, rebuilder: Rebuilder, replay: Replay, tenant: int, progress: Callable[[int], None]) -> None:
        self.tenant = tenant
        self.position = 0
        self._rebuilder = rebuilder
        self._replay = replay
        self._progress = progress

    async def catch_up(self, connection: Any, leaving: int = 0) -> None:
        """Replay what was committed since. leaving: not worth a replay yet."""
        if await connection.fetchval(HEAD, self.tenant) - self.position > leaving:
            self.position = await self._rebuilder.replay(
                connection, self._replay, self.tenant, self.position, self._progress
            )


async def _sweeps(connection: Any, tenant: int) -> bool:
    """Whether there is something of it that a commit has marked, and nobody has deleted yet."""
    marked: bool = await connection.fetchval("select exists (select from sweeps where tenant_id = $1)", tenant)
    return marked


async def _differing(connection: Any, model: Model, tenant: int) -> int:
    await connection.execute(f"truncate {model.wrong} restart identity")
    await connection.execute(model.compare, tenant)
    rows: int = await connection.fetchval(f"select count(*) from {model.wrong}")
    return rows
