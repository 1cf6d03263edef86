"""Web Push, as far as a push service on loopback that decrypts with the browser's keys."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from tests.clients.far_end import Reply
from tests.harness import PASSWORD, Json, Phones, Workspace
from tests.http import people
from tests.http.browsers import ADMIN_PATH, PATH, Service, encoded, subscribe
from tests.http.chat import Chat
from tests.http.tables import Tables

from plixa.compose import Node
from plixa.http.api import auth
from plixa.http.notifications import pushing
from plixa.http.notifications.pushing import PUSHING
from plixa.storage.staff import admins


async def _nothing_more() -> None:
    """Long enough for a push that should not come."""
    await trio.sleep(pushing.SETTLE + 0.3)


# -- subscriptions ----------------------------------------------------------------------------------------------------


@pytest.mark.spec(199)
@pytest.mark.spec(200)
async def test_a_browser_is_kept_once_a_user_and_sealed(
    service: Service, node: Node, workspace: Workspace, tables: Tables
) -> None:
    browser = service.browser("laptop")
    first = await subscribe(workspace, browser)
    assert first.status_code == 201, first.text
    assert first.json()["data"]["endpoint"] == browser.body["endpoint"]
    browser.body["keys"] = service.browser("other").keys
    assert (await subscribe(workspace, browser)).status_code == 200
    member = await people.agent(node, workspace)
    assert (await subscribe(workspace, browser, member.bearer)).status_code == 201
    rows = await tables.rows("select * from push_subscriptions order by user_id")
    assert [row["user_id"] for row in rows] == [workspace.user_id, member.user_id]
    assert browser.body["endpoint"].encode() not in rows[0]["sealed"]
    dump = "".join(line for lines in (await tables.dump()).values() for line in lines)
    assert "/send/laptop" not in dump


@pytest.mark.spec(200)
async def test_of_many_at_once_with_one_endpoint_one_is_new(
    service: Service, workspace: Workspace, tables: Tables
) -> None:
    browser, answers = service.browser("laptop"), list[int]()

    async def again() -> None:
        answers.append((await subscribe(workspace, browser)).status_code)

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(again)
    assert sorted(answers) == [200] * 19 + [201]
    assert len(await tables.rows("select * from push_subscriptions")) == 1


async def test_somebody_keeps_only_so_many_browsers(service: Service, workspace: Workspace, tables: Tables) -> None:
    for n in range(22):
        await subscribe(workspace, service.browser(str(n)))
    assert len(await tables.rows("select * from push_subscriptions")) == 20


NO_NAMES = (
    "https://xn--/",
    "https://a.xn--/x",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://push.example:22/",
)
"""Addresses that are no names, and those that would be refused when they are used."""


@pytest.mark.spec(201)
async def test_what_is_wrong_with_a_subscription_is_named(service: Service, workspace: Workspace) -> None:
    good = service.browser("laptop").body
    cases: list[tuple[Json, set[str]]] = [
        ({"keys": None}, {"keys"}),
        ({"keys": {}}, {"keys.p256dh", "keys.auth"}),
        ({"keys": {**good["keys"], "auth": "c2hvcnQ"}}, {"keys.auth"}),
        ({"keys": {**good["keys"], "p256dh": encoded(bytes(65))}}, {"keys.p256dh"}),
        ({"endpoint": "https://push.example/" + "x" * 2028}, {"endpoint"}),
        ({"endpoint": "https://10.0.0.1/x"}, {"endpoint"}),
        ({"endpoint": "ftp://push.example/x"}, {"endpoint"}),
        *(({"endpoint": each}, {"endpoint"}) for each in NO_NAMES),
        ({"content_encoding": "x" * 33}, {"content_encoding"}),
        ({"content_encoding": "aesgcm"}, {"content_encoding"}),
    ]
    for change, wrong in cases:
        answer = await workspace.client.post(PATH, json={**good, **change})
        assert answer.status_code == 422, change
        assert answer.json()["errors"][0]["details"].keys() == wrong
    empty = await workspace.client.post(PATH, json={})
    assert empty.json()["errors"][0]["details"].keys() == {"endpoint", "keys.p256dh", "keys.auth"}
    longest = "https://push.example/" + "x" * 2027
    assert (await workspace.client.post(PATH, json={**good, "endpoint": longest})).status_code == 201


@pytest.mark.spec(203)
async def test_a_browser_that_unsubscribed_hears_no_more(service: Service, chat: Chat) -> None:
    browser, gone = service.browser("stays"), service.browser("goes")
    for each in (browser, gone):
        await subscribe(chat.workspace, each)
    for _ in range(2):
        answer = await chat.workspace.client.request("DELETE", PATH, json={"endpoint": gone.body["endpoint"]})
        assert (answer.status_code, answer.content) == (204, b"")
    await chat.written()
    await browser.told()
    assert gone.asked() == []
    for wrong in ({}, {"endpoint": "x" * 2049}):
        refused = await chat.workspace.client.request("DELETE", PATH, json=wrong)
        assert refused.json()["errors"][0]["details"].keys() == {"endpoint"}


@pytest.mark.spec(199)
async def test_the_keys_are_made_once_and_sealed(
    node: Node, workspace: Workspace, tables: Tables, database_url: str, simulator: Phones, tmp_path: Path
) -> None:
    key = (await workspace.get("/v1/push/vapid-public-key"))["data"]["public_key"]
    assert len(key) == 87
    [row] = await tables.rows("select * from vapid_keys")
    services, others = node.services, list[str]()

    async def start() -> None:
        seal, clock = services.store.keyring.application_key, services.clock
        async with pushing.open_push(
            services.database, seal, "mailto:a@plixa.example", clock, allow_loopback=False
        ) as push:
            others.append(push.public_key)

    async def forget(connection: object) -> None:
        await connection.execute("delete from vapid_keys")  # type: ignore[attr-defined]

    await start()
    assert others == [key]
    await services.database.run(forget)
    async with trio.open_nursery() as nursery:  # several nodes start on a new database
        for _ in range(5):
            nursery.start_soon(start)
    assert len(set(others[1:])) == 1
    assert [each["tenant_id"] for each in await tables.rows("select * from vapid_keys")] == [row["tenant_id"]]


@pytest.mark.spec(199)
@pytest.mark.spec(200)
@pytest.mark.spec(203)
async def test_the_staff_subscribes_apart_from_members(
    service: Service, node: Node, workspace: Workspace, tables: Tables
) -> None:
    await node.services.database.run(admins.add_admin, "rita@plixa.example", "Rita", await auth.hash_password(PASSWORD))
    made = await workspace.post("/v1/admin/auth/login", {"email": "rita@plixa.example", "password": PASSWORD})
    headers, browser = {"Authorization": f"Bearer {made['token']}"}, service.browser("staff")
    for status in (201, 200):
        assert (await workspace.client.post(ADMIN_PATH, json=browser.body, headers=headers)).status_code == status
    assert [row["tenant_id"] for row in await tables.rows("select * from push_subscriptions")] == [0]
    assert (await workspace.client.post(ADMIN_PATH, json=browser.body)).status_code == 401
    assert (await workspace.client.post(PATH, json=browser.body, headers=headers)).status_code == 401
    await node.services[PUSHING].send(0, [made["admin"]["id"]], {"title": "Oi"}, "staff")
    assert await browser.told() == [{"title": "Oi"}]
    endpoint = {"endpoint": browser.body["endpoint"]}
    assert (await workspace.client.request("DELETE", ADMIN_PATH, json=endpoint, headers=headers)).status_code == 204
    assert await tables.rows("select * from push_subscriptions") == []


# -- notifications ----------------------------------------------------------------------------------------------------


@pytest.mark.spec(199)
async def test_a_customers_message_is_told_to_all_who_take_conversations(
    service: Service, chat: Chat, node: Node
) -> None:
    away = await people.agent(node, chat.workspace)
    bearers = {"owner": None, "agent": (await people.agent(node, chat.workspace)).bearer, "away": away.bearer}
    browsers = {name: service.browser(name) for name in bearers}
    for name, bearer in bearers.items():
        await subscribe(chat.workspace, browsers[name], bearer)
    absent = await chat.workspace.client.put(
        "/v1/me/availability", json={"is_available": False}, headers={"Authorization": away.bearer}
    )
    assert absent.status_code == 200, absent.text
    message = await chat.written("Vocês abrem hoje? 👋 " + "x" * 500)
    for name in ("owner", "agent"):
        [said] = await browsers[name].told()
        assert said["title"] == "Bia"
        assert said["body"].startswith("Vocês abrem hoje? 👋")
        assert len(said["body"]) <= 160
        assert said["conversation_id"] == message["conversation_id"]
    assert browsers["away"].asked() == []
    [asked] = browsers["owner"].asked()
    assert b"abrem" not in asked.body
    assert asked.headers["topic"] == f"c-{message['conversation_id']}"


@pytest.mark.spec(199)
async def test_an_assigned_conversation_is_its_members_affair(service: Service, chat: Chat, node: Node) -> None:
    member = await people.agent(node, chat.workspace)
    owner, agent = service.browser("owner"), service.browser("agent")
    conversation_id = (await chat.written())["conversation_id"]
    await chat.change(conversation_id, assigned_user_id=member.user_id)
    await subscribe(chat.workspace, owner)
    await subscribe(chat.workspace, agent, member.bearer)
    await chat.written("", type="location")
    [said] = await agent.told()
    assert said["conversation_id"] == conversation_id
    assert said["body"]
    await chat.answer(conversation_id, "Já vou")  # what the house writes rings nobody
    await _nothing_more()
    assert (len(agent.asked()), owner.asked()) == (1, [])


@pytest.mark.spec(203)
async def test_a_subscription_that_has_ended_is_dropped(service: Service, chat: Chat, tables: Tables) -> None:
    browser = service.browser("laptop")
    await subscribe(chat.workspace, browser)
    service.reply = Reply(410)
    await chat.written()
    await browser.told()
    with trio.fail_after(5):
        while await tables.rows("select * from push_subscriptions"):  # noqa: ASYNC110  # nobody tells of a row
            await trio.sleep(0.02)
    await chat.written("Alô?")
    await _nothing_more()
    assert len(browser.asked()) == 1


async def test_a_push_service_that_is_busy_is_asked_again_and_not_for_ever(service: Service, chat: Chat) -> None:
    browser = service.browser("laptop")
    await subscribe(chat.workspace, browser)
    service.reply = Reply(503)
    await chat.written()
    await browser.told(3)
    await _nothing_more()
    assert len(browser.asked()) == 3
    service.reply = Reply(201)
    await chat.written("Alô?")
    assert (await browser.told(4))[-1]["body"] == "Alô?"


async def test_a_workspace_without_subscriptions_is_not_followed(
    service: Service, chat: Chat, neighbour: Workspace, node: Node
) -> None:
    browser = service.browser("neighbour")
    await subscribe(neighbour, browser)
    await chat.written()
    await _nothing_more()
    assert browser.asked() == []


async def test_the_subscriptions_of_who_left_go(service: Service, node: Node, chat: Chat, tables: Tables) -> None:
    member = await people.agent(node, chat.workspace)
    owner, agent = service.browser("owner"), service.browser("agent")
    await subscribe(chat.workspace, owner)
    await subscribe(chat.workspace, agent, member.bearer)
    removed = await chat.workspace.client.delete(f"/v1/team/members/{member.user_id}")
    assert removed.is_success, removed.text
    await chat.written()
    await owner.told()
    assert agent.asked() == []
    fresh = pushing.Pushing(node.services)
    async with trio.open_nursery() as nursery:
        await nursery.start(fresh.run)
        with trio.fail_after(10):
            while await _subscribers(tables) != [chat.workspace.user_id]:  # noqa: ASYNC110
                await trio.sleep(0.02)
        nursery.cancel_scope.cancel()


async def _subscribers(tables: Tables) -> list[int]:
    return [row["user_id"] for row in await tables.rows("select * from push_subscriptions order by user_id")]
