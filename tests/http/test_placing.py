"""Labels, sectors, the queue, claims, many at once, and what becomes of ids that are gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import trio
from tests.http import people, sockets
from tests.http.chat import Chat
from tests.http.test_flows import live, until

from plixa.compose import Node
from plixa.storage.assignment import reads as queue

PHONES = ("5511987650001", "5511987650002", "5511987650003")


async def _conversation(chat: Chat, id_: int) -> dict[str, object]:
    found: dict[str, object] = (await chat.workspace.get(f"/v1/conversations/{id_}"))["data"]
    return found


@pytest.mark.spec(175)
@pytest.mark.spec(176)
@pytest.mark.spec(177)
@pytest.mark.spec(178)
async def test_a_label_is_attached_by_anybody_and_goes_with_its_definition(chat: Chat, node: Node) -> None:
    message = await chat.written("oi")
    id_ = message["conversation_id"]
    label = await chat.workspace.post("/v1/labels", {"name": "VIP", "color": "#FF0000"})
    path = f"/v1/conversations/{id_}/labels/{label['id']}"
    headers = {"Authorization": (await people.agent(node, chat.workspace)).bearer}
    client = chat.workspace.client
    for _ in range(2):
        answer = await client.post(path, headers=headers)
        assert (answer.status_code, answer.json()["data"]["labels"]) == (200, [label["id"]])
    listed = (await chat.workspace.get("/v1/conversations", label=label["id"]))["data"]
    assert [each["id"] for each in listed] == [id_]
    assert (await client.delete(path, headers=headers)).json()["data"]["labels"] == []
    await client.post(path)
    assert (await client.delete(f"/v1/labels/{label['id']}")).status_code == 204
    assert (await _conversation(chat, id_))["labels"] == []
    conversation = chat.inbox.conversations[id_]
    await chat.inbox.until(lambda: conversation.get("labels") == [])
    assert (await client.post(path)).status_code == 404


@pytest.mark.spec(265)
async def test_whoever_is_sent_is_who_is_in_the_sector(chat: Chat, node: Node) -> None:
    agent, me = await people.agent(node, chat.workspace), chat.workspace.user_id
    sector = await chat.workspace.post("/v1/sectors", {"name": "Vendas", "user_ids": [me]})
    path = f"/v1/sectors/{sector['id']}"
    for ids, status in (([agent.user_id], 200), ([me, agent.user_id], 200), ([987654], 422), ([], 200)):
        assert (await chat.workspace.client.put(path, json={"user_ids": ids})).status_code == status
        if status == 200:
            listed = (await chat.workspace.get("/v1/sectors"))["data"]
            assert [each["user_ids"] for each in listed] == [ids]


@pytest.mark.spec(266)
async def test_a_sector_that_is_deleted_leaves_the_conversation_without_one(chat: Chat) -> None:
    message = await chat.written("oi")
    id_ = message["conversation_id"]
    sector = await chat.workspace.post("/v1/sectors", {"name": "Vendas"})
    assert (await chat.change(id_, sector_id=sector["id"]))["sector_id"] == sector["id"]
    await chat.workspace.client.delete(f"/v1/sectors/{sector['id']}")
    assert (await _conversation(chat, id_))["sector_id"] is None
    conversation = chat.inbox.conversations[id_]
    await chat.inbox.until(lambda: conversation.get("sector_id") is None)
    assert len((await chat.workspace.get(f"/v1/conversations/{id_}/messages"))["data"]) == 1


@pytest.mark.spec(131)
@pytest.mark.spec(132)
@pytest.mark.spec(133)
@pytest.mark.spec(134)
async def test_many_at_once(chat: Chat) -> None:
    ids = [(await chat.written("oi", phone=phone))["conversation_id"] for phone in PHONES]
    label = await chat.workspace.post("/v1/labels", {"name": "VIP", "color": "#FF0000"})
    client = chat.workspace.client

    async def affected(action: str, **more: object) -> int:
        answer = await client.post("/v1/conversations/bulk", json={"action": action, "ids": [*ids, 987654], **more})
        assert answer.status_code == 200, answer.text
        count: int = answer.json()["data"]["affected"]
        return count

    assert await affected("add_label", label_id=label["id"]) == 3
    assert await affected("add_label", label_id=label["id"]) == 0
    assert await affected("remove_label", label_id=label["id"]) == 3
    assert await affected("assign", assignee_id=chat.workspace.user_id) == 3
    assert await affected("assign", assignee_id=None) == 3
    assert await affected("close") == 3
    assert await affected("reopen") == 3
    assert await affected("delete") == 3
    assert (await chat.workspace.get("/v1/conversations"))["data"] == []
    for body in (
        {"action": "assign", "ids": ids},
        {"action": "add_label", "ids": ids},
        {"action": "close", "ids": []},
        {"action": "close", "ids": list(range(1, 102))},
        {"action": "explode", "ids": ids},
    ):
        assert (await client.post("/v1/conversations/bulk", json=body)).status_code == 422, body


async def test_one_of_two_who_claim_at_once_gets_it(chat: Chat, node: Node) -> None:
    message = await chat.written("oi")
    path = f"/v1/conversations/{message['conversation_id']}/claim"
    agent = await people.agent(node, chat.workspace)
    statuses = []

    async def claim(headers: dict[str, str]) -> None:
        statuses.append((await chat.workspace.client.post(path, headers=headers)).status_code)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(claim, {})
        nursery.start_soon(claim, {"Authorization": agent.bearer})
    assert sorted(statuses) == [200, 409]


async def test_a_send_that_is_based_on_old_reading_is_refused(chat: Chat) -> None:
    message = await chat.written("oi")
    head = (await chat.workspace.get("/v1/conversations"))["meta"]["head"]
    await chat.written("ah, e mais uma coisa")
    path = f"/v1/conversations/{message['conversation_id']}/messages"
    answer = await chat.workspace.client.post(path, json={"body": "olá", "based_on": head})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "NEWER_MESSAGES")
    head = (await chat.workspace.get("/v1/conversations"))["meta"]["head"]
    assert (await chat.workspace.client.post(path, json={"body": "olá", "based_on": head})).status_code == 201


async def test_a_message_for_later_goes_out_or_is_dropped(chat: Chat, node: Node) -> None:
    message = await chat.written("oi")
    path = f"/v1/conversations/{message['conversation_id']}/scheduled-messages"
    from_now = (node.services.clock.now() + timedelta(seconds=1)).isoformat()
    made = await chat.workspace.post(path, {"body": "lembrete", "send_at": from_now})
    assert [each["id"] for each in (await chat.workspace.get(path))["data"]] == [made["id"]]
    await until(lambda: _on_screen(chat, "lembrete"), "the reminder")
    await chat.workspace.post(path, {"body": "outro", "send_at": "2099-01-01T00:00:00Z"})
    await chat.written("voltei")
    assert (await chat.workspace.get(path))["data"] == []


async def _on_screen(chat: Chat, text: str) -> bool:
    return text in await chat.screen()


async def test_what_waits_is_handed_out_when_somebody_comes_online(chat: Chat) -> None:
    client, me = chat.workspace.client, chat.workspace.user_id
    await client.put("/v1/me/availability", json={"is_available": False})
    rule = {"priority": 1, "condition_type": "always", "action_type": "round_robin"}
    await chat.workspace.post("/v1/auto-assignment-rules", rule)
    ids = [(await chat.written("oi", phone=phone))["conversation_id"] for phone in PHONES[:2]]
    await trio.sleep(0.3)
    assert [chat.inbox.conversations[id_].get("assigned_user_id") for id_ in ids] == [None, None]
    await client.put("/v1/me/availability", json={"is_available": True})
    await chat.inbox.until(lambda: chat.inbox.conversations[ids[0]].get("assigned_user_id") == me)
    assert chat.inbox.conversations[ids[1]].get("assigned_user_id") is None
    await chat.change(ids[0], status="resolved")
    await chat.inbox.until(lambda: chat.inbox.conversations[ids[1]].get("assigned_user_id") == me)


@pytest.mark.parametrize("how", ["by hand", "the member is removed"])
async def test_what_is_nobodys_again_goes_to_whoever_is_free(chat: Chat, node: Node, how: str) -> None:
    client, me = chat.workspace.client, chat.workspace.user_id
    agent = await people.agent(node, chat.workspace)
    rule = {"priority": 1, "condition_type": "always", "action_type": "assign_user", "action_user_id": agent.user_id}
    await chat.workspace.post("/v1/auto-assignment-rules", rule)
    id_ = (await chat.written("oi"))["conversation_id"]
    await chat.inbox.until(lambda: chat.inbox.conversations[id_].get("assigned_user_id") == agent.user_id)
    if how == "by hand":
        headers = {"Authorization": agent.bearer}
        await client.patch(f"/v1/conversations/{id_}", json={"assigned_user_id": None}, headers=headers)
    else:
        assert (await client.delete(f"/v1/team/members/{agent.user_id}")).status_code == 204
    await chat.inbox.until(lambda: chat.inbox.conversations[id_].get("assigned_user_id") == me)


@pytest.mark.spec(33)
@pytest.mark.parametrize("how", ["a heartbeat", "a socket"])
async def test_whoever_opens_the_panel_gets_what_waits_for_somebody_online(chat: Chat, node: Node, how: str) -> None:
    client, agent = chat.workspace.client, await people.agent(node, chat.workspace)
    assert (await client.put("/v1/inbox-config", json={"assign_only_online": True})).status_code == 200
    await client.put("/v1/me/availability", json={"is_available": False})
    rule = {"priority": 1, "condition_type": "always", "action_type": "least_busy"}
    await chat.workspace.post("/v1/auto-assignment-rules", rule)
    preview = await chat.workspace.post("/v1/auto-assignment-rules/preview", {"message": "oi"})
    left_out = {each["user_id"]: each["left_out"] for each in preview["candidates"]}
    assert left_out == {chat.workspace.user_id: "is not available", agent.user_id: "is not online"}
    id_ = (await chat.written("oi"))["conversation_id"]

    async def queued() -> bool:
        timeline = (await chat.workspace.get(f"/v1/conversations/{id_}/timeline"))["data"]
        return any(entry["type"] == "conversation.queued" for entry in timeline)

    await until(queued, "the queue")
    if how == "a heartbeat":
        headers = {"Authorization": agent.bearer}
        assert (await client.post("/v1/me/availability/heartbeat", headers=headers)).status_code == 200
        await chat.inbox.until(lambda: chat.inbox.conversations[id_].get("assigned_user_id") == agent.user_id)
    else:
        async with sockets.signed_in(node, agent.bearer.removeprefix("Bearer ")):
            await chat.inbox.until(lambda: chat.inbox.conversations[id_].get("assigned_user_id") == agent.user_id)


async def test_what_is_opened_again_goes_where_the_house_says_and_waits_for_nothing(chat: Chat, node: Node) -> None:
    client, me = chat.workspace.client, chat.workspace.user_id
    agent = await people.agent(node, chat.workspace)
    assert (await client.put("/v1/inbox-config", json={"reopen_to_assignee_hours": 0})).status_code == 200
    assert (await client.put("/v1/inbox-config", json={"reopen_to_assignee_hours": -1})).status_code == 422
    rule = {"priority": 1, "condition_type": "keyword", "condition_value": "x", "action_type": "round_robin"}
    await chat.workspace.post("/v1/auto-assignment-rules", rule)
    id_ = (await chat.written("oi"))["conversation_id"]
    await client.put("/v1/me/availability", json={"is_available": False})
    await chat.change(id_, assigned_user_id=me, status="resolved")
    await chat.written("voltei")
    await chat.inbox.until(lambda: chat.inbox.conversations[id_].get("assigned_user_id") == agent.user_id)
    entries = (await chat.workspace.get(f"/v1/conversations/{id_}/timeline"))["data"]
    [reopened] = [entry["text"] for entry in entries if entry["type"] == "conversation.reopened"]
    assert reopened == "It was opened again: the customer wrote. What is opened again goes to the queue."


async def test_room_is_kept_and_a_deleted_conversation_makes_some(chat: Chat) -> None:
    client, me = chat.workspace.client, chat.workspace.user_id
    assert (await client.put("/v1/inbox-config", json={"agent_capacity": 2})).status_code == 200
    rule = {"priority": 1, "condition_type": "always", "action_type": "least_busy"}
    await chat.workspace.post("/v1/auto-assignment-rules", rule)
    ids = [(await chat.written("oi", phone=phone))["conversation_id"] for phone in PHONES]

    def mine() -> list[int]:
        return [id_ for id_ in ids if chat.inbox.conversations.get(id_, {}).get("assigned_user_id") == me]

    await chat.inbox.until(lambda: len(mine()) == 2)
    await trio.sleep(0.2)
    assert len(mine()) == 2
    queued = next(id_ for id_ in ids if id_ not in mine())
    await client.delete(f"/v1/conversations/{mine()[0]}")
    await chat.inbox.until(lambda: queued in mine())


async def test_a_long_queue_of_one_sector_hides_no_other(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "HEAD", 1)
    client, me = chat.workspace.client, chat.workspace.user_id
    agent = await people.agent(node, chat.workspace)
    for headers in ({}, {"Authorization": agent.bearer}):
        await client.put("/v1/me/availability", json={"is_available": False}, headers=headers)
    rule = {"priority": 1, "condition_type": "always", "action_type": "round_robin"}
    await chat.workspace.post("/v1/auto-assignment-rules", rule)
    sector = await chat.workspace.post("/v1/sectors", {"name": "Vendas", "user_ids": [agent.user_id]})
    ids = [(await chat.written("oi", phone=phone))["conversation_id"] for phone in PHONES]
    for id_ in ids[:2]:
        await chat.change(id_, sector_id=sector["id"])
    await client.put("/v1/me/availability", json={"is_available": True})
    await chat.inbox.until(lambda: chat.inbox.conversations[ids[2]].get("assigned_user_id") == me)


@pytest.mark.spec(269)
@pytest.mark.spec(270)
async def test_a_restricted_agent_sees_their_own_and_nobodys(chat: Chat, node: Node) -> None:
    agent = await people.agent(node, chat.workspace)
    ids = [(await chat.written("oi", phone=phone))["conversation_id"] for phone in PHONES]
    await chat.change(ids[0], assigned_user_id=chat.workspace.user_id)
    await chat.change(ids[1], assigned_user_id=agent.user_id)
    client, headers = chat.workspace.client, {"Authorization": agent.bearer}
    assert (await client.get(f"/v1/conversations/{ids[0]}", headers=headers)).status_code == 200
    await client.put("/v1/security-config", json={"agent_restricted_to_own_conversations": True})
    listed = (await client.get("/v1/conversations", headers=headers)).json()["data"]
    assert {each["id"] for each in listed} == {ids[1], ids[2]}
    for path in ("", "/messages", "/timeline"):
        assert (await client.get(f"/v1/conversations/{ids[0]}{path}", headers=headers)).status_code == 404
    found = (await client.get("/v1/messages/search", params={"q": "oi"}, headers=headers)).json()["data"]
    assert {each["conversation_id"] for each in found} == {ids[1], ids[2]}
    assert len((await chat.workspace.get("/v1/conversations"))["data"]) == 3


async def test_a_person_takes_over_and_gives_back(chat: Chat) -> None:
    await live(chat)
    message = await chat.written("oi")
    await until(lambda: _on_screen(chat, "Como posso ajudar?\n\n1. Preços\n2. Outra coisa"), "the menu")
    path = f"/v1/conversations/{message['conversation_id']}"
    assert (await chat.workspace.post(f"{path}/take-over"))["mode"] == "human"
    await chat.written("1")
    await trio.sleep(0.5)
    assert len(await chat.screen()) == 3
    assert (await chat.workspace.post(f"{path}/give-back"))["mode"] == "idle"


@pytest.mark.spec(269)
async def test_a_restricted_agent_hears_of_their_own_and_nobodys_only(chat: Chat, node: Node) -> None:
    agent = await people.agent(node, chat.workspace)
    client, headers = chat.workspace.client, {"Authorization": agent.bearer}
    await client.put("/v1/security-config", json={"agent_restricted_to_own_conversations": True})
    ids = [(await chat.written("oi", phone=phone))["conversation_id"] for phone in PHONES]
    await chat.change(ids[0], assigned_user_id=chat.workspace.user_id)
    await chat.change(ids[1], assigned_user_id=agent.user_id)
    await chat.answer(ids[0], "segredo")
    await chat.answer(ids[1], "olá")

    async def heard(**more: object) -> list[dict[str, object]]:
        events: list[dict[str, object]] = []
        after = 0
        while True:
            query = {"after": after, "limit": 500, **more}
            answer = (await client.get("/v1/events", params=query, headers=headers)).json()
            if not answer["data"] and answer["meta"]["head"] == after:
                return events
            events += answer["data"]
            after = answer["meta"]["head"]

    events = await heard()
    about = {event["data"].get("conversation_id") for event in events}  # type: ignore[attr-defined]
    assert {ids[1], ids[2]} <= about
    told = [event for event in events if event["data"].get("conversation_id") == ids[0]]  # type: ignore[attr-defined]
    assert [event["type"] for event in told] == ["conversation.assigned"]
    assert told[0]["data"]["conversation"] == {"id": ids[0], "deleted": True}  # type: ignore[index]
    assert "segredo" not in str(events)
