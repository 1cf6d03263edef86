"""A flow from its first draft to a customer who walks through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
from tests.harness import Json
from tests.http import people
from tests.http.chat import Chat

from plixa.compose import Node

GRAPH: Json = {
    "nodes": [
        {"id": "s", "type": "start", "data": {"trigger": "first_message"}},
        {
            "id": "m",
            "type": "menu",
            "data": {
                "text": "Como posso ajudar?",
                "options": [{"id": "a", "label": "Preços"}, {"id": "b", "label": "Outra coisa"}],
            },
        },
        {"id": "p", "type": "end", "data": {"text": "O bolo custa 30 reais.", "resolve": True}},
        {"id": "h", "type": "handoff", "data": {"text": "Já chamo alguém."}},
    ],
    "edges": [
        {"id": "1", "source": "s", "target": "m"},
        {"id": "2", "source": "m", "target": "p", "condition": "a"},
        {"id": "3", "source": "m", "target": "h", "condition": "b"},
    ],
}


async def until(found: Callable[[], Any], what: str) -> Any:
    """Wait for a truth; returns it."""
    with trio.move_on_after(15):
        while not (truth := await found()):  # noqa: ASYNC110  # a screen has no event
            await trio.sleep(0.05)
        return truth
    raise AssertionError(f"never: {what}")


async def live(chat: Chat, definition: Json = GRAPH, **settings: Any) -> Json:
    """A published, enabled flow."""
    workspace = chat.workspace
    assert (await workspace.client.put("/v1/inbox-config", json={"quiet_seconds": 0.2})).status_code == 200
    made = await workspace.post("/v1/flows", {"name": "Recepção", "draft_definition": definition, **settings})
    await workspace.post(f"/v1/flows/{made['id']}/publish")
    flow: Json = await workspace.post(f"/v1/flows/{made['id']}/toggle", {"enabled": True})
    return flow


@pytest.mark.spec(160)
async def test_a_customer_walks_through_a_flow(chat: Chat) -> None:
    await live(chat)
    first = await chat.written("oi")
    await until(lambda: _has(chat, "Como posso ajudar?\n\n1. Preços\n2. Outra coisa"), "the menu")
    await chat.write("1", phone="5511987650001")
    await until(lambda: _has(chat, "O bolo custa 30 reais."), "the end")
    found = (await chat.workspace.get(f"/v1/conversations/{first['conversation_id']}"))["data"]
    assert found["status"] == "resolved"
    timeline = (await chat.workspace.get(f"/v1/conversations/{first['conversation_id']}/timeline"))["data"]
    assert any("Recepção" in entry["text"] for entry in timeline)


async def _has(chat: Chat, text: str) -> bool:
    return text in await chat.screen()


@pytest.mark.spec(160)
async def test_a_flow_hands_off_and_a_person_finds_the_summary(chat: Chat) -> None:
    flow = await live(chat)
    first = await chat.written("oi")
    await until(lambda: _has(chat, "Como posso ajudar?\n\n1. Preços\n2. Outra coisa"), "the menu")
    await chat.write("outra coisa")
    await until(lambda: _has(chat, "Já chamo alguém."), "the hand-off")
    conversation = chat.inbox.conversations[first["conversation_id"]]
    await chat.inbox.until(lambda: conversation.get("mode") == "human")
    messages = (await chat.workspace.get(f"/v1/conversations/{first['conversation_id']}/messages"))["data"]
    assert [message["type"] for message in messages].count("note") == 1
    await _is_told_of(chat, flow["id"], first["conversation_id"])


async def _is_told_of(chat: Chat, flow_id: int, conversation_id: int) -> None:
    """The steps, which the messages' events say, are in reports, in the timeline, and known to a check of the past."""
    timeline = (await chat.workspace.get(f"/v1/conversations/{conversation_id}/timeline"))["data"]
    steps = [entry for entry in timeline if entry["type"] == "flow.stepped"]
    assert [step["details"].get("ended") for step in steps] == [None, "handed_over"]
    assert [entry["type"] for entry in timeline].count("answer.planned") == 2
    [row] = (await chat.workspace.get("/v1/reports/flows"))["data"]["rows"]
    assert (row["flow_id"], row["conversations"], row["handed_over"]) == (flow_id, 1, 1)
    handed = (await chat.workspace.get("/v1/reports/handoffs"))["data"]["rows"]
    assert [(each["by"], each["reason"]) for each in handed] == [("flow", f"flow {flow_id}")]
    await chat.workspace.put(
        "/v1/inbox-config", {"quiet_seconds": 0}
    )  # both were written within it, and answered apart
    report = await chat.workspace.post(f"/v1/flows/{flow_id}/check", {"conversations": 10})
    assert report["counts"] == {"same": 1}


