"""`plixa rebuild NAME …` makes a read model right while servers write, and touches nothing that was right."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
import trio
from tests.harness import SECRET_KEY
from tests.storage.engines import Engine, open_engine
from tests.storage.test_rebuild import do_something, dump, live_a_little, rebuild

from plixa.actors.conversation import commands as cmd
from plixa.engine.errors import NotFound, Refused
from plixa.features import kinds, schema
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.postgres.bridge import open_database
from plixa.storage.tools import rebuild_beside as tool
from plixa.storage.tools.rebuild_beside import Beside

EVERYTHING = schema().read_models


async def beside(url: str, names: Sequence[str] = EVERYTHING) -> dict[str, int]:
    """As the command does it: on connections of its own."""
    async with open_database(url, size=1, command_timeout=None) as database:
        made = Beside(Keyring(ApplicationKey(SECRET_KEY)), kinds(), schema(), names)
        return {name: rows for name, rows in (await database.run(made.run)).items() if rows}


async def test_what_is_right_is_not_touched(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await live_a_little(engine, random.Random(7), 250)
        before = await dump(engine)
        versions = await engine.rows("select id, xmin::text from messages order by id")
        assert await beside(database_url) == {}
        assert await dump(engine) == before
        assert await engine.rows("select id, xmin::text from messages order by id") == versions


async def test_only_what_is_named_is_mended(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await live_a_little(engine, random.Random(8), 80)
        before = await dump(engine)
        await engine.rows("update messages set body = 'tampered' where id % 2 = 0 returning 1")
        await engine.rows("delete from conversation_facets returning 1")
        await engine.rows("insert into contact_labels values (1, 5, 99), (1, 6, 99) returning 1")
        wrong = await dump(engine)
        found = await beside(database_url, ["messages", "contact_labels"])
        assert found.keys() == {"messages", "contact_labels"}
        assert found["contact_labels"] == 2
        assert await dump(engine) == before | {"conversation_facets": wrong["conversation_facets"]}


def test_what_is_no_read_model_is_refused() -> None:
    with pytest.raises(Refused, match="no read model credentials"):
        Beside(Keyring(ApplicationKey(SECRET_KEY)), kinds(), schema(), ["messages", "credentials"])


async def test_writes_go_on_meanwhile_and_all_is_right_in_the_end(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are broken before and while everything that makes rows happens; a few are mended under each lock."""
    monkeypatch.setattr(tool, "AT_ONCE", 7)
    monkeypatch.setattr(tool, "FEW", 20)
    chance = random.Random(11)
    async with open_engine(database_url) as engine:
        await live_a_little(engine, chance, 150)
        await engine.rows("update messages set body = 'tampered' where id % 3 = 0 returning 1")
        await engine.rows("delete from messages where id % 5 = 0 returning 1")
        await engine.rows("update conversations set unread_count = 77 where id % 2 = 0 returning 1")
        written = 0

        async def write() -> None:
            nonlocal written
            for step in range(1000, 100_000):
                conversation = chance.randrange(100, 112)
                if step % 40 == 0:
                    await _gone(engine, 100 + step // 40 % 12)
                await _done(engine, chance, conversation, step)
                written += 1

        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            with trio.fail_after(50):
                found = await beside(database_url)
            assert written > 30
            nursery.cancel_scope.cancel()
        assert found.keys() <= {"messages", "conversations"}  # nothing was taken for wrong that was just being written
        assert found["messages"] > 0
        before = await dump(engine)
        await rebuild(engine)
        assert await dump(engine) == before


async def _done(engine: Engine, chance: random.Random, conversation: int, step: int) -> None:
    try:
        await do_something(engine, chance, conversation, step)
    except NotFound:
        await engine.write(conversation + 1000, f"N{step}", "oi")


async def _gone(engine: Engine, conversation: int) -> None:
    try:
        await engine.ask("conversation", conversation, cmd.Delete())
    except NotFound:
        return


async def test_it_gives_way_to_whoever_holds_a_row(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await live_a_little(engine, random.Random(8), 40)
        before = await dump(engine)
        await engine.rows("update messages set body = 'tampered' returning 1")
        held, release = trio.Event(), trio.Event()

        async def hold() -> None:
            async def holding() -> Any:
                return await asyncpg.connect(database_url)

            connection = await engine.database.aio(holding)
            await engine.database.aio(lambda: connection.execute("begin; select from heads for update"))
            held.set()
            await release.wait()
            await engine.database.aio(connection.close)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(hold)
            await held.wait()
            mended = trio.Event()

            async def mend() -> None:
                await beside(database_url, ["messages"])
                mended.set()

            nursery.start_soon(mend)
            with trio.move_on_after(1) as waited:
                await mended.wait()
            assert waited.cancelled_caught
            release.set()
            with trio.fail_after(20):
                await mended.wait()
        assert await dump(engine) == before
