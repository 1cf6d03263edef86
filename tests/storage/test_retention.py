"""What is kept for how long: every table of the schema is accounted for, old rows go in chunks, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plixa.engine.clock import ManualClock
from plixa.engine.telemetry import Telemetry
from plixa.features import schema, tables
from plixa.storage.feature import Table, Tables
from plixa.storage.lifetime import retention
from plixa.storage.lifetime.retention import Retention
from plixa.storage.lifetime.rules import Keep
from plixa.storage.postgres.bridge import Database, open_database
from plixa.storage.schema import Schema

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MADE: Mapping[str, str] = {
    "outbox": "insert into outbox (tenant_id, effect_id, stream, kind, lane, pace, state, position, request, "
    "created_at, settled_at) select 1, $2 || n, 'a-1', 'k', 'l', 'p', 'done', 1, '{}', $1, $1 ",
    "tokens": "insert into tokens (tenant_id, user_id, name, hash, abilities, created_at, revoked_at) "
    "select 1, 1, $2, '', '{}', $1, $1 ",
    "one_time_secrets": "insert into one_time_secrets "
    "select 1, $2, n, sha256(convert_to($2 || n, 'UTF8')), '', $1, $1 ",
    "spent_secrets": "insert into spent_secrets select 1, sha256(convert_to($2 || n, 'UTF8')), $1 ",
    "answers": "insert into answers select 1, $2, n::text, 's', '', 200, '', $1 ",
    "request_origins": "insert into request_origins select 1, $2 || n, '127.0.0.1', null, $1 ",
    "held_updates": "insert into held_updates (tenant_id, number_id, key_id, body, held_at) select 1, 1, $2, '', $1 ",
    "kept_bodies": "insert into kept_bodies (tenant_id, number_id, reason, bytes, body, kept_at) "
    "select 1, 1, $2, 0, '', $1 ",
    "parked": "insert into parked (tenant_id, stream, command_type, command, cause, error, parked_at) "
    "select 1, 'a-1', 'T', '', $2, 'E', $1 ",
    "contact_imports": "insert into contact_imports (tenant_id, id, status, total, started_at, finished_at) "
    "select 1, hashtext($2 || n), 'done', 1, $1, $1 ",
    "contact_import_files": "with running as (insert into contact_imports (tenant_id, id, status, total, started_at) "
    "select 1, hashtext($2 || n), 'running', 1, $1 {times} returning id) "
    "insert into contact_import_files select 1, id, '' from running ",
    "state_snapshots": "insert into state_snapshots select 1, 'a-' || n, $2, 1, '', $1 ",
    "admin_audit_logs": "insert into admin_audit_logs (tenant_id, request_id, at, admin_id, act, target, outcome) "
    "select 0, $2 || n, $1, 1, 'x', '', 'ok' ",
    "admin_audit_origins": "insert into admin_audit_origins select 0, $2 || n, '127.0.0.1', null, $1 ",
    "backups": "insert into backups (made_at, finished_at, place, rows, files) select $1, $1, $2, n, 0 ",
    "resend_events": "insert into resend_events select 0, $2 || n, $1 ",
    "ticket_files": "insert into ticket_files (tenant_id, by, name, mime, bytes, data, created_at) "
    "select 1, $2, 'n', 'm', 0, '', $1 ",
    "webhook_secrets": "insert into webhook_secrets select 1, n, $1, convert_to($2, 'UTF8'), $1 ",
    "webhook_events": "insert into webhook_events select 1, $2 || n, 1, 'message.inbound', 1, '', $1 ",
    "webhook_deliveries": "insert into webhook_deliveries (tenant_id, endpoint_id, event_id, type, conversation_id, "
    "status, began_at, created_at, ended_at) select 1, 1, $2, 'message.inbound', 1, 'failed', $1, $1, $1 ",
    "stripe_events": "insert into stripe_events select 1, $2 || n, $1 ",
    "calendar_events": "insert into calendar_events (tenant_id, user_id, account, appointment_id, event_id, alive, "
    "first_minute, last_minute, wrote) select 1, 1, '', hashtext($2 || n), $2 || n, true, 0, "
    "extract(epoch from $1::timestamptz)::bigint / 60, '' ",
    "calendar_channels": "insert into calendar_channels select 1, 1, $2 || n, 1, '', 'r', $1 ",
    "calendar_consents": "insert into calendar_consents select 1, 1, sha256(convert_to($2 || n, 'UTF8')), $1 ",
    "reigns": "insert into reigns select hashtext($2 || n), 1, $2 || n, 1, $1 ",
    "nodes": "insert into nodes select $2 || n, '', $1 ",
    "guesses": "insert into guesses select convert_to($2 || n, 'UTF8'), array[$1::timestamptz], $1 ",
}
"""How to make rows of a table, of an age ($1), that are known apart by $2."""


RULED: dict[str, Keep] = {name: table.keep for name, table in schema().tables.items() if table.keep is not None}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No breath is taken between two chunks."""
    monkeypatch.setattr(retention, "PAUSE", 0)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, size=2) as database:
        yield database