@pytest.mark.spec(162)
async def test_a_draft_does_not_touch_what_is_live(chat: Chat) -> None:
    flow = await live(chat)
    changed = {
        **GRAPH,
        "nodes": [
            *GRAPH["nodes"][:1],
            {**GRAPH["nodes"][1], "data": {**GRAPH["nodes"][1]["data"], "text": "Novo?"}},
            *GRAPH["nodes"][2:],
        ],
    }
    answer = await chat.workspace.client.put(f"/v1/flows/{flow['id']}", json={"draft_definition": changed})
    assert answer.json()["data"]["has_unpublished_changes"] is True
    await chat.written("oi")
    await until(lambda: _has(chat, "Como posso ajudar?\n\n1. Preços\n2. Outra coisa"), "the live menu")


@pytest.mark.spec(163)
async def test_publishing_names_every_node_that_is_wrong(chat: Chat) -> None:
    broken = {"nodes": [*GRAPH["nodes"][:2], {"id": "x", "type": "end", "data": {}}], "edges": GRAPH["edges"][:1]}
    made = await chat.workspace.post("/v1/flows", {"name": "Rascunho", "draft_definition": broken})
    assert {problem["node_id"] for problem in made["problems"]} >= {"m", "x"}
    answer = await chat.workspace.client.post(f"/v1/flows/{made['id']}/publish")
    assert answer.status_code == 422
    details = answer.json()["errors"][0]["details"]
    assert {"nodes.m.edges.a", "nodes.m.edges.b", "nodes.x.id"} <= details.keys()


@pytest.mark.spec(164)
@pytest.mark.spec(165)
async def test_one_reception_at_a_time_and_only_what_is_published(chat: Chat) -> None:
    one = await live(chat)
    made = await chat.workspace.post("/v1/flows", {"name": "Segunda", "draft_definition": GRAPH})
    refused = await chat.workspace.client.post(f"/v1/flows/{made['id']}/toggle", json={"enabled": True})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "FLOW_NOT_PUBLISHED")
    await chat.workspace.post(f"/v1/flows/{made['id']}/publish")
    await chat.workspace.post(f"/v1/flows/{made['id']}/toggle", {"enabled": True})
    assert (await chat.workspace.get(f"/v1/flows/{one['id']}"))["data"]["enabled"] is False


@pytest.mark.spec(159)
async def test_flows_are_the_owners(chat: Chat, node: Node) -> None:
    flow = await live(chat)
    agent = await people.agent(node, chat.workspace)
    headers = {"Authorization": agent.bearer}
    client = chat.workspace.client
    assert (await client.get("/v1/flows", headers=headers)).status_code == 200
    for method, path in (
        ("POST", "/v1/flows"),
        ("PUT", f"/v1/flows/{flow['id']}"),
        ("DELETE", f"/v1/flows/{flow['id']}"),
        ("POST", f"/v1/flows/{flow['id']}/publish"),
        ("POST", f"/v1/flows/{flow['id']}/toggle"),
    ):
        answer = await client.request(method, path, json={"name": "x", "enabled": True}, headers=headers)
        assert answer.status_code == 403, path


