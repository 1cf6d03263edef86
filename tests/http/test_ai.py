"""The AI in conversations and for the people of the house, with the answerer that needs no key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.harness import Json
from tests.http.chat import Chat
from tests.http.test_flows import GRAPH, until

from plixa.compose import Node
from plixa.http.ai.client.embedded import EmbeddedAnswerer
from plixa.http.ai.parts import ANSWERER
from plixa.http.api import auth

FAQS = (
    ("Vocês entregam em casa?", "Sim, entregamos em casa até as 18h."),
    ("Quanto custa o bolo de chocolate?", "O bolo de chocolate custa R$ 80."),
)


async def with_ai(chat: Chat) -> None:
    """The AI is on and knows two things."""
    client = chat.workspace.client
    await client.put("/v1/workspace-config", json={"timezone": "UTC", "locale": "pt-BR", "currency": "BRL"})
    await client.put("/v1/inbox-config", json={"quiet_seconds": 0.2})
    await client.put("/v1/ai-config", json={"prompt": "Uma padaria em São Paulo.", "enabled": True})
    for question, answer in FAQS:
        await chat.workspace.post("/v1/ai-faqs", {"question": question, "answer": answer})


async def _has(chat: Chat, words: str) -> bool:
    return any(words in text for text in await chat.screen())


async def test_a_question_that_the_faqs_answer_is_answered(chat: Chat) -> None:
    await with_ai(chat)
    message = await chat.written("quanto custa o bolo de chocolate?")
    await until(lambda: _has(chat, "R$ 80"), "the answer")
    path = f"/v1/conversations/{message['conversation_id']}"
    assert (await chat.workspace.get(path))["data"]["mode"] == "ai"
    timeline = (await chat.workspace.get(f"{path}/timeline"))["data"]
    answered = next(entry for entry in timeline if entry["type"] == "ai.answered")
    assert answered["details"]["model"] == "embedded"
    assert [source.partition(":")[0] for source in answered["details"]["sources"]] == ["faq"]


async def test_what_it_does_not_know_it_leaves_to_a_person(chat: Chat) -> None:
    await with_ai(chat)
    message = await chat.written("vocês consertam máquinas de lavar?")
    conversation = chat.inbox.conversations[message["conversation_id"]]
    await until(lambda: _has(chat, "uma pessoa da nossa equipe"), "the word that a person takes over")
    await chat.inbox.until(lambda: conversation.get("mode") == "human")
    assert len(await chat.screen()) == 2


@pytest.mark.spec(5)
@pytest.mark.spec(7)
@pytest.mark.spec(8)
@pytest.mark.spec(9)
async def test_a_preview_sends_nothing_and_has_its_limits(chat: Chat) -> None:
    await with_ai(chat)
    workspace = chat.workspace
    shown = await workspace.post("/v1/ai/preview", {"prompt": "Uma padaria.", "message": "vocês entregam?"})
    assert "entregamos" in shown["reply"]
    said = [{"role": "user", "content": "oi"}, {"role": "assistant", "content": "olá"}]
    refused: tuple[Json, ...] = (
        {"message": "oi"},
        {"prompt": "x"},
        {"prompt": "x" * 4001, "message": "oi"},
        {"prompt": "x", "message": "x" * 1001},
        {"prompt": "x", "history": said},
        {"prompt": "x", "history": [said[0]] * 21},
        {"prompt": "x", "history": [{"role": "system", "content": "oi"}]},
    )
    for body in refused:
        assert (await workspace.client.post("/v1/ai/preview", json=body)).status_code == 422, body
    statuses = [
        (await workspace.client.post("/v1/ai/preview", json={"prompt": "x", "message": "oi"})).status_code
        for _ in range(10)
    ]
    assert statuses.count(429) >= 1
    assert statuses[0] == 200
    assert await chat.screen() == []


@pytest.mark.spec(10)
async def test_suggestions_are_three_and_all_different(chat: Chat) -> None:
    await with_ai(chat)
    await chat.workspace.client.put("/v1/ai-config", json={"prompt": "Uma padaria.", "enabled": False})
    message = await chat.written("vocês entregam em casa?")
    path = f"/v1/conversations/{message['conversation_id']}/ai-suggestions"
    made = await chat.workspace.post(path)
    assert len(set(made["suggestions"])) == 3
    assert len(await chat.screen()) == 1


@pytest.mark.spec(168)
@pytest.mark.spec(169)
@pytest.mark.spec(171)
@pytest.mark.spec(172)
async def test_a_summary_is_kept_until_there_is_a_new_message(chat: Chat) -> None:
    await with_ai(chat)
    await chat.workspace.client.put("/v1/ai-config", json={"prompt": "Uma padaria.", "enabled": False})
    message = await chat.written("vocês entregam em casa?")
    path = f"/v1/conversations/{message['conversation_id']}/summary"
    assert [(await chat.workspace.post(path))["cached"] for _ in range(2)] == [False, True]
    assert (await chat.workspace.post(f"{path}?refresh=1"))["cached"] is False
    await chat.written("até que horas?")
    assert (await chat.workspace.post(path))["cached"] is False
    assert len(await chat.screen()) == 2


@pytest.mark.spec(158)
async def test_opening_hours_are_read_out_of_a_text(chat: Chat) -> None:
    text = "Segunda a sexta das 8h às 18h, sábado das 9h às 13h."
    found = await chat.workspace.post("/v1/ai/extract-business-hours", {"prompt": text})
    assert found["found"] is True
    assert found["hours"][1] == {"open": "08:00", "close": "18:00", "enabled": True}
    assert found["hours"][0]["enabled"] is False
    body = {"enabled": True, "hours": found["hours"]}
    assert (await chat.workspace.client.put("/v1/business-hours-config", json=body)).status_code == 200


@pytest.mark.spec(17)
async def test_a_description_is_improved(chat: Chat) -> None:
    made = await chat.workspace.post("/v1/ai/improve-prompt", {"prompt": "somos uma padaria"})
    assert "padaria" in made["prompt"]
    assert made["missing"]
    assert (await chat.workspace.client.post("/v1/ai/improve-prompt", json={"prompt": ""})).status_code == 422


async def test_a_message_is_shortened_by_any_member(chat: Chat) -> None:
    made = await chat.workspace.post("/v1/ai/shorten", {"text": "Já vai sair. Um momento. Já vai sair."})
    assert made["text"] == "Já vai sair. Um momento."
    assert (await chat.workspace.client.post("/v1/ai/shorten", json={"text": ""})).status_code == 422


@pytest.mark.spec(166)
@pytest.mark.spec(167)
async def test_a_flow_is_built_from_a_wish_or_refused(chat: Chat) -> None:
    flow = await chat.workspace.post("/v1/flows", {"name": "x", "draft_definition": GRAPH})
    path = f"/v1/flows/{flow['id']}/ai-build"
    wish = "Quero uma recepção que cumprimenta, pergunta o nome e passa para um atendente"
    built = await chat.workspace.post(path, {"history": [{"role": "user", "content": wish}]})
    assert built["flow"]["problems"] == []
    ends = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
    for body in ({"history": ends}, {"history": []}, {"history": [ends[0]] * 31}):
        assert (await chat.workspace.client.post(path, json=body)).status_code == 422


@pytest.mark.spec(6)
@pytest.mark.spec(11)
@pytest.mark.spec(13)
@pytest.mark.spec(170)
async def test_the_ai_comes_with_the_plan(chat: Chat, node: Node, monkeypatch: Any) -> None:
    assert isinstance(node.services[ANSWERER], EmbeddedAnswerer)
    message = await chat.written("oi")
    monkeypatch.setattr(auth, "idle_since", lambda _: None)  # nobody signs in anew meanwhile
    after_the_trial = node.services.clock.now() + timedelta(days=15)
    monkeypatch.setattr(node.services.clock, "now", lambda: after_the_trial)
    for method, path, body in (
        ("PUT", "/v1/ai-config", {"prompt": "x", "enabled": True}),
        ("POST", "/v1/ai/preview", {"prompt": "x", "message": "oi"}),
        ("POST", f"/v1/conversations/{message['conversation_id']}/ai-suggestions", {}),
        ("POST", f"/v1/conversations/{message['conversation_id']}/summary", {}),
    ):
        answer = await chat.workspace.client.request(method, path, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "AI_PLAN_REQUIRED"), path


@pytest.mark.spec(12)
async def test_clicking_again_and_again_is_slowed_down(chat: Chat) -> None:
    message = await chat.written("vocês entregam em casa?")
    path = f"/v1/conversations/{message['conversation_id']}/ai-suggestions"
    answers = [await chat.workspace.client.post(path) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.mark.spec(14)
async def test_the_description_is_asked_for_and_bounded(chat: Chat) -> None:
    client = chat.workspace.client
    refused: dict[str, Json] = {
        "prompt": {"enabled": True},
        "enabled": {"prompt": "Uma padaria."},
    }
    for field, body in refused.items():
        answer = await client.put("/v1/ai-config", json=body)
        assert (answer.status_code, list(answer.json()["errors"][0]["details"])) == (422, [field])
    for length, status in ((4000, 200), (4001, 422)):
        body = {"prompt": "x" * length, "enabled": True}
        assert (await client.put("/v1/ai-config", json=body)).status_code == status
    kept = (await chat.workspace.get("/v1/ai-config"))["data"]
    assert (len(kept["prompt"]), kept["enabled"]) == (4000, True)


@pytest.mark.spec(15)
async def test_a_question_and_its_answer_are_asked_for_and_bounded(chat: Chat) -> None:
    made = await chat.workspace.post("/v1/ai-faqs", {"question": "q" * 280, "answer": "a" * 2000})
    refused: tuple[tuple[str, Json], ...] = (
        ("question", {"answer": "a"}),
        ("answer", {"question": "q"}),
        ("question", {"question": "q" * 281, "answer": "a"}),
        ("answer", {"question": "q", "answer": "a" * 2001}),
    )
    for method, path in (("POST", "/v1/ai-faqs"), ("PUT", f"/v1/ai-faqs/{made['id']}")):
        for field, body in refused:
            answer = await chat.workspace.client.request(method, path, json=body)
            assert (answer.status_code, list(answer.json()["errors"][0]["details"])) == (422, [field]), (method, body)


@pytest.mark.spec(16)
async def test_questions_stand_in_the_order_of_the_ids(chat: Chat) -> None:
    ids = [(await chat.workspace.post("/v1/ai-faqs", {"question": q, "answer": "a"}))["id"] for q in "abc"]
    wanted = [ids[2], ids[0], ids[1]]
    answer = await chat.workspace.client.post("/v1/ai-faqs/reorder", json={"ids": wanted})
    assert answer.status_code in (200, 204), answer.text
    assert [each["id"] for each in (await chat.workspace.get("/v1/ai-faqs"))["data"]] == wanted