def service(database: Database, *versions: str) -> Retention:
    return Retention(database, schema(), ManualClock(NOW), Telemetry(), versions)


async def execute(database: Database, query: str, *args: object) -> None:
    async def work(connection: Any) -> None:
        await connection.execute(query, *args)

    await database.run(work)


async def rows(database: Database, query: str, *args: object) -> list[Any]:
    async def work(connection: Any) -> list[Any]:
        return list(await connection.fetch(query, *args))

    return await database.run(work)


async def make(database: Database, table: str, at: datetime, name: str, times: int = 1) -> None:
    series = f"from generate_series(1, {times}) as n"
    query = MADE[table]
    query = query.replace("{times}", series) if "{times}" in query else query + series
    await execute(database, query.replace("$2", "$2::text"), at, name)


async def count(database: Database, table: str) -> int:
    [row] = await rows(database, f"select count(*) as n from {table}")
    found: int = row["n"]
    return found


async def test_every_table_has_a_rule_or_a_reason_to_be_kept(database: Database) -> None:
    found = await rows(
        database,
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') "
        "and not relispartition",
    )
    assert {row["relname"] for row in found} == schema().tables.keys()
    assert set(MADE) == set(RULED)


def test_the_architecture_says_the_same() -> None:
    text = (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text()
    lines = {line for line in text.splitlines() if line.startswith("| `")}
    for table in schema().tables.values():
        kept = f"{table.keep.what} | {table.keep.keep.days} d" if table.keep else table.until
        assert f"| `{table.name}` | {kept} |" in lines


@pytest.mark.parametrize(("table", "keep"), RULED.items(), ids=RULED)
async def test_what_is_too_old_goes_and_nothing_else(database: Database, table: str, keep: Keep) -> None:
    await make(database, table, NOW - keep.keep - timedelta(hours=1), "old")
    await make(database, table, NOW - keep.keep + timedelta(hours=1), "young")
    await service(database).sweep()
    left = await rows(database, f"select t::text as line from {table} t")
    assert len(left) == 1
    if table not in (
        "contact_imports",
        "contact_import_files",
        "spent_secrets",
        "webhook_secrets",
        "calendar_consents",
        "guesses",
    ):  # those have only hashes
        assert "young" in left[0]["line"]


@pytest.mark.parametrize(("table", "keep"), RULED.items(), ids=RULED)
async def test_old_rows_are_found_by_an_index(database: Database, table: str, keep: Keep) -> None:
    """With as many young rows as would make a scan cost, none of them is looked at."""
    if table in ("nodes", "contact_import_files"):
        pytest.skip("never more than a few rows")
    await make(database, table, NOW, "young", 3_000)
    await execute(database, f"analyze {table}")
    literal = keep.delete(table, 2_000).replace("$1", f"'{NOW - keep.keep}'::timestamptz").replace("$2", "'{}'")
    plan = "\n".join(row[0] for row in await rows(database, f"explain {literal}"))
    assert f"Seq Scan on {table}" not in plan


async def test_more_than_a_chunk_goes_in_several(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK_OF_BODIES", 10)
    await make(database, "answers", NOW - timedelta(days=8), "old", 35)
    keeping, sizes = service(database), list[int]()
    chunk = keeping._chunk

    async def noted(connection: Any, table: str, keep: Keep, size: int) -> int:
        sizes.extend([size] if table == "answers" else [])
        return await chunk(connection, table, keep, size)

    monkeypatch.setattr(keeping, "_chunk", noted)
    await keeping.sweep()
    assert await count(database, "answers") == 0
    assert sizes == [10] * 4
    assert keeping._telemetry.retention_rows.labels("answers")._value.get() == 35
    assert keeping._telemetry.retention_finished._value.get() == NOW.timestamp()


async def test_one_node_at_a_time(database: Database) -> None:
    await make(database, "answers", NOW - timedelta(days=8), "old")

    async def meanwhile(connection: Any) -> None:
        assert await connection.fetchval(retention.LOCK)
        assert not await service(database)._sweep()
        assert await connection.fetchval("select count(*) from answers") == 1
        await connection.execute("select pg_advisory_unlock_all()")

    await database.run(meanwhile)
    await service(database).sweep()
    assert await count(database, "answers") == 0


async def test_what_is_wrong_with_one_table_is_its_own(database: Database) -> None:
    broken = Table(name="aaa_no_such_table", keep=Keep("", timedelta(days=1), "true"))
    declared = Schema([*tables(), Tables(tables=(broken,))])
    declared.tables = {name: declared.tables[name] for name in sorted(declared.tables)}  # the broken one comes first
    await make(database, "answers", NOW - timedelta(days=8), "old")
    await Retention(database, declared, ManualClock(NOW), Telemetry(), ()).sweep()
    assert await count(database, "answers") == 0


SLOW = """
create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep({seconds}); return old; end $$;
create trigger slow before delete on answers for each row execute function slow();
"""


async def test_a_chunk_that_takes_too_long_is_tried_with_fewer_rows(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "WITHIN", 0.5)
    await make(database, "answers", NOW - timedelta(days=8), "old", 50)
    await make(database, "spent_secrets", NOW - timedelta(days=91), "old")
    await execute(database, SLOW.format(seconds=0.011))
    await service(database).sweep()
    assert await count(database, "answers") == 0
    assert await count(database, "spent_secrets") == 0


async def test_a_table_that_is_too_slow_for_any_chunk_keeps_no_other_from_its_turn(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "WITHIN", 0.2)
    await make(database, "answers", NOW - timedelta(days=8), "old", 50)
    await make(database, "nodes", NOW - timedelta(days=31), "old")
    await execute(database, SLOW.format(seconds=1))
    await service(database).sweep()
    assert await count(database, "answers") == 50
    assert await count(database, "nodes") == 0


async def test_a_row_that_somebody_holds_is_left_for_the_next_pass(database: Database) -> None:
    await make(database, "answers", NOW - timedelta(days=8), "old", 2)

    async def meanwhile(connection: Any) -> None:
        async with connection.transaction():
            await connection.execute("select from answers where key = '1' for update")
            await service(database)._sweep()

    await database.run(meanwhile)
    assert await count(database, "answers") == 1


async def test_a_session_without_an_end_stays_and_a_token_takes_its_last_use_along(database: Database) -> None:
    await make(database, "tokens", NOW - timedelta(days=31), "old")
    await execute(
        database,
        "insert into tokens (tenant_id, user_id, name, hash, abilities, created_at) "
        "values (1, 1, 'session', '', '{*}', '2020-01-01')",
    )
    await execute(database, "insert into token_uses select 1, id, now() from tokens")
    await service(database).sweep()
    assert [row["name"] for row in await rows(database, "select name from tokens")] == ["session"]
    assert await count(database, "token_uses") == 1


async def test_snapshots_that_this_release_reads_stay_however_old(database: Database) -> None:
    for version in ("mine", "earlier"):
        await make(database, "state_snapshots", NOW - timedelta(days=400), version)
    await make(database, "state_snapshots", NOW - timedelta(days=1), "beside", 1)
    await service(database, "mine").sweep()
    left = await rows(database, "select version from state_snapshots order by 1")
    assert [row["version"] for row in left] == ["beside", "mine"]


async def test_an_effect_that_is_not_over_stays_however_old(database: Database) -> None:
    await make(database, "outbox", NOW - timedelta(days=400), "old", 2)
    await execute(database, "update outbox set state = 'unknown', settled_at = null where effect_id = 'old1'")
    await service(database).sweep()
    assert [row["effect_id"] for row in await rows(database, "select effect_id from outbox")] == ["old1"]
