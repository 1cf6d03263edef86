"""Migrations: once each, in order, and never on a database that is ahead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio
import trio_asyncio
from tests.harness import Postgres

from plixa import migrations
from plixa.storage.postgres.bridge import open_database


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


# -- releases that follow each other ----------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations of this test's own, with all that there are."""
    for path in migrations.HERE.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text())
    monkeypatch.setattr(migrations, "HERE", tmp_path)
    return tmp_path


async def _applied(connection: Any) -> list[str]:
    rows = await connection.fetch("select name from schema_migrations where number > 9000 order by number")
    return [row["name"] for row in rows]


async def test_what_comes_after_the_old_release_waits_and_is_not_missed(database_url: str, files: Path) -> None:
    (files / "9001_new_pre.sql").write_text("create table new_one (a int);")
    (files / "9002_old_post.sql").write_text("create table old_one_is_gone (a int);")
    async with open_database(database_url, size=1) as database:
        assert await database.run(migrations.pending) == ["9001_new_pre"]
        assert await database.run(migrations.migrate, only_pre=True) == ["9001_new_pre"]
        assert await database.run(migrations.pending) == []  # this release may serve
        assert await database.run(migrations.pending_post) == ["9002_old_post"]
        assert await database.run(migrations.migrate) == ["9002_old_post"]


@pytest.mark.parametrize(("name", "starts"), [("9001_new_pre", True), ("9001_new_post", False), ("9001_new", False)])
async def test_a_release_starts_on_a_database_that_is_ahead_by_pre_only(
    database_url: str, files: Path, name: str, starts: bool
) -> None:
    (files / f"{name}.sql").write_text("create table new_one (a int);")
    async with open_database(database_url, size=1) as database:
        await database.run(migrations.migrate)
        (files / f"{name}.sql").unlink()  # from here on the release before
        if starts:
            assert await database.run(migrations.pending) == []
            assert await database.run(migrations.migrate) == []
        else:
            with pytest.raises(migrations.SchemaMismatch, match=name):
                await database.run(migrations.pending)


async def test_a_file_that_fails_leaves_those_before_it_applied(database_url: str, files: Path) -> None:
    (files / "9001_good_pre.sql").write_text("create table good (a int);")
    (files / "9002_bad_pre.sql").write_text("create table half (a int); create table half (a int);")
    async with open_database(database_url, size=1) as database:
        with pytest.raises(Exception, match="half"):
            await database.run(migrations.migrate)
        assert await database.run(_applied) == ["9001_good_pre"]
        (files / "9002_bad_pre.sql").write_text("create table half (a int);")
        assert await database.run(migrations.migrate) == ["9002_bad_pre"]  # nothing of it was left behind


async def test_indexes_are_made_beside_a_running_server(database_url: str, files: Path) -> None:
    (files / "9001_index_pre.sql").write_text(
        "-- concurrently\ncreate index concurrently if not exists a_new_one on messages (body);\n\n"
        "create index concurrently if not exists another_one on messages (status);\n"
    )
    async with open_database(database_url, size=1) as database:
        assert await database.run(migrations.migrate) == ["9001_index_pre"]
        count = "select count(*) from pg_indexes where indexname in ('a_new_one', 'another_one')"
        assert await database.run(lambda connection: connection.fetchval(count)) == 2


async def test_data_is_moved_in_chunks_and_goes_on_where_it_was_cut_off(database_url: str, files: Path) -> None:
    async def fill(connection: Any) -> None:
        await connection.execute("create table moved (id int primary key, done boolean not null default false)")
        await connection.execute("insert into moved select n from generate_series(1, 95) n")
        # The seventh chunk cannot be: as if the migrator had been cut off there.
        await connection.execute("insert into moved values (0) on conflict do nothing")
        await connection.execute("alter table moved add constraint cut check (not (done and id between 61 and 70))")

    chunk = "update moved set done = true where id in (select id from moved where not done order by id limit 10)"
    (files / "9001_move_post.sql").write_text(f"-- in chunks\n{chunk}\n")
    async with open_database(database_url, size=1) as database:
        await database.run(fill)
        with pytest.raises(Exception, match="cut"):
            await database.run(migrations.migrate)
        left = "select count(*) from moved where not done"
        assert await database.run(lambda connection: connection.fetchval(left)) == 36
        await database.run(lambda connection: connection.execute("alter table moved drop constraint cut"))
        assert await database.run(migrations.migrate) == ["9001_move_post"]
        assert await database.run(lambda connection: connection.fetchval(left)) == 0


async def test_a_table_that_is_held_is_not_waited_for_with_everybody_behind(
    database_url: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_WAIT", "100ms")
    monkeypatch.setattr(migrations, "LOCK_TRIES", 3)
    (files / "9001_alter_pre.sql").write_text("alter table messages add column a int;")
    async with open_database(database_url, size=2) as database, open_database(database_url, size=1) as other:
        held, over = trio.Event(), trio.Event()

        async def hold(connection: Any) -> None:
            async with connection.transaction():
                await connection.execute("lock table messages in access share mode")
                await trio_asyncio.trio_as_aio(_set_and_wait)(held, over)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(other.run, hold)
            await held.wait()
            with pytest.raises(migrations.SchemaMismatch, match="9001_alter_pre"):
                await database.run(migrations.migrate)
            over.set()
        assert await database.run(migrations.migrate) == ["9001_alter_pre"]
        assert await database.run(lambda connection: connection.fetchval("show lock_timeout")) == "0"


async def _set_and_wait(held: trio.Event, over: trio.Event) -> None:
    held.set()
    await over.wait()
