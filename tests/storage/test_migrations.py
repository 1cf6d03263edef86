"""Migrations: once each, in order, and never on a database that is ahead."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from tests.harness import Postgres

from plixa import migrations
from plixa.storage.bridge import open_database


async def test_applied_once_and_then_nothing_is_left_to_do(database_url: str) -> None:
    async with open_database(database_url, size=1) as database:
        assert await database.run(migrations.pending) == []
        assert await database.run(migrations.migrate) == []


async def test_an_empty_database_gets_everything_in_order(postgres: Postgres) -> None:
    await trio.to_thread.run_sync(postgres.execute, "create database empty_one")
    try:
        async with open_database(postgres.url("empty_one"), size=1) as database:
            names = await database.run(migrations.pending)
            assert names == sorted(names)
            assert names == await database.run(migrations.migrate)
    finally:
        await trio.to_thread.run_sync(postgres.drop, "empty_one")


async def test_a_database_that_is_ahead_is_refused(database_url: str) -> None:
    async def ahead(connection: Any) -> None:
        await connection.execute("insert into schema_migrations values (9999, '9999_future', '', now())")

    async with open_database(database_url, size=1) as database:
        await database.run(ahead)
        with pytest.raises(migrations.SchemaMismatch, match="newer release"):
            await database.run(migrations.pending)


async def test_a_file_that_was_changed_after_it_was_applied_is_refused(database_url: str) -> None:
    async def changed(connection: Any) -> None:
        await connection.execute("update schema_migrations set checksum = 'other' where number = 1")

    async with open_database(database_url, size=1) as database:
        await database.run(changed)
        with pytest.raises(migrations.SchemaMismatch, match="Add a new file"):
            await database.run(migrations.migrate)
