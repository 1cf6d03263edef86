"""What a commit says is gone: at once for whoever reads, and in chunks from the tables."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
from tests.storage.engines import TENANT, Engine, open_engine
from tests.storage.test_batches import STATEMENTS, primary_keys
from tests.storage.test_rebuild import dump, rebuild

from plixa.actors.contacts.records import ForgetField, ForgetLabel
from plixa.actors.conversation import commands as cmd
from plixa.features import schema
from plixa.storage.assignment import reads as queue
from plixa.storage.contacts import reads as contacts
from plixa.storage.conversation import dialogue, inbox, messages as peers, moving, search
from plixa.storage.eventlog import answers
from plixa.storage.eventlog.writer import PLANS
from plixa.storage.lifetime import rules, sweeping
from plixa.storage.lifetime.sweeping import Sweeper
from plixa.storage.postgres.bridge import connect

BOUNDED = {
    "appointment_claims": "one appointment's: its provider's and a unit of each of its resources",
    "webhook_secrets": "one endpoint's: two",
    "peers": "the addresses that lead to one conversation",
    "contact_labels": "those of one contact; by a label they are swept",
    "contact_values": "those of one contact; by a field they are swept",
    "contact_merges": "those into one contact",
    "conversation_merges": "one row",
    "conversation_facets": "one row",
    "conversation_seen": "a row a member",
    "summaries": "one row",
    "sla_clocks": "two an episode",
    "resolutions": "one an episode",
    "csat_ratings": "one an episode",
    "state_snapshots": "one a version",
    "parked": "letters that crashed one actor; the watchdog and people see to it that they are few",
    "recovery_codes": "ten a user",
}


BOUNDED_CHANGES = {
    "appointments": "one contact's",
    "broadcast_recipients": "some hundreds of one broadcast, by their places",
    "heads": "one row",
    "sweeps": "two a merge that is on its way",
    "tokens": "one member's",
    **dict.fromkeys(("csat_ratings", "resolutions", "sla_clocks"), "of one conversation, a few an episode"),
}


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[Engine]:
    async with open_engine(database_url) as engine:
        await engine.found()
        yield engine


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing is swept, until this is undone."""

    async def later(_self: Sweeper, _row: Any) -> None:
        await trio.lowlevel.checkpoint()

    monkeypatch.setattr(Sweeper, "_sweep", later)
    return monkeypatch


async def count(engine: Engine, table: str) -> int:
    [(found,)] = await engine.rows(f"select count(*) from {table}")
    return int(found)


async def test_no_commit_deletes_without_bound(engine: Engine) -> None:
    keys = await primary_keys(engine)
    unbounded = [
        statement.table
        for statement in STATEMENTS
        if statement.sql.startswith("delete")
        and not keys[statement.table] <= set(re.findall(r"t\.(\w+) = u\.", statement.sql))
        and statement not in schema().later
    ]
    assert set(unbounded) <= set(BOUNDED)


async def test_no_commit_changes_rows_without_bound(engine: Engine) -> None:
    """A merge that moved all messages of one customer would hold up the commits of all workspaces."""
    keys = await primary_keys(engine)
    unbounded = [
        statement.table
        for statement in STATEMENTS
        if statement.sql.strip().startswith("update")
        and not keys[statement.table] <= set(re.findall(r"t\.(\w+) = u\.", statement.sql))
        and statement not in {*schema().later, moving.NEWEST_MOVED}
    ]
    assert set(unbounded) <= set(BOUNDED) | set(BOUNDED_CHANGES)


async def test_no_commit_reads_a_table_from_end_to_end(engine: Engine) -> None:
    """However small the tables were when its statements were planned, which is once."""

    async def plans() -> list[str]:
        connection = await engine.database.connect(**PLANS)
        try:
            return [await _plan_of(connection, each.sql, len(each.columns)) for each in STATEMENTS]
        finally:
            await connection.close()

    read = [re.findall(r"Seq Scan on \w+|Hash Join|Merge Join", plan) for plan in await engine.database.aio(plans)]
    assert {each.sql: how for each, how in zip(STATEMENTS, read, strict=True) if how} == {}


async def _plan_of(connection: Any, sql: str, parameters: int) -> str:
    await connection.execute(f"prepare it as {sql}")
    rows = await connection.fetch(f"explain execute it({', '.join(['null'] * parameters)})")
    await connection.execute("deallocate it")
    return "\n".join(row[0] for row in rows)


async def test_an_erased_conversations_messages_are_gone_for_all_who_read_before_they_are_swept(
    engine: Engine, held_up: pytest.MonkeyPatch
) -> None:
    await engine.write(100, "K1", "segredo")
    await engine.write(101, "K2", "outra coisa", contact_id=6)
    [(message_id,)] = await engine.rows("select id from messages where key_id = 'K1'")
    await engine.ask("conversation", 100, cmd.Delete())
    assert await count(engine, "messages") == 2  # the commit held up nobody with them
    run = engine.database.run
    assert await run(inbox.get_messages, [(TENANT, message_id)]) == {}
    assert await run(inbox.list_messages, TENANT, 100, None, 10) == ([], None)
    assert await run(inbox.get_media, TENANT, message_id) is None
    assert await run(search.search_messages, TENANT, "segredo", None, 10, None) == ([], None)
    assert await run(dialogue.latest, TENANT, 100, 10) == []
    assert await run(queue.first_words, TENANT, 100) is None
    assert await run(peers.find_messages, [(TENANT, 3, "K1")]) == {}
    assert await run(peers.reactions, TENANT, 3, ["K1"]) == {}
    assert await run(peers.is_erased, TENANT, 3, "K1")
    assert not await run(peers.is_erased, TENANT, 3, "K2")
    assert await run(peers.known_keys, TENANT, 3, ["K1", "K2", "K3"]) == {"K1", "K2"}
    assert await engine.rows("select stream from stream_keys where stream like 'conversation-%'") == [
        ("conversation-101",)
    ]
    held_up.undo()
    engine.store.sweeper.nudge()
    await engine.swept()
    assert await engine.rows("select key_id from messages") == [("K2",)]
    assert await run(peers.is_erased, TENANT, 3, "K1")


