"""What asyncpg leaves on trio's loop: nothing that grows with what was asked."""

from __future__ import annotations

import asyncio
import contextvars
import errno
import gc
import weakref
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import pytest
import trio
import trio.testing
from tests.harness import Postgres
from tests.way import Way

from plixa.engine.errors import Unavailable
from plixa.storage.postgres import bridge
from plixa.storage.postgres.batched import BatchedRead
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
        assert database.under_way == 0


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
        assert database.under_way == 1  # the long one
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


class Reads:
    """A database that answers when it is told to; what it was asked for, query by query."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self.asked: list[list[str]] = []
        self.may_answer = trio.Event()

    def start(self, work: Callable[[], Awaitable[None]]) -> None:
        self._nursery.start_soon(work)

    async def run(self, query: Callable[..., Awaitable[Any]], keys: list[str]) -> Any:
        self.asked.append(keys)
        await self.may_answer.wait()
        return await query(None, keys)


async def _lengths(_: Any, keys: Sequence[str]) -> dict[str, int]:
    if "impossible" in keys:
        raise ValueError
    if "away" in keys:
        raise Unavailable("away")
    return {key: len(key) for key in keys if key != "nothing"}


async def _all(read: BatchedRead[str, int], keys: Sequence[str], nursery: trio.Nursery) -> dict[str, Any]:
    """What each of these is told, once all that can be are waiting."""
    told: dict[str, Any] = {}

    async def ask(key: str) -> None:
        try:
            told[key] = await read.get(key)
        except Exception as error:  # noqa: BLE001
            told[key] = type(error)

    for key in keys:
        nursery.start_soon(ask, key)
        await trio.testing.wait_all_tasks_blocked()
    return told


async def test_who_asks_while_a_query_is_under_way_shares_the_next_one(nursery: trio.Nursery) -> None:
    database = Reads(nursery)
    read = BatchedRead(cast("Any", database), _lengths)
    told = await _all(read, ["a", "bb", "nothing", "bb"], nursery)
    assert not told
    database.may_answer.set()
    await trio.testing.wait_all_tasks_blocked()
    assert told == {"a": 1, "bb": 2, "nothing": None}
    assert database.asked == [["a"], ["bb", "nothing"]]
    assert await read.get("a") == 1
    assert database.asked[2:] == [["a"]]  # nothing is remembered


async def test_what_cannot_be_asked_for_hurts_nobody_else(nursery: trio.Nursery) -> None:
    database = Reads(nursery)
    told = await _all(BatchedRead(cast("Any", database), _lengths), ["a", "impossible", "bb"], nursery)
    database.may_answer.set()
    await trio.testing.wait_all_tasks_blocked()
    assert told == {"a": 1, "impossible": ValueError, "bb": 2}


async def test_trouble_is_everybodys_at_once(nursery: trio.Nursery) -> None:
    database = Reads(nursery)
    told = await _all(BatchedRead(cast("Any", database), _lengths), ["a", "away", "bb"], nursery)
    database.may_answer.set()
    await trio.testing.wait_all_tasks_blocked()
    assert told == {"a": 1, "away": Unavailable, "bb": Unavailable}
    assert database.asked == [["a"], ["away", "bb"]]


async def test_who_stops_waiting_takes_nobody_along(nursery: trio.Nursery) -> None:
    database = Reads(nursery)
    read = BatchedRead(cast("Any", database), _lengths)
    with trio.move_on_after(0.05):
        await read.get("a")  # the first one, at whose asking the query began
    told = await _all(read, ["bb"], nursery)
    database.may_answer.set()
    await trio.testing.wait_all_tasks_blocked()
    assert told == {"bb": 2}


async def test_when_the_database_is_closed_nobody_waits_for_ever(nursery: trio.Nursery) -> None:
    async with trio.open_nursery() as of_database:
        told = await _all(BatchedRead(cast("Any", Reads(of_database)), _lengths), ["a", "bb"], nursery)
        of_database.cancel_scope.cancel()
    await trio.testing.wait_all_tasks_blocked()
    assert told == {"a": Unavailable, "bb": Unavailable}


async def test_a_read_of_many_is_one_on_a_real_connection(database_url: str) -> None:
    asked: list[int] = []

    async def squares(connection: Any, keys: Sequence[int]) -> dict[int, int]:
        asked.append(len(keys))
        return {row["n"]: row["n"] ** 2 for row in await connection.fetch("select unnest($1::int[]) as n", keys)}

    async with open_database(database_url, size=2) as database, trio.open_nursery() as nursery:
        read, found = BatchedRead(database, squares), dict[int, int | None]()

        async def ask(key: int) -> None:
            found[key] = await read.get(key)

        for key in range(20):
            nursery.start_soon(ask, key)
    assert found == {key: key**2 for key in range(20)}
    assert sum(asked) == 20
    assert len(asked) <= 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), OSError),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), Unavailable),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), Unavailable),  # its socket
    ],
)
async def test_a_full_disk_beside_it_is_not_the_database_s(
    database_url: str, error: OSError, told: type[Exception]
) -> None:
    async def backup(_connection: Any) -> None:
        raise error

    async with open_database(database_url, size=1) as database:
        with pytest.raises(told):
            await database.run(backup)
        await database.run(_one)
