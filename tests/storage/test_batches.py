"""Rows that are written together lead to what they lead to one by one, in a handful of statements."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.storage.engines import Engine, open_engine

from plixa import storage
from plixa.storage.contacts import statements as contacts
from plixa.storage.conversation import statements as sql
from plixa.storage.eventlog import statements as log
from plixa.storage.eventlog.batches import Rounds, combined
from plixa.storage.eventlog.statement import Again, Row, Statement, delete, insert, update, upsert
from plixa.storage.postgres.bridge import connect

SOME = 2
"""How many values a column has that says which row, or whose: few, so that rows meet."""
WHOSE = {"conversation_id", "contact_id", "label_id", "definition_id", "into_id", "user_id", "kept"}
STATES = ("queued", "attempting", "done")
OF_ONE_TENANT = {"credentials", "two_factors", "recovery_codes", "tokens", "token_uses", "spent_secrets"}
"""Tables whose rows are known without it: a user's number, or a token's, is nobody else's."""
WRITTEN_ELSEWHERE = {"parked", "snapshots", "heads"}
"""Tables whose rows come from no statement of a batch."""


def all_statements() -> Iterator[Statement]:
    """Every statement of the storage layer, wherever it stands."""
    seen: set[Statement] = set()
    for module in pkgutil.walk_packages(storage.__path__, "plixa.storage."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Statement) and value not in seen:
                seen.add(value)
                yield value


STATEMENTS = tuple(all_statements())
TABLES = sorted({each.among for each in STATEMENTS} - WRITTEN_ELSEWHERE)


# -- places -----------------------------------------------------------------------------------------------------------


async def primary_keys(engine: Engine) -> dict[str, set[str]]:
    """The columns of each table's primary key."""
    keys: dict[str, set[str]] = {}
    for table, column in await engine.rows(
        "select c.conrelid::regclass::text, a.attname::text from pg_constraint c join pg_attribute a "
        "on a.attrelid = c.conrelid and a.attnum = any(c.conkey) where c.contype = 'p'"
    ):
        keys.setdefault(table, set()).add(column)
    return keys


async def test_every_statement_says_truly_which_rows_it_changes(database_url: str) -> None:
    """By all of what identifies a row of its table, in the same order everywhere, or by the beginning of that."""
    async with open_engine(database_url) as engine:
        primary = await primary_keys(engine)
    identities: dict[str, set[tuple[str, ...]]] = {}
    for each in STATEMENTS:
        if primary[each.among] <= set(each.columns[: each.key]):
            identities.setdefault(each.among, set()).add(each.columns[: each.key])
    assert {table for table, found in identities.items() if len(found) > 1} == set()
    for each in STATEMENTS:
        [identity] = identities[each.among]
        assert each.columns[: each.key] == identity[: each.key], each.sql
        if each.sql.startswith("insert") and each.among == each.table:
            assert each.columns[: each.key] == identity, each.sql


# -- one by one, and together -----------------------------------------------------------------------------------------


def _type(statement: Statement, number: int) -> str:
    """What Postgres takes a column for."""
    column = statement.columns[number]
    if cast := re.search(rf"u\.{column}::(json|bigint\[\]|text\[\])", statement.sql):
        return cast[1]
    types = dict(re.findall(r"\$(\d+)::(\w+)\[\]", statement.sql))
    return types[str(number + 1)]


def _value(type_: str, column: str, number: int) -> object:
    """A value of this type, another one for each number."""
    moment = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    values = {
        "bigint": number,
        "integer": number,
        "smallint": number,
        "text": f"v{number}",
        "bytea": str(number).encode(),
        "boolean": number % 2 == 0,
        "timestamptz": moment,
        "json": "[]" if column == "problems" else "{}",
        "bigint[]": f"{{{number}}}",
        "text[]": f"{{v{number}}}",
    }
    return STATES[number % len(STATES)] if (column, type_) == ("state", "text") else values[type_]


