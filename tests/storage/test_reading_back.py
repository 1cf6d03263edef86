"""What the log gives back: to each their own, to nobody another one's trouble, and every word opens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
from tests.storage.engines import TENANT, Engine, open_engine

from plixa.engine.errors import Duplicate, Fenced
from plixa.engine.ports import Address
from plixa.storage.conversation import inbox
from plixa.storage.eventlog import reader as reading


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[Engine]:
    async with open_engine(database_url) as engine:
        await engine.found()
        yield engine


def conversation(id_: int, tenant: int = TENANT) -> Address:
    return Address(tenant, "conversation", id_)


async def test_a_key_that_was_made_for_a_failed_commit_seals_nothing_later(database_url: str) -> None:
    """Else words are sealed with a key that is stored nowhere: they open as long as this process lives."""
    async with open_engine(database_url) as engine:
        await engine.found()
        await engine.write(100, "taken")
        with pytest.raises(Duplicate):
            await engine.write(200, "taken")  # the first personal event of its stream
        await engine.write(200, "free", "still here?")
    async with open_engine(database_url) as engine:
        assert "still here?" in str((await engine.store.load(conversation(200))).events)


async def test_an_owner_of_before_is_fenced_though_the_next_has_written_nothing(database_url: str) -> None:
    async with open_engine(database_url) as first:
        await first.found()
        await first.write(100, "A")
        async with open_engine(database_url) as second:
            await second.registry.own(TENANT)
            with pytest.raises(Fenced):
                await first.write(100, "B")
            await second.write(100, "C")
            assert await second.rows("select key_id from messages order by id") == [("A",), ("C",)]


async def test_a_stream_that_cannot_be_read_keeps_nobody_elses_from_whoever_asks_with_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (100, 101, 102):
        await engine.write(number, f"K{number}")
    event = reading._event

    def unreadable(keyring: Any, row: Any) -> Any:
        if row["stream"] == "conversation-101":
            raise ValueError("a row that nobody can read")
        return event(keyring, row)

    monkeypatch.setattr(reading, "_event", unreadable)
    outcomes: dict[int, str] = {}

    async def load(number: int) -> None:
        try:
            outcomes[number] = str(len((await engine.store.load(conversation(number))).events) > 0)
        except ValueError as error:
            outcomes[number] = str(error)

    async with trio.open_nursery() as nursery:
        for number in (100, 101, 102):
            nursery.start_soon(load, number)
    assert outcomes == {100: "True", 101: "a row that nobody can read", 102: "True"}


async def test_a_snapshot_of_another_shape_is_not_read_though_it_would_decode(engine: Engine) -> None:
    await engine.write(100, "A", "as the log has it")
    address = conversation(100)
    state = await engine.registry.state(address)
    await engine.store.save_snapshot(address, 999, state)
    assert (await engine.store.load(address)).revision == 999
    await engine.rows("update state_snapshots set version = 'of another shape'")
    loaded = await engine.store.load(address)
    assert (loaded.state, loaded.revision) == (None, 0)
    assert loaded.events


async def test_a_snapshot_that_does_not_decode_is_ignored(engine: Engine) -> None:
    await engine.write(100, "A")
    address = conversation(100)
    await engine.store.save_snapshot(address, 1, await engine.registry.state(address))
    await engine.rows("update state_snapshots set state = '\\x00010203'")
    loaded = await engine.store.load(address)
    assert (loaded.state, loaded.revision) == (None, 0)
    assert loaded.events


async def test_each_gets_the_tail_and_the_timers_of_their_own_stream(engine: Engine) -> None:
    await engine.found(2)
    for tenant, words in ((1, "of one"), (2, "of two")):
        await engine.write(100, "A", words, tenant=tenant)
    loaded: dict[int, Any] = {}

    async def load(tenant: int) -> None:
        loaded[tenant] = await engine.store.load(conversation(100, tenant))

    async with trio.open_nursery() as nursery:
        for tenant in (1, 2, 1):
            nursery.start_soon(load, tenant)
    for tenant, words in ((1, "of one"), (2, "of two")):
        events = loaded[tenant].events
        assert {each.tenant for each in events} == {tenant}
        assert [each.revision for each in events] == list(range(1, len(events) + 1))
        assert words in str(events)


async def test_a_range_of_the_log_is_one_tenants_after_a_position_and_no_longer_than_asked(engine: Engine) -> None:
    await engine.found(2)
    for number in range(3):
        await engine.write(100, f"K{number}")
        await engine.write(100, f"K{number}", tenant=2)
    every = await engine.store.read_range(1, 0, 1000)
    assert {each.tenant for each in every} == {1}
    positions = [each.position for each in every]
    assert positions == list(range(1, len(every) + 1))
    part = await engine.store.read_range(1, 2, 3)
    assert [each.position for each in part] == [3, 4, 5]


async def test_a_message_is_the_tenants_whose_it_is(engine: Engine) -> None:
    """Ids are a tenant's own: those of two tenants' first messages are the same."""
    await engine.found(2)
    for tenant, words in ((1, "of one"), (2, "of two"), (1, "again of one")):
        await engine.write(100, words, words, tenant=tenant)
    for tenant, words in ((1, "of one"), (2, "of two")):
        [(message_id,)] = await engine.rows("select min(id) from messages where tenant_id = $1", tenant)
        found = await engine.database.run(inbox.get_messages, [(tenant, message_id)])
        assert found[tenant, message_id]["body"] == words
    ids = await engine.rows("select min(id) from messages group by tenant_id")
    assert len(set(ids)) == 1