async def test_many_messages_go_in_chunks_and_a_rebuild_gives_the_same(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "CHUNK", 7)
    for n in range(40):
        await engine.write(100, f"K{n}")
    await engine.write(101, "other", contact_id=6)
    await engine.ask("conversation", 100, cmd.Delete())
    await engine.swept()
    assert await count(engine, "messages") == 1
    assert await count(engine, "erased_keys") == 40
    before = await dump(engine)
    await rebuild(engine)
    assert await dump(engine) == before


async def test_a_rebuild_sweeps_first_so_that_what_was_erased_is_still_known_as_erased(
    engine: Engine, held_up: pytest.MonkeyPatch
) -> None:
    await engine.write(100, "K1")
    await engine.ask("conversation", 100, cmd.Delete())
    await rebuild(engine)
    assert await engine.database.run(peers.is_erased, TENANT, 3, "K1")
    assert await count(engine, "sweeps") == 0


async def test_what_a_node_that_died_left_is_swept_by_the_next(
    database_url: str, engine: Engine, held_up: pytest.MonkeyPatch
) -> None:
    await engine.write(100, "K1")
    await engine.ask("conversation", 100, cmd.Delete())
    held_up.undo()
    async with open_engine(database_url, node="node-2") as other:
        await other.swept()
        assert await count(other, "messages") == 0


async def test_one_mark_that_cannot_be_swept_holds_up_no_other(engine: Engine) -> None:
    async def mark(connection: Any) -> None:
        await connection.execute(
            "insert into sweeps values (1, 'messages', 'no number', now()), (1, 'of a newer release', '1', now())"
        )

    await engine.database.run(mark)
    await engine.write(100, "K1")
    await engine.ask("conversation", 100, cmd.Delete())
    with trio.fail_after(10):
        while await count(engine, "sweeps") > 2:  # noqa: ASYNC110
            await trio.sleep(0.01)
    assert await count(engine, "messages") == 0


async def test_a_label_and_a_field_are_on_no_contact_before_they_are_swept(
    engine: Engine, held_up: pytest.MonkeyPatch
) -> None:
    async def two_contacts(connection: Any) -> None:
        await connection.execute("insert into contacts (tenant_id, id, phone, created_at) values (1, 7, '55', now())")
        await connection.execute("insert into contact_labels values (1, 7, 21), (1, 7, 22)")
        await connection.execute("insert into contact_values values (1, 7, 31, 'x'), (1, 7, 32, 'y')")

    await engine.database.run(two_contacts)
    await engine.ask("contacts", 1, ForgetLabel(label_id=21))
    await engine.ask("contacts", 1, ForgetField(definition_id=31))
    assert await count(engine, "contact_labels") == await count(engine, "contact_values") == 2
    run = engine.database.run
    [shown], _ = await run(contacts.list_contacts, TENANT, contacts.Chosen(), None, 10)
    assert shown["labels"] == [22]
    assert await run(contacts.values_of, TENANT, 7) == {32: "y"}
    assert await run(contacts.list_contacts, TENANT, contacts.Chosen(label=21), None, 10) == ([], None)
    held_up.undo()
    engine.store.sweeper.nudge()
    await engine.swept()
    assert await engine.rows("select label_id from contact_labels") == [(22,)]
    assert await engine.rows("select definition_id from contact_values") == [(32,)]


async def test_a_stored_answer_is_not_given_again_once_its_stream_is_erased(
    engine: Engine, held_up: pytest.MonkeyPatch
) -> None:
    await engine.write(100, "K1")

    async def two(connection: Any) -> None:
        query = "insert into answers values (1, 's', $1, $2, '', 200, '', now() - interval '1 second')"
        await connection.executemany(query, [("erased", "conversation-100"), ("other", "conversation-101")])

    await engine.database.run(two)
    await engine.ask("conversation", 100, cmd.Delete())
    assert await count(engine, "answers") == 2
    assert await engine.database.run(answers.find_answer, TENANT, "s", "erased") is None
    assert await engine.database.run(answers.find_answer, TENANT, "s", "other") is not None
    held_up.undo()
    engine.store.sweeper.nudge()
    await engine.swept()
    assert await engine.rows("select key from answers") == [("other",)]


MARKED = """
insert into sweeps values (1, 'label', '7', now()) on conflict (tenant_id, what, ref) do update set marked_at = now()
"""


async def test_a_commit_that_marks_the_same_again_waits_for_no_chunk_and_is_not_forgotten(
    engine: Engine, held_up: pytest.MonkeyPatch, database_url: str
) -> None:
    mark = (1, "label", "7")

    async def chunk(connection: Any) -> None:
        other = await connect(database_url)
        try:
            async with connection.transaction():
                taken = await connection.fetchrow(sweeping.TAKE, *mark)
                assert await other.fetchrow(sweeping.TAKE, *mark) is None
                await other.execute(f"set lock_timeout = 500; {MARKED}")
                assert await connection.fetchval(sweeping.DONE, *mark, taken["marked_at"]) is None
        finally:
            await other.close()

    await engine.database.run(lambda connection: connection.execute(MARKED))
    await engine.database.run(chunk)
    assert await count(engine, "sweeps") == 1
    await engine.database.run(lambda connection: connection.execute("delete from sweeps"))