@st.composite
def some_rows(draw: st.DrawFn) -> list[Row]:
    """Rows of a table. What identifies them and whose they are is one of a few; all else is each one's own."""
    table = draw(st.sampled_from(TABLES))
    possible = [each for each in STATEMENTS if each.among == table and not each.exact]
    rows: list[Row] = []
    for number, statement in enumerate(draw(st.lists(st.sampled_from(possible), min_size=2, max_size=20)), 10):
        values: list[object] = []
        for at, column in enumerate(statement.columns):
            few = at < statement.key or column in WHOSE or column == "shift"
            which = draw(st.integers(1, SOME)) if few else number
            if column == "tenant_id" and statement.table in OF_ONE_TENANT:
                which = 1
            if column == "into_id" and "conversation_id" in statement.columns:
                which = int(str(values[1])) + 1  # nothing moves to where it is
            if column == "last_minute":
                which = number + 1  # behind `first_minute`
            values.append(_value(_type(statement, at), column, which))
        rows.append((statement, tuple(values)))
    return rows


async def _outcome(connection: Any, rows: Sequence[Row], cuts: set[int]) -> object:
    """What the tables hold after the rows in batches that end at these numbers; or that they were refused."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        batch = Rounds()
        for number, row in enumerate(rows):
            batch.add(row)
            if number in cuts or row is rows[-1]:
                await batch.write(connection)
                batch = Rounds()
        tables = sorted({table for statement, _ in rows for table in (statement.table, statement.among)})
        return {
            table: sorted(row[0] for row in await connection.fetch(f"select t::text from {table} t"))
            for table in tables
        }
    except asyncpg.UniqueViolationError:
        return "refused"
    finally:
        await transaction.rollback()


@dataclass(frozen=True)
class Desk:
    """A connection of asyncio's own, for tests that are tried many times."""

    runner: asyncio.Runner
    connection: Any

    def outcome(self, rows: Sequence[Row], cuts: set[int]) -> object:
        """See `_outcome`."""
        return self.runner.run(_outcome(self.connection, rows, cuts))


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        connection = runner.run(connect(database_url))
        yield Desk(runner, connection)
        runner.run(connection.close())


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=some_rows(), cuts=st.sets(st.integers(0, 19)))
def test_rows_in_batches_lead_to_what_they_lead_to_one_by_one(desk: Desk, rows: list[Row], cuts: set[int]) -> None:
    assert desk.outcome(rows, cuts) == desk.outcome(rows, set(range(len(rows))))


# -- a handful of statements ------------------------------------------------------------------------------------------


def of_a_commit(number: int) -> Iterator[Row]:
    """What an erasure, a message, its ticks and its answer write, of the customer of this number."""
    stream = f"conversation-{number}"
    yield log.EVENTS, (1, number)
    for kind in (sql.SLA_DROPPED, sql.CSAT_DROPPED, sql.SEEN_DROPPED, sql.CONVERSATION_DROPPED):
        yield kind, (1, number)
    yield log.SNAPSHOT_DROPPED, (1, stream)
    yield log.KEY_DESTROYED, (1, stream)
    yield contacts.PEERS_SWEPT, (1, number, None, None)
    yield log.SWEEP_MARKED, (1, "messages", str(number), None)
    other = number + 1000
    yield sql.MESSAGE, (1, other)
    yield sql.MESSAGE_STATUS, (1, other, "sending", None)
    yield sql.MESSAGE_SENT, (1, other, "sent", None, "key")
    yield sql.CONVERSATION, (1, other)
    yield sql.SLA_CLOCK, (1, other, "resolution", None)
    yield log.EFFECT_QUEUED, (1, f"send-{other}")
    yield log.TIMER_CLEARED, (1, f"conversation-{other}", "answer")
    yield log.TIMER_SET, (1, f"conversation-{other}", "close")


def rounds_of(*rows: Row) -> Rounds:
    rounds = Rounds()
    for row in rows:
        rounds.add(row)
    return rounds


