"""The log: order, fencing, and one bad commit among many good ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
import trio
import trio.testing
from tests.storage.engines import TENANT, Engine, open_engine

from plixa.actors.workspace.upkeep import Configure
from plixa.engine import ownership
from plixa.engine.errors import Duplicate, Elsewhere, Fenced, Overloaded, PlixaError
from plixa.engine.ports import Address, Loaded, Owner
from plixa.storage.eventlog import reader as event_log
from plixa.storage.eventlog.reader import Loader


async def test_positions_are_gapless_and_in_commit_order_however_many_write(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()

        async def talk(conversation: int) -> None:
            for n in range(20):
                await engine.write(conversation, f"{conversation}-{n}")

        async with trio.open_nursery() as nursery:
            for conversation in range(100, 120):
                nursery.start_soon(talk, conversation)

        stored = await engine.rows("select position, stream, revision from events order by position")
        assert [position for position, _, _ in stored] == list(range(1, len(stored) + 1))
        assert [each.position for each in engine.told] == list(range(1, len(stored) + 1))
        for stream in {stream for _, stream, _ in stored}:
            revisions = [revision for _, each, revision in stored if each == stream]
            assert revisions == list(range(1, len(revisions) + 1))
        [(head, last_id)] = await engine.rows("select position, last_id from heads where tenant_id = $1", TENANT)
        assert head == len(stored)
        assert last_id >= 400


async def test_a_second_owner_fences_the_first(database_url: str) -> None:
    came = list[int]()
    async with open_engine(database_url) as first:
        first.store.came.append(came.append)
        await first.found()
        await first.write(100, "A")
        assert came == []  # nobody has missed anything of what is only being founded
        async with open_engine(database_url) as second:  # the same node's name: a restart, it takes over at once
            second.store.came.append(came.append)
            await second.write(100, "B")
            assert came == [1]
            with pytest.raises(Fenced):
                await first.write(100, "C")
            keys = await second.rows("select key_id from messages order by id")
        assert keys == [("A",), ("B",)]


async def test_another_node_waits_until_the_owner_is_silent(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "EVERY", 60.0)
    async with open_engine(database_url) as owner:
        await owner.found()
        await owner.rows("update nodes set heartbeat_at = now() + interval '1 minute' where node = 'node-1'")
        async with open_engine(database_url, node="node-2") as standby:
            with pytest.raises(Elsewhere) as elsewhere:
                await standby.write(100, "A")
            assert Owner(elsewhere.value.node, elsewhere.value.incarnation) == owner.store.me
            assert await standby.store.owner_of(1) == owner.store.me
            await owner.rows("update nodes set heartbeat_at = now() - interval '1 minute' where node = 'node-1'")
            with trio.fail_after(20):
                while await standby.store.owner_of(1) is not None:  # noqa: ASYNC110  # Postgres itself may be new
                    await trio.sleep(0.2)
            await standby.write(100, "A")
            reigns = await owner.rows("select epoch, node, from_position from reigns order by epoch")
            assert [node for _, node, _ in reigns] == ["node-1", "node-2"]
            assert reigns[0][0] < reigns[1][0]
            assert reigns[0][2] == 1 < reigns[1][2]
            with pytest.raises(Fenced):
                await owner.write(100, "B")


async def test_one_bad_commit_hurts_only_itself(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()
        await engine.write(100, "taken")
        outcomes: dict[int, str] = {}

        async def write(conversation: int, key: str) -> None:
            try:
                await engine.write(conversation, key)
                outcomes[conversation] = "stored"
            except Duplicate as error:
                outcomes[conversation] = error.constraint

        async with trio.open_nursery() as nursery:
            for conversation in range(200, 240):
                # Another conversation of the same number brings a key that is stored already.
                nursery.start_soon(write, conversation, "taken" if conversation == 220 else f"{conversation}")
        assert outcomes.pop(220) == "messages_key"
        assert set(outcomes.values()) == {"stored"}
        stored = await engine.rows("select position from events order by position")
        assert [position for (position,) in stored] == list(range(1, len(stored) + 1))


async def test_what_is_committed_is_there_after_a_restart(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()
        for n in range(150):  # past a snapshot
            await engine.write(100, f"K{n}", f"message {n}")
        before = await engine.registry.state(Address(TENANT, "conversation", 100))
    async with open_engine(database_url) as engine:
        [(snapshots,)] = await engine.rows("select count(*) from state_snapshots")
        assert snapshots == 1
        assert await engine.registry.state(Address(TENANT, "conversation", 100)) == before
        outcome = await engine.write(100, "K149")
        assert outcome.recorded == ()


async def test_a_long_stream_is_read_page_by_page(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "PAGE", 10)
    monkeypatch.setattr(event_log, "OF_STREAM", 3)
    lengths = {100: 1, 101: 2, 102: 3, 103: 25, 104: 7}

    async def states(engine: Engine) -> dict[int, Any]:
        found: dict[int, Any] = {}

        async def read(id_: int) -> None:
            found[id_] = await engine.registry.state(Address(TENANT, "conversation", id_))

        async with trio.open_nursery() as nursery:
            for id_ in lengths:
                nursery.start_soon(read, id_)
        return found

    async with open_engine(database_url) as engine:
        await engine.found()
        for id_, length in lengths.items():
            for n in range(length):
                await engine.write(id_, f"{id_}-{n}")
        before = await states(engine)
    async with open_engine(database_url) as engine:
        assert await states(engine) == before


async def test_a_long_stream_holds_up_no_other() -> None:
    long, short = Address(1, "talk", 1), Address(1, "talk", 2)

    class Slow:
        async def run(self, _: Any, addresses: Sequence[Address]) -> dict[Address, Loaded]:
            if long in addresses:
                await trio.sleep_forever()
            return {address: Loaded(None, 0, ()) for address in addresses}

    loader = Loader(cast("Any", Slow()), cast("Any", None), {}, {})
    async with trio.open_nursery() as nursery:
        await nursery.start(loader.run)
        nursery.start_soon(loader.load, long)
        await trio.testing.wait_all_tasks_blocked()
        with trio.fail_after(5):
            assert (await loader.load(short)).revision == 0
        nursery.cancel_scope.cancel()


async def test_an_idle_actor_leaves_and_comes_back_the_same(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()
        for n in range(15):
            await engine.write(100, f"K{n}")
        address = Address(TENANT, "conversation", 100)
        before = await engine.registry.state(address)
        scope = engine.registry.supervisor.scopes[TENANT]
        scope.cells[address].touched -= 10_000
        assert await engine.registry.sweep() == 1
        assert address not in scope.cells
        assert await engine.registry.state(address) == before


async def test_ids_go_on_after_a_restart(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()
        await engine.write(100, "A")
    async with open_engine(database_url) as engine:
        await engine.write(100, "B")
        ids = [id_ for (id_,) in await engine.rows("select id from messages order by id")]
        assert len(set(ids)) == 2


async def test_a_full_mailbox_says_so_and_drops_nothing(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()
        outcomes: list[str] = []

        async def write(n: int) -> None:
            try:
                await engine.write(100, f"K{n}")
                outcomes.append("stored")
            except Overloaded:
                outcomes.append("overloaded")

        async with trio.open_nursery() as nursery:
            for n in range(1000):
                nursery.start_soon(write, n)
        [(stored,)] = await engine.rows("select count(*) from messages")
        assert stored == outcomes.count("stored") >= 512
        assert outcomes.count("overloaded") == 1000 - stored


async def test_cancelling_the_one_who_asks_does_not_take_the_command_back(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()
        with trio.move_on_after(0):
            await engine.write(100, "A")
        with trio.move_on_after(0.001):
            await engine.write(100, "B")
        await engine.write(100, "C")
        stored = {key for (key,) in await engine.rows("select key_id from messages")}
        assert {"B", "C"} <= stored


async def test_events_can_neither_be_changed_nor_deleted(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()
        for statement in ("update events set actor = 'nobody'", "delete from events"):

            async def change(connection: Any, sql: str = statement) -> None:
                await connection.execute(sql)

            with pytest.raises(Exception, match="never updated or deleted"):
                await engine.database.run(change)


async def test_ownership_that_cannot_be_taken_is_an_error_of_ours(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()
        async with open_engine(database_url, node="node-2") as standby:
            with pytest.raises(PlixaError) as refused:
                await standby.write(100, "A")
            assert refused.value.status == 503
            assert refused.value.retry_after


async def test_a_turn_that_says_two_things_of_one_row_leaves_the_last(database_url: str) -> None:
    """An answer overtakes the timer of a promise that is broken: the clock's row is written for both."""
    async with open_engine(database_url) as engine:
        await engine.found()
        await engine.ask("workspace", TENANT, Configure(config="sla", values={"first_response_seconds": 1}, by=TENANT))
        await engine.write(100, "A")
        await trio.sleep(1.1)  # no timers run here
        outcome = await engine.answer(100, "Olá")
        types = [each.event.type for each in outcome.recorded]
        assert types.index("sla.breached") < types.index("sla.met")
        [(breached, met)] = await engine.rows(
            "select breached_at, met_at from sla_clocks where kind = 'first_response'"
        )
        assert breached < met
