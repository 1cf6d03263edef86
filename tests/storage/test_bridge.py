"""What asyncpg leaves on trio's loop: nothing that grows with what was asked."""

from __future__ import annotations

import contextvars
import gc
import weakref
from typing import Any

import pytest
import trio

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