def test_256_commits_take_as_many_rounds_as_the_busiest_of_them() -> None:
    [one, all_] = [rounds_of(*(row for n in range(many) for row in of_a_commit(n))) for many in (1, 256)]
    assert len(all_.rounds) == len(one.rounds) == 3  # a message is written, being sent, and sent
    assert sum(len(list(all_.of(each))) for each in (sql.MESSAGE, sql.MESSAGE_STATUS, sql.MESSAGE_SENT)) == 3 * 256


def test_what_moves_from_one_to_another_is_moved_in_order() -> None:
    first, second = (contacts.PEERS_LED, (1, 100, 101)), (contacts.PEERS_LED, (1, 101, 102))
    dropped, kept = (contacts.PEERS_DROPPED, (1, 7)), (contacts.PEER, (1, 3, "p"))
    rounds = rounds_of(first, second, dropped, dropped, kept)
    assert [list(round_) for round_ in rounds.rounds] == [[each[0]] for each in (first, second, dropped, kept)]


def test_what_looks_at_another_table_sees_what_came_before_and_nothing_of_what_came_after(desk: Desk) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    swept, dropped = (contacts.PEERS_SWEPT, (1, 100, None, at)), (contacts.PEERS_DROPPED, (1, 100))
    rows: list[Row] = [(contacts.PEER, (1, 3, "p:1", 5, 100)), swept, dropped, (contacts.PEER, (1, 3, "p:2", 5, 100))]
    found: Any = desk.outcome(rows, set())
    assert ["3 p:1" in row for row in found["sweeps"]] == [True]
    assert ["p:2" in row for row in found["peers"]] == [True]


def test_the_last_of_several_rows_counts_where_one_replaces_the_other() -> None:
    one, other, last = (1, 7, "a"), (1, 8, "x"), (1, 7, "b")
    upserted = upsert("t", "tenant_id bigint, user_id bigint, name text", "user_id")
    assert list(rounds_of((upserted, one), (upserted, other), (upserted, last)).of(upserted)) == [last, other]
    updated = update("t", "tenant_id bigint, id bigint, name text", 2)
    assert list(rounds_of((updated, one), (updated, last)).of(updated)) == [last]


@pytest.mark.parametrize(
    "statement",
    [
        update("t", "tenant_id bigint, id bigint, n integer", 2, set_="n = t.n + u.n"),
        update("t", "tenant_id bigint, id bigint, n integer", 2, "t.n is null"),
        insert("t", "tenant_id bigint, id bigint, name text"),
    ],
)
def test_each_of_several_rows_counts_where_it_builds_on_the_one_before(statement: Statement) -> None:
    assert len(rounds_of((statement, (1, 7, 1)), (statement, (1, 7, 1))).rounds) == 2


def test_a_row_is_written_after_what_another_statement_made_of_it_in_between() -> None:
    set_, removed = (log.TIMER_SET, (1, "s", "answer", 1)), (log.TIMER_CLEARED, (1, "s", "answer"))
    rounds = rounds_of(set_, removed, set_, set_, removed, removed)
    assert [[each.sql.split()[0] for each in round_] for round_ in rounds.rounds] == [
        ["insert"], ["delete"], ["insert"], ["delete"]
    ]  # fmt: skip


def test_one_statement_does_a_round_whatever_the_order_in_which_it_came_about() -> None:
    there, back = (rounds_of(*rows).rounds[0] for rows in ([*of_a_commit(1)], [*of_a_commit(1)][::-1]))
    assert combined(frozenset(there)) == combined(frozenset(dict(reversed(there.items()))))
    assert back.keys() != there.keys()


def test_only_a_deletion_that_is_asked_for_twice_is_done_once() -> None:
    assert {each.again for each in STATEMENTS if each.sql.startswith("delete")} == {Again.JOINS}
    twice = delete("t", "tenant_id bigint, id bigint")
    assert list(rounds_of((twice, (1, 2)), (twice, (1, 2))).of(twice)) == [(1, 2)]
