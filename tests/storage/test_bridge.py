"""What asyncpg leaves on trio's loop: nothing that grows with what was asked."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref
from typing import Any

import pytest
import trio
from tests.harness import Postgres
from tests.way import Way

from plixa.engine.errors import Unavailable
from plixa.storage.postgres import bridge
from plixa.storage.postgres.bridge import MOST_CANCELLED, open_database

work: contextvars.ContextVar[object] = contextvars.ContextVar("work")


class Webhook:
    """What somebody asks for."""


async def _one(connection: Any) -> None:
    await connection.fetchval("select 1")


async def test_queries_that_are_over_leave_nothing_behind(database_url: str) -> None:
    """Each has a time limit, which is cancelled as it ends; what it was asked for must not wait for that limit."""
    asked: list[weakref.ref[Webhook]] = []
    async with open_database(database_url, size=2) as database:
        for _ in range(4 * MOST_CANCELLED):
            webhook = Webhook()
            asked.append(weakref.ref(webhook))
            token = work.set(webhook)
            await database.run(_one)
            work.reset(token)
        del webhook, token
        gc.collect()
        assert sum(each() is not None for each in asked) <= 2 * MOST_CANCELLED
        assert len(database._loop._timers) <= 2 * MOST_CANCELLED


async def test_where_all_connections_are_lent_nobody_waits_for_ever(
    database_url: str, monkeypatch: pytest.MonkeyPatch, nursery: trio.Nursery
) -> None:
    begun = trio.Event()

    async def long(connection: Any) -> None:
        begun.set()
        await connection.fetchval("select pg_sleep(60)")

    async with open_database(database_url, size=1) as database:
        nursery.start_soon(database.run, long)
        await begun.wait()
        monkeypatch.setattr(bridge, "TIMEOUT", 0.2)
        with trio.fail_after(10), pytest.raises(Unavailable):
            await database.run(_one)
        nursery.cancel_scope.cancel()


async def test_what_is_cut_off_while_the_database_hangs_is_over_soon(
    database_url: str, monkeypatch: pytest.MonkeyPatch, nursery: trio.Nursery
) -> None:
    """And so is whoever closes the pool; the connection is not lent again."""
    monkeypatch.setattr(bridge, "GIVE_UP_WITHIN", 0.1)
    monkeypatch.setattr(bridge, "CLOSE_WITHIN", 0.1)
    way = Way(database_url)
    await nursery.start(way.run)
    with trio.fail_after(3):
        async with open_database(way.url, size=1) as database:
            way.close()
            with trio.move_on_after(0.1) as cut_off:
                await database.run(_one)
            assert cut_off.cancelled_caught
            assert database._pool.get_size() == 0
    nursery.cancel_scope.cancel()


async def test_a_connection_that_nobody_waits_for_any_more_ends_nothing(database_url: str) -> None:
    """asyncpg leaves a future behind where a connection breaks while whoever makes it is cut off."""

    async def leave(error: Exception) -> None:
        asyncio.get_running_loop().create_future().set_exception(error)
        gc.collect()

    async with open_database(database_url, size=1) as database:
        await database.aio(lambda: leave(ConnectionError("lost")))
        await database.run(_one)
    with pytest.RaisesGroup(LookupError, flatten_subgroups=True):
        async with open_database(database_url, size=1) as database:
            await database.aio(lambda: leave(LookupError("a bug")))
            await database.run(_one)


async def test_a_query_that_is_cut_off_costs_no_connection(database_url: str) -> None:
    async def long(connection: Any) -> None:
        await connection.fetchval("select pg_sleep(60)")

    async def which(connection: Any) -> int:
        pid: int = await connection.fetchval("select pg_backend_pid()")
        return pid

    async with open_database(database_url, size=1) as database:
        before = await database.run(which)
        with trio.move_on_after(0.1):
            await database.run(long)
        assert await database.run(which) == before


async def test_a_database_that_is_not_there_any_more_is_trouble_with_the_connection(
    databases: Any, postgres: Postgres
) -> None:
    name, url = databases.take()
    async with open_database(url, size=1) as database:
        await trio.to_thread.run_sync(postgres.drop, name)
        for _ in range(2):
            with trio.fail_after(10), pytest.raises(Unavailable):
                await database.run(_one)
