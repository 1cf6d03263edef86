"""A node's name is one process's at a time, and free as soon as that process is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import trio
import trio.lowlevel

from plixa.engine.errors import PlixaError
from plixa.storage.nodes import name_lock as alone
from plixa.storage.nodes.name_lock import NameTaken, anybody, only_process
from plixa.storage.postgres.bridge import Database, open_database

END = """
select pg_terminate_backend(pid) from pg_locks
where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
"""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, size=2) as database:
        yield database


async def _end_session(connection: Any) -> None:
    await connection.execute(END)


async def test_a_second_process_waits_for_the_first_and_then_has_the_name(database: Database) -> None:
    order: list[str] = []

    async def second() -> None:
        async with only_process(database, "node-1", patience=10):
            order.append("second")

    async with trio.open_nursery() as nursery:
        async with only_process(database, "node-1"):
            nursery.start_soon(second)
            await trio.sleep(0.3)
            order.append("first")
        await trio.lowlevel.checkpoint()
    assert order == ["first", "second"]


async def test_a_name_that_stays_taken_is_told_with_what_to_do(database: Database) -> None:
    assert not await database.run(anybody)
    async with only_process(database, "node-1"):
        assert await database.run(anybody)
        with pytest.raises(NameTaken, match=r"'node-1'.*PLIXA_NODE"):
            async with only_process(database, "node-1", patience=0.1):
                pytest.fail("two processes of one name")
        async with only_process(database, "node-2", patience=0.1):
            pass


async def test_a_lost_session_is_replaced(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "LOOK_EVERY", 0.05)
    async with only_process(database, "node-1"):
        await database.run(_end_session)
        with trio.fail_after(10):
            while not await _is_taken(database):  # noqa: ASYNC110
                await trio.sleep(0.05)


async def test_a_session_that_cannot_be_replaced_yet_ends_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "LOOK_EVERY", 0.05)
    refusals: list[Exception] = [OSError("away"), asyncpg.InvalidPasswordError("a new password")]
    connect = database.connect

    async def refused() -> Any:
        if refusals:
            raise refusals.pop()
        return await connect()

    async with only_process(database, "node-1"):
        monkeypatch.setattr(database, "connect", refused)
        await database.run(_end_session)
        with trio.fail_after(10):
            while refusals or not await _is_taken(database):  # noqa: ASYNC110
                await trio.sleep(0.05)


async def test_who_loses_the_name_for_good_ends(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "LOOK_EVERY", 0.3)
    with pytest.RaisesGroup(NameTaken), trio.fail_after(10):
        async with only_process(database, "node-1", patience=0.2):
            await database.run(_end_session)
            async with only_process(database, "node-1"):  # quicker than the first one looked
                await trio.sleep_forever()


async def _is_taken(database: Database) -> bool:
    try:
        async with only_process(database, "node-1", patience=0):
            return False
    except PlixaError:
        return True
