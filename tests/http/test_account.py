"""The end of a workspace: asked for, called off, and carried out until nothing is left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from tests import harness
from tests.harness import PASSWORD, Json, Phones, Workspace, pair
from tests.http import people
from tests.http.chat import Chat
from tests.http.house import PICTURE
from tests.http.inbox import Inbox
from tests.http.later import LaterNode, later_node
from tests.http.mails import mailed
from tests.http.tables import Tables

from plixa.actors.conversation.events import ConversationRouted
from plixa.engine.errors import Fenced, NotFound
from plixa.engine.ports import Address, Commit
from plixa.features import schema
from plixa.http.workspace.parts import PICTURES
from plixa.storage.lifetime import erasure

PATH = "/v1/account/deletion"
KEPT = {"heads", "erasures"}


@pytest.fixture
async def later(database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[LaterNode]:
    async with later_node(database_url, simulator.url, tmp_path) as later:
        yield later


@pytest.fixture
async def house(later: LaterNode) -> AsyncIterator[Workspace]:
    async with harness.registered(later.node.services.public_url) as house:
        yield house


async def _remaining(tables: Tables, tenant: int) -> dict[str, list[str]]:
    return {name: rows for name, rows in (await tables.tenant(tenant, feed=True)).items() if rows and name not in KEPT}


async def _gone(tables: Tables, tenant: int) -> None:
    with trio.fail_after(15):
        while await _remaining(tables, tenant):  # noqa: ASYNC110  # a row has no event
            await trio.sleep(0.1)


def _refused(answer: httpx.Response, status: int, code: str) -> Json:
    error: Json = answer.json()["errors"][0]
    assert (answer.status_code, error["code"]) == (status, code), answer.text
    return error


@pytest.mark.spec(34)
@pytest.mark.spec(35)
@pytest.mark.spec(36)
async def test_a_deletion_is_asked_for_with_the_password_and_can_be_called_off(
    later: LaterNode, house: Workspace
) -> None:
    member = await people.agent(later.node, house)
    nothing = {"scheduled_for": None, "requested_at": None, "requested_by": None}
    assert (await house.get(PATH))["data"] == nothing
    wrong = _refused(await house.client.post(PATH, json={"password": "wrong"}), 422, "VALIDATION_FAILED")
    assert list(wrong["details"]) == ["password"]
    _refused(await house.client.delete(PATH), 409, "DELETION_NOT_SCHEDULED")
    shown = await house.post(PATH, {"password": PASSWORD})
    assert shown["requested_by"] == house.user_id
    assert (await house.get(PATH))["data"] == shown
    assert (await house.get("/v1/me"))["data"]["tenant"]["deletion_scheduled_for"] == shown["scheduled_for"]
    _refused(await house.client.post(PATH, json={"password": PASSWORD}), 409, "DELETION_ALREADY_SCHEDULED")
    assert len(await mailed(later.node, 2, tag="deletion_scheduled")) == 2
    await house.post("/v1/labels", {"name": "still works", "color": "#112233"})
    later.forward(days=29)
    assert (await house.client.delete(PATH)).json()["data"] == nothing
    assert len(await mailed(later.node, 2, tag="deletion_cancelled")) == 2
    later.forward(days=29)
    await trio.sleep(0.3)
    assert (await house.get("/v1/me"))["data"]["tenant"]["deletion_scheduled_for"] is None
    refused = await house.client.post(PATH, json={"password": PASSWORD}, headers={"Authorization": member.bearer})
    _refused(refused, 403, "FORBIDDEN")


@pytest.mark.spec(34)
async def _instances(simulator: Phones) -> list[str]:
    """What the gateway knows."""
    instances: list[Json] = (await simulator.client.get("/sim/instances")).json()
    return [each["name"] for each in instances]


def _but_the_trials_end(rows: dict[str, list[str]]) -> dict[str, list[str]]:
    """The rows of a workspace without what thirty days do to it by themselves: its trial ends, and is compared with."""
    lasting = {name: [line for line in lines if "limits" not in line] for name, lines in rows.items()}
    return {name: lines for name, lines in lasting.items() if name != "heads"}


async def test_on_the_day_everything_of_the_workspace_goes_and_nothing_of_others(
    later: LaterNode, house: Workspace, simulator: Phones, tmp_path: Path
) -> None:
    node, tables = later.node, Tables(later.node.services.database)
    number = await pair(house, simulator)
    chat = Chat(house, simulator, number, Inbox(house))
    message = await chat.written("um retrato", type="image")
    await chat.inbox.until(lambda: any(event["type"] == "media.stored" for event in chat.inbox.events))
    await chat.answer(message["conversation_id"], "obrigada")
    await house.post("/v1/labels", {"name": "VIP", "color": "#112233"}, **{"Idempotency-Key": "k1"})
    await house.post("/v1/team/invitations", {"email": "teo@plixa.example"})
    await house.client.post("/v1/support/attachments", files={"file": ("a.txt", b"um segredo", "text/plain")})
    await house.post("/v1/support/tickets", {"subject": "um segredo", "body": "um segredo"})
    async with harness.registered(node.services.public_url) as other:
        await other.post("/v1/labels", {"name": "VIP", "color": "#112233"})
        open_ = "select from outbox where state = 'queued' and tenant_id = $1"
        with trio.fail_after(5):
            while await tables.rows(open_, other.tenant):  # noqa: ASYNC110
                await trio.sleep(0.02)
        theirs = await tables.tenant(other.tenant)
        await house.post(PATH, {"password": PASSWORD})
        folder = tmp_path / "media" / str(house.tenant)
        assert list(folder.iterdir())
        later.forward(days=30, minutes=1)
        await _gone(tables, house.tenant)
        assert not folder.exists()
        assert _but_the_trials_end(await tables.tenant(other.tenant)) == _but_the_trials_end(theirs)
    [farewell] = await mailed(node, tag="deletion_done")
    assert farewell.to == house.email
    assert (await house.client.get("/v1/me")).status_code == 401
    with trio.fail_after(5):  # the gateway answers before it has deleted an instance
        while number.instance in await _instances(simulator):  # noqa: ASYNC110  # another program's doing
            await trio.sleep(0.05)
    with pytest.raises((NotFound, Fenced)):
        await node.services.bus.workspace(house.tenant)
    late = await number.post(house.client, number.message("5511987650009", "tarde demais", "LATE"))
    assert late.status_code in (200, 404, 409)
    assert not await _remaining(tables, house.tenant)


async def test_its_pictures_go_too_also_one_that_was_replaced_and_waited_to_go(
    later: LaterNode, house: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, logo = later.node, "/v1/workspace-config/logo"
    delete = node.services[PICTURES].delete

    async def only_at_the_end(key: str) -> None:
        if (await node.services.bus.workspace(house.tenant)).status != "erased":
            raise OSError("the storage is down")
        await delete(key)

    monkeypatch.setattr(node.services[PICTURES], "delete", only_at_the_end)
    answers = [await house.client.post(logo, files={"logo": PICTURE}) for _ in range(2)]
    pictures = [f"/v1/images/{answer.json()['data']['logo_url'].rpartition('/')[2]}" for answer in answers]
    assert [(await house.client.get(path)).status_code for path in pictures] == [200, 200]
    await house.post(PATH, {"password": PASSWORD})
    later.forward(days=31)
    await _gone(Tables(node.services.database), house.tenant)
    assert [(await house.client.get(path)).status_code for path in pictures] == [404, 404]


async def test_an_address_can_be_used_again_after_its_workspace_went(later: LaterNode, house: Workspace) -> None:
    await house.post(PATH, {"password": PASSWORD})
    later.forward(days=31)
    await _gone(Tables(later.node.services.database), house.tenant)
    async with harness.registered(later.node.services.public_url, house.email) as again:
        assert again.tenant != house.tenant


async def test_what_was_answered_to_whoever_registered_goes_with_their_workspace(
    later: LaterNode, house: Workspace
) -> None:
    """It stands under no workspace, for there was none yet, and holds their name and address."""
    tables = Tables(later.node.services.database)
    founder = {"name": "Zoe", "email": "zoe@plixa.example", "company_name": "Zoe", "country_code": "BR"}
    founder |= {"password": PASSWORD, "password_confirmation": PASSWORD}
    key = {"Idempotency-Key": "k1"}
    made = (await house.client.post("/v1/auth/register", json=founder, headers=key)).json()["data"]
    assert len(await tables.rows("select 1 from answers where tenant_id = 0")) == 1
    bearer = {"Authorization": f"Bearer {made['token']}"}
    assert (await house.client.post(PATH, json={"password": PASSWORD}, headers=bearer)).is_success
    later.forward(days=31)
    await _gone(tables, made["tenant"]["id"])
    assert await tables.rows("select 1 from answers where tenant_id = 0") == []


async def test_an_erasure_that_was_interrupted_is_finished_at_the_next_start(
    database_url: str, simulator: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: Any) -> None:
        raise RuntimeError("the power went")

    async with (
        later_node(database_url, simulator.url, tmp_path) as later,
        harness.registered(later.node.services.public_url) as house,
    ):
        await house.post(PATH, {"password": PASSWORD})
        tables = Tables(later.node.services.database)
        with monkeypatch.context() as patched:
            patched.setattr(erasure, "sweep", dies)
            later.forward(days=31)
            with trio.fail_after(10):
                while not await tables.rows("select 1 from erasures"):  # noqa: ASYNC110  # a row has no event
                    await trio.sleep(0.05)
            await trio.sleep(0.1)
        assert await _remaining(tables, house.tenant)
        bus = later.node.services.bus
        with pytest.raises((NotFound, Fenced)):
            await bus.ask(Address(house.tenant, "workspace", house.tenant), object(), actor="x", cause="x")
    async with later_node(database_url, simulator.url, tmp_path) as later:
        await _gone(Tables(later.node.services.database), house.tenant)


async def test_what_was_still_under_way_in_memory_cannot_be_written_any_more(
    later: LaterNode, house: Workspace
) -> None:
    store, tables = later.node.services.store, Tables(later.node.services.database)
    await house.post(PATH, {"password": PASSWORD})
    later.forward(days=31)
    await _gone(tables, house.tenant)
    late = Commit(
        address=Address(house.tenant, "conversation", 5),
        revision=0,
        before=None,
        after=None,
        events=[ConversationRouted(sector_id=None, why="late")],
        at=later.clock.now(),
        actor="system",
        cause="test",
        epoch=1,
    )
    with pytest.raises(Fenced):
        await store.commit(late)
    assert not await _remaining(tables, house.tenant)


async def test_every_table_with_rows_of_workspaces_is_emptied(later: LaterNode) -> None:
    """What is kept is named; any other table, whenever it was added, is found by itself."""
    tables = Tables(later.node.services.database)
    rows = await tables.rows(
        "select table_name::text from information_schema.columns where column_name = 'tenant_id' "
        "and table_schema = 'public' and table_name not like 'events\\__'"
    )
    emptied = await later.node.services.database.run(erasure.tables, schema())
    assert {*emptied, *schema().erased("kept")} == {row["table_name"] for row in rows}
    assert {"events", "messages", "tokens", "outbox", "request_origins", "one_time_secrets"} <= set(emptied)


async def test_nothing_goes_of_a_workspace_that_is_not_fenced(later: LaterNode, house: Workspace) -> None:
    services = later.node.services
    with pytest.raises(LookupError):
        await services.database.run(erasure.sweep, schema(), house.tenant, services.clock.now())
    with pytest.raises(Exception, match="never updated or deleted"):
        await Tables(services.database).rows("delete from events returning 1")
    assert (await house.client.get("/v1/me")).status_code == 200