@pytest.mark.spec(161)
async def test_the_limits_of_a_flow(chat: Chat) -> None:
    body = {"name": "x", "reprompt_after_minutes": 1441, "close_after_minutes": 10081, "reprompt_message": "x" * 501}
    answer = await chat.workspace.client.post("/v1/flows", json=body)
    assert answer.status_code == 422
    assert set(answer.json()["errors"][0]["details"]) == body.keys() - {"name"}


async def test_a_dialogue_against_the_draft_shows_each_step(chat: Chat) -> None:
    made = await chat.workspace.post("/v1/flows", {"name": "Rascunho", "draft_definition": GRAPH})
    played = await chat.workspace.post(f"/v1/flows/{made['id']}/simulate", {"steps": [{"say": "oi"}, {"say": "1"}]})
    assert played["ended"] == "resolved"
    assert [step["said"] for step in played["steps"]] == [
        ["Como posso ajudar?\n\n1. Preços\n2. Outra coisa"],
        ["O bolo custa 30 reais."],
    ]
    assert await chat.screen() == []


async def test_a_draft_is_held_against_what_customers_wrote(chat: Chat) -> None:
    await chat.written("oi")
    await chat.written("preços")
    made = await chat.workspace.post("/v1/flows", {"name": "Rascunho", "draft_definition": GRAPH})
    report = await chat.workspace.post(f"/v1/flows/{made['id']}/check", {"conversations": 10})
    assert report["conversations"] == 1
    assert sum(report["counts"].values()) == 1


@pytest.mark.spec(102)
async def test_closed_hours_answer_instead(chat: Chat) -> None:
    await live(chat)
    week = [{"open": "09:00", "close": "18:00", "enabled": False}] * 6 + [
        {"open": "03:00", "close": "03:01", "enabled": True}
    ]
    body = {"enabled": True, "hours": week, "message": "Estamos fechados."}
    assert (await chat.workspace.client.put("/v1/business-hours-config", json=body)).status_code == 200
    await chat.written("oi")
    await chat.written("alguém?")
    await until(lambda: _has(chat, "Estamos fechados."), "the closed message")
    await trio.sleep(0.5)
    assert (await chat.screen()).count("Estamos fechados.") == 1
    assert not any("Como posso" in text for text in await chat.screen())
    for enabled in (False, True):
        await chat.workspace.client.put("/v1/business-hours-config", json={**body, "enabled": enabled})
        await trio.sleep(0.2)
    await chat.written("e agora?")
    await until(lambda: _twice(chat, "Estamos fechados."), "it opened in between: this closing is told as well")


async def _twice(chat: Chat, text: str) -> bool:
    return (await chat.screen()).count(text) == 2


BY_PLAN: Json = {
    "nodes": [
        {"id": "s", "type": "start", "data": {"trigger": "first_message"}},
        {"id": "c", "type": "condition", "data": {"rules": [{"field": "plan", "op": "is", "value": "Gold"}]}},
        {"id": "g", "type": "end", "data": {"text": "Seu plano: {{plan}}."}},
        {"id": "n", "type": "end", "data": {"text": "Sem plano."}},
    ],
    "edges": [
        {"id": "1", "source": "s", "target": "c"},
        {"id": "2", "source": "c", "target": "g", "condition": "true"},
        {"id": "3", "source": "c", "target": "n", "condition": "false"},
    ],
}


async def test_a_flow_knows_what_the_address_book_has_of_the_contact(chat: Chat) -> None:
    message = await chat.written("oi")
    conversation = (await chat.workspace.get(f"/v1/conversations/{message['conversation_id']}"))["data"]
    field = await chat.workspace.post("/v1/custom-field-definitions", {"name": "Plano", "key": "plan", "type": "text"})
    path = f"/v1/contacts/{conversation['contact_id']}/custom-fields"
    answer = await chat.workspace.client.put(path, json={"values": {str(field["id"]): "Gold"}})
    assert answer.status_code == 200, answer.text
    await live(chat, BY_PLAN)
    await chat.written("oi de novo")
    await until(lambda: _has(chat, "Seu plano: Gold."), "the stored value")
