"""A POST that is repeated, and the Messages API, which is where that matters most."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import trio
from tests.harness import Workspace
from tests.http.chat import Chat
from tests.http.people import token
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER

from plixa.compose import Node
from plixa.http.simulator import samples

SEND = "/v1/messages/send"


async def _post(chat: Chat, path: str, body: Any, key: str | None = None, **more: str) -> httpx.Response:
    headers = {**({"Idempotency-Key": key} if key is not None else {}), **more}
    return await chat.workspace.client.post(path, json=body, headers=headers)


def _code(answer: httpx.Response) -> str:
    code: str = answer.json()["errors"][0]["code"]
    return code


# -- the key ----------------------------------------------------------------------------------------------------------


async def test_the_same_key_and_body_give_the_first_answer_again(chat: Chat) -> None:
    path = f"/v1/conversations/{(await chat.written())['conversation_id']}/messages"
    first = await _post(chat, path, {"body": "uma vez"}, "k-1")
    again = await _post(chat, path, {"body": "uma vez"}, "k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    await chat.ticked(first.json()["data"]["id"], "delivered")
    assert await chat.screen() == ["Bom dia!", "uma vez"]


async def test_the_same_key_with_another_body_is_refused(chat: Chat) -> None:
    path = f"/v1/conversations/{(await chat.written())['conversation_id']}/messages"
    await _post(chat, path, {"body": "uma"}, "k-1")
    answer = await _post(chat, path, {"body": "outra"}, "k-1")
    assert (answer.status_code, _code(answer)) == (409, "IDEMPOTENCY_KEY_REUSED")
    await chat.inbox.stays()
    assert chat.inbox.having(body="outra") == []


async def test_the_same_key_on_another_route_or_for_another_caller_is_another_key(
    chat: Chat, neighbour: Workspace
) -> None:
    first, second = await chat.written(), await chat.written(phone="5511987650002")
    ids = set()
    for conversation_id in (first["conversation_id"], second["conversation_id"]):
        answer = await _post(chat, f"/v1/conversations/{conversation_id}/messages", {"body": "oi"}, "k-1")
        ids.add(answer.json()["data"]["id"])
    assert len(ids) == 2
    path = f"/v1/conversations/{first['conversation_id']}/messages"
    answer = await neighbour.client.post(path, json={"body": "oi"}, headers={"Idempotency-Key": "k-1"})
    assert answer.status_code == 404


async def test_many_at_once_with_the_same_key_make_exactly_one_message(chat: Chat) -> None:
    path = f"/v1/conversations/{(await chat.written())['conversation_id']}/messages"
    answers: list[httpx.Response] = []

    async def send() -> None:
        answers.append(await _post(chat, path, {"body": "só uma"}, "k-1"))

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(send)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    await chat.ticked(answers[0].json()["data"]["id"], "delivered")
    assert await chat.screen() == ["Bom dia!", "só uma"]


async def test_a_key_must_be_one_line_of_printable_characters(chat: Chat) -> None:
    path = f"/v1/conversations/{(await chat.written())['conversation_id']}/messages"
    for key in ("", "x" * 256, "a\tb"):
        answer = await _post(chat, path, {"body": "oi"}, key)
        assert (answer.status_code, list(answer.json()["errors"][0]["details"])) == (422, ["Idempotency-Key"]), key
    assert (await _post(chat, path, {"body": "oi"}, "x" * 255)).status_code == 201


async def test_a_refused_request_leaves_its_key_free(chat: Chat) -> None:
    path = f"/v1/conversations/{(await chat.written())['conversation_id']}/messages"
    assert (await _post(chat, path, {"body": ""}, "k-1")).status_code == 422
    assert (await _post(chat, path, {"body": "agora sim"}, "k-1")).status_code == 201


async def test_an_upload_is_repeated_safely_too(chat: Chat) -> None:
    path = f"/v1/conversations/{(await chat.written())['conversation_id']}/media-messages"
    answers = []
    for data in (samples.photo(), samples.photo(), samples.document()):
        headers = {"Idempotency-Key": "k-1"}
        answers.append(await chat.workspace.client.post(path, files={"file": ("a.jpg", data)}, headers=headers))
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[0].content == answers[1].content


async def test_what_is_kept_of_an_answer_is_sealed(chat: Chat, tables: Tables) -> None:
    path = f"/v1/conversations/{(await chat.written())['conversation_id']}/messages"
    await _post(chat, path, {"body": "segredo nosso"}, "k-1")
    [row] = await tables.rows("select body from answers")
    assert b"segredo" not in row["body"]


# -- the Messages API -------------------------------------------------------------------------------------------------


@pytest.mark.spec(179)
@pytest.mark.spec(182)
@pytest.mark.spec(183)
async def test_an_integration_sends_to_a_new_phone(chat: Chat, node: Node) -> None:
    bearer = await token(node, chat.workspace, ["write"])
    answer = await _post(chat, SEND, {"phone": f"+{CUSTOMER}", "body": "Seu pedido saiu"}, Authorization=bearer)
    assert answer.status_code == 201, answer.text
    sent = answer.json()["data"]
    assert (sent["direction"], sent["author"]["kind"]) == ("outbound", "api")
    await chat.ticked(sent["id"], "delivered")
    assert chat.inbox.conversations[sent["conversation_id"]]["contact_phone"] == CUSTOMER
    assert await chat.screen() == ["Seu pedido saiu"]
    await chat.inbox.agrees()


@pytest.mark.spec(182)
async def test_it_goes_on_in_the_conversation_that_there_is_and_reopens_it(chat: Chat) -> None:
    message = await chat.written()
    await chat.change(message["conversation_id"], status="resolved")
    answer = await _post(chat, SEND, {"phone": CUSTOMER, "body": "Chegou?"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"]["conversation_id"] == message["conversation_id"]
    await chat.inbox.until(lambda: chat.inbox.conversations[message["conversation_id"]]["status"] == "open")
    await chat.inbox.agrees()


@pytest.mark.spec(184)
async def test_phone_and_body_are_checked_together(chat: Chat) -> None:
    answer = await _post(chat, SEND, {"phone": "12-34", "body": "x" * 4097})
    assert (answer.status_code, set(answer.json()["errors"][0]["details"])) == (422, {"phone", "body"})
    answer = await _post(chat, SEND, {})
    assert set(answer.json()["errors"][0]["details"]) == {"phone", "body"}


@pytest.mark.spec(181)
async def test_without_a_connected_number_nothing_can_be_sent(chat: Chat, neighbour: Workspace) -> None:
    answer = await neighbour.client.post(SEND, json={"phone": CUSTOMER, "body": "oi"})
    assert (answer.status_code, _code(answer)) == (409, "NO_CONNECTED_NUMBER")


async def test_a_phone_that_is_not_on_whatsapp_fails_with_a_reason(chat: Chat) -> None:
    await chat.simulator.client.put("/sim/customers/5511987650009", json={"exists": False})
    sent = (await _post(chat, SEND, {"phone": "5511987650009", "body": "Alô?"})).json()["data"]
    assert (await chat.ticked(sent["id"], "failed"))["error"]
    await chat.inbox.agrees()


async def test_many_first_messages_to_one_phone_at_once_make_one_conversation(chat: Chat) -> None:
    sent: list[int] = []

    async def send(n: int) -> None:
        sent.append((await _post(chat, SEND, {"phone": CUSTOMER, "body": f"{n}"})).json()["data"]["conversation_id"])

    async with trio.open_nursery() as nursery:
        for n in range(6):
            nursery.start_soon(send, n)
    assert len(set(sent)) == 1
    await chat.inbox.until(lambda: len(chat.inbox.having(status="delivered")) == 6)
    assert sorted(await chat.screen()) == [str(n) for n in range(6)]
