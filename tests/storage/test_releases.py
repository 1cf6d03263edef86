"""A log that another release has written to: what is older is brought up, what is newer is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.talker import Said
from tests.harness import Number, Workspace
from tests.storage.engines import TENANT, Engine, open_engine

from plixa.compose import Node
from plixa.engine import events
from plixa.engine.errors import NotOpened, UnknownHere
from plixa.engine.events import Event, event
from plixa.storage.eventlog.codec import decode_event


@event("test.grown", schema=3, upcast=lambda data, schema: {"names": [data["name"]], "since": schema} | data)
class Grown(Event, frozen=True, kw_only=True):
    """It had one `name` in schemas 1 and 2."""

    names: list[str]
    since: int = 3


def test_an_earlier_schema_is_brought_up() -> None:
    old = decode_event("test.grown", 1, {"name": "Ana"}, None, "")
    assert old == Grown(names=["Ana"], since=1)
    assert decode_event("test.grown", 3, {"names": ["Ana", "Bia"]}, None, "") == Grown(names=["Ana", "Bia"])


@pytest.mark.parametrize(("type_", "schema"), [("test.grown", 4), ("test.unheard_of", 1)])
def test_what_a_newer_release_wrote_is_not_guessed_at(type_: str, schema: int) -> None:
    with pytest.raises(UnknownHere):
        decode_event(type_, schema, {"names": ["Ana"]}, None, "")


@pytest.mark.parametrize(("schema", "upcast"), [(2, None), (1, lambda data, _: data)])
def test_a_schema_and_its_upcast_come_together(schema: int, upcast: Any) -> None:
    class Another(Event, frozen=True, kw_only=True):
        pass

    with pytest.raises(ValueError, match="upcast"):
        event("test.another", schema=schema, upcast=upcast)(Another)
    assert "test.another" not in events.event_types()


async def _newer(engine: Engine, stream: str) -> None:
    """A newer release appends an event that this one does not know."""
    await engine.rows(
        "insert into events (tenant_id, position, stream, revision, type, schema, at, actor, cause, data) "
        "select $1, h.position + 1, $2, coalesce((select max(revision) from events where tenant_id = $1 and "
        "stream = $2), 0) + 1, 'conversation.teleported', 1, now(), 'system', 'test', '{}' "
        "from heads h where tenant_id = $1 returning 1",
        TENANT,
        stream,
    )
    await engine.rows("update heads set position = position + 1 where tenant_id = $1 returning 1", TENANT)


async def test_one_stream_that_a_newer_release_wrote_to_keeps_no_other_from_being_loaded(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()
        await engine.write(100, "A")
        await engine.write(101, "B")
        await _newer(engine, "conversation-100")
    async with open_engine(database_url) as engine:
        with pytest.raises(UnknownHere):
            await engine.write(100, "C")
        await engine.write(101, "D")
        assert await engine.rows("select count(*) from parked") == [(0,)]  # no crash: the newer release takes it


async def test_a_workspace_that_a_newer_release_wrote_to_rests(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()
        await _newer(engine, f"workspace-{TENANT}")
    async with open_engine(database_url) as engine:
        for _ in range(3):
            with pytest.raises(NotOpened):
                await engine.write(100, "A")
        [(epoch,)] = await engine.rows("select epoch from leases where tenant_id = $1", TENANT)
        assert epoch <= 3  # asked for once, and then left alone


async def test_whoever_reads_the_log_goes_on_behind_what_it_does_not_know(
    node: Node, workspace: Workspace, number: Number
) -> None:
    await number.post(workspace.client, number.message("5511930000001", "before", "3EB0AAAA"))
    [conversation] = (await workspace.get("/v1/conversations"))["data"]

    async def newer(connection: Any) -> None:
        async with connection.transaction():
            await connection.execute(
                "insert into events (tenant_id, position, stream, revision, type, schema, at, actor, cause, data) "
                "select tenant_id, position + 1, $2, 10000, 'conversation.sent_off', 1, now(), 'user:1', 'test', '{}' "
                "from heads where tenant_id = $1",
                workspace.tenant,
                f"conversation-{conversation['id']}",
            )
            await connection.execute("update heads set position = position + 1 where tenant_id = $1", workspace.tenant)

    await node.services.database.run(newer)
    page = await workspace.get("/v1/events", after=0, limit=500)
    head = await node.services.store.head(workspace.tenant)
    assert page["meta"]["head"] == head
    assert page["data"]
    assert (await workspace.get("/v1/audit"))["data"]
    assert (await workspace.get(f"/v1/conversations/{conversation['id']}/timeline"))["data"]


def test_the_engines_own_example_has_one_schema() -> None:
    assert (Said.schema, Said.upcast) == (1, None)
