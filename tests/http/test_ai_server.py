"""A conversation with a real model server behind the AI: what is sent, what is called off, what is paid."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from tests import harness
from tests.clients.ai.openai_server import OpenAIServer, busy, calling, says_tool, silent
from tests.harness import Phones
from tests.http.chat import Chat
from tests.http.inbox import Inbox
from tests.http.test_ai import with_ai
from tests.http.test_flows import until

from plixa.compose import open_node
from plixa.engine.ports import Address
from plixa.http.whatsapp import composing


@pytest.fixture
async def model(nursery: trio.Nursery) -> OpenAIServer:
    """A model that hands off whatever it is not told to answer."""
    server = OpenAIServer(default=lambda _: calling("hand_off", reason="not_grounded", note="?"))
    server.port = await nursery.start(server.run)
    return server


@pytest.fixture
async def talk(database_url: str, simulator: Phones, tmp_path: Path, model: OpenAIServer) -> AsyncIterator[Chat]:
    """A customer and the house, with that model."""
    settings = harness.settings(database_url, simulator.url, tmp_path, OPENAI_BASE_URL=model.url)
    async with open_node(settings) as node, harness.registered(node.services.public_url) as workspace:
        number = await harness.pair(workspace, simulator)
        chat = Chat(workspace, simulator, number, Inbox(workspace))
        await with_ai(chat)
        chat.node = node  # type: ignore[attr-defined]
        yield chat


async def _has(chat: Chat, words: str) -> bool:
    return any(words in text for text in await chat.screen())


async def _faq(chat: Chat) -> int:
    faqs = (await chat.workspace.get("/v1/ai-faqs"))["data"]
    return next(int(faq["id"]) for faq in faqs if "chocolate" in faq["question"])


async def test_the_models_answer_goes_out_with_its_source_and_its_cost(talk: Chat, model: OpenAIServer) -> None:
    source = f"faq:{await _faq(talk)}"
    model.will(says_tool("send_reply", text="O bolo de chocolate custa R$ 80.", sources=[source]))
    message = await talk.written("quanto custa o bolo de chocolate?")
    await until(lambda: _has(talk, "R$ 80"), "the answer")
    path = f"/v1/conversations/{message['conversation_id']}/timeline"
    entry = next(e for e in (await talk.workspace.get(path))["data"] if e["type"] == "ai.answered")
    assert (entry["details"]["sources"], entry["details"]["tokens_in"]) == ([source], 100)
    assert entry["details"]["cost_micros"] > 0


async def test_a_newer_message_calls_off_the_call_that_is_under_way(talk: Chat, model: OpenAIServer) -> None:
    model.will(silent)
    await talk.written("quanto custa")
    with trio.fail_after(10):
        while not model.asked:  # noqa: ASYNC110  # the list has no event
            await trio.sleep(0.02)
    source = f"faq:{await _faq(talk)}"
    model.will(says_tool("send_reply", text="O bolo de chocolate custa R$ 80.", sources=[source]))
    await talk.written("o bolo de chocolate?")
    with trio.fail_after(5):
        await model.hung_up.wait()
    await until(lambda: _has(talk, "R$ 80"), "the answer to both")
    assert [turn["text"] for turn in model.asked[-1].data("dialogue")][-2:] == ["quanto custa", "o bolo de chocolate?"]
    assert (await talk.screen()).count("O bolo de chocolate custa R$ 80.") == 1


async def test_the_customer_sees_somebody_typing_while_the_model_thinks(
    talk: Chat, model: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composing, "A_WHILE", 500)

    async def typing() -> bool:
        listed = (await talk.simulator.client.get("/sim/customers")).json()
        return any(phone["presence"] == "composing" for phone in listed)

    async def quiet() -> bool:
        return not await typing()

    model.will(silent)
    message = await talk.written("quanto custa o bolo?")
    await until(typing, "somebody typing")
    await talk.answer(message["conversation_id"], "Já te digo!")
    await until(quiet, "nobody typing")
    assert len(model.asked) == 1


async def test_a_person_who_answers_calls_it_off_for_good(talk: Chat, model: OpenAIServer) -> None:
    model.will(silent)
    message = await talk.written("quanto custa o bolo?")
    with trio.fail_after(10):
        while not model.asked:  # noqa: ASYNC110  # the list has no event
            await trio.sleep(0.02)
    await talk.answer(message["conversation_id"], "Já te digo!")
    with trio.fail_after(5):
        await model.hung_up.wait()
    await trio.sleep(0.5)
    assert await talk.screen() == ["quanto custa o bolo?", "Já te digo!"]


async def test_a_model_that_is_down_leaves_it_to_a_person(talk: Chat, model: OpenAIServer) -> None:
    model.will(*[busy(0.01)] * 20)
    message = await talk.written("quanto custa o bolo?")
    conversation = talk.inbox.conversations[message["conversation_id"]]
    await talk.inbox.until(lambda: conversation.get("mode") == "human", within=30)
    await until(lambda: _has(talk, "uma pessoa da nossa equipe"), "the word that a person takes over")
    assert len(await talk.screen()) == 2


async def test_what_a_call_costs_is_reserved_and_settled(talk: Chat, model: OpenAIServer) -> None:
    message = await talk.written("vocês consertam carros?")
    conversation = talk.inbox.conversations[message["conversation_id"]]
    await talk.inbox.until(lambda: conversation.get("mode") == "human")
    tenant = talk.workspace.tenant
    ledger = await talk.node.services.bus.state(Address(tenant, "ledger", tenant))  # type: ignore[attr-defined]
    assert ledger.workspace.spent > 0
    assert ledger.workspace.reserved == {}
    assert ledger.conversations[message["conversation_id"]].spent == ledger.workspace.spent
