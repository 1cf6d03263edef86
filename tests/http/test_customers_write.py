"""What customers' phones send, seen from the inbox: placeholders, contacts that were deleted, edits that overtake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trio
from tests.harness import Json
from tests.http.chat import Chat
from tests.http.webhooks import CUSTOMER, key, typed

from plixa.compose import Node
from plixa.http.whatsapp import hidden
from plixa.http.whatsapp.evolution.errors import GatewayDown
from plixa.http.whatsapp.parts import GATEWAY

DIGITS = ("٠١٢٣٤٥٦٧٨٩", "+55１１９８７６５００９９", "❺❺❺❺❺❺❺❺❺❺")


def _unreadable(chat: Chat, key_id: str, message: Json) -> Json:
    body = chat.number.message(CUSTOMER, "", key_id)
    body["data"] |= {"message": message, "messageType": next(iter(message), "unknown")}
    return body


@pytest.mark.parametrize(
    "first",
    [
        {"placeholderMessage": {"type": "MASK_LINKED_DEVICES"}},
        {},
        {"messageContextInfo": {"deviceListMetadataVersion": 2}},
        {"senderKeyDistributionMessage": {"groupId": "x"}},
        {"encCommentMessage": {"encIv": "x"}},
    ],
    ids=str,
)
async def test_the_words_take_the_place_of_their_placeholder(chat: Chat, first: Json) -> None:
    words = chat.number.message(CUSTOMER, "quero cancelar o pedido 77", "AC01")
    await chat.post(chat.number.message(CUSTOMER, "oi", "AC00"), _unreadable(chat, "AC01", first), words, words)
    message = await chat.inbox.message(evolution_message_id="AC01", body="quero cancelar o pedido 77")
    conversation_id = message["conversation_id"]
    stored = (await chat.workspace.get(f"/v1/conversations/{conversation_id}/messages"))["data"]
    assert sorted((each["type"], each["body"]) for each in stored) == [
        ("text", "oi"), ("text", "quero cancelar o pedido 77"),
    ]  # fmt: skip
    conversation = (await chat.workspace.get(f"/v1/conversations/{conversation_id}"))["data"]
    assert (conversation["unread_count"], conversation["last_message"]["body"]) == (2, "quero cancelar o pedido 77")


async def _deleted(chat: Chat) -> int:
    message = await chat.written("oi")
    conversation_id: int = message["conversation_id"]
    contact_id = (await chat.workspace.get(f"/v1/conversations/{conversation_id}"))["data"]["contact_id"]
    assert (await chat.workspace.client.delete(f"/v1/contacts/{contact_id}")).status_code == 204
    with trio.fail_after(10):
        while await _contact_of(chat, conversation_id) is not None:  # noqa: ASYNC110
            await trio.sleep(0.02)
    return conversation_id


async def _contact_of(chat: Chat, conversation_id: int) -> int | None:
    found: int | None = (await chat.workspace.get(f"/v1/conversations/{conversation_id}"))["data"]["contact_id"]
    return found


async def test_a_deleted_contact_comes_back_with_their_next_message(chat: Chat) -> None:
    conversation_id = await _deleted(chat)
    again = await chat.written("voltei")
    assert again["conversation_id"] == conversation_id
    [contact] = (await chat.workspace.get("/v1/contacts"))["data"]
    assert await _contact_of(chat, conversation_id) == contact["id"]


async def test_a_contact_made_anew_is_joined_with_their_next_message(chat: Chat) -> None:
    conversation_id = await _deleted(chat)
    made = await chat.workspace.post("/v1/contacts", {"contact_phone": CUSTOMER, "contact_name": "Ana"})
    await chat.written("voltei")
    assert await _contact_of(chat, conversation_id) == made["id"]


async def test_a_word_from_our_phone_brings_the_contact_back_too(chat: Chat) -> None:
    conversation_id = await _deleted(chat)
    await chat.post(typed(chat.number, "podemos ajudar?", "OURS"))
    assert await _contact_of(chat, conversation_id) is not None


async def test_a_send_through_the_api_brings_the_contact_back_too(chat: Chat) -> None:
    conversation_id = await _deleted(chat)
    sent = await chat.workspace.post("/v1/messages/send", {"phone": CUSTOMER, "body": "podemos ajudar?"})
    assert sent["conversation_id"] == conversation_id
    assert await _contact_of(chat, conversation_id) is not None


async def test_who_is_known_by_a_hidden_id_and_a_number_comes_back_too(chat: Chat) -> None:
    await chat.written("sou eu", addressing="lid")
    conversation_id = await _deleted(chat)
    again = await chat.written("voltei", addressing="lid")
    assert again["conversation_id"] == conversation_id
    assert await _contact_of(chat, conversation_id) is not None


def _edit(chat: Chat, text: str, at: datetime) -> Json:
    edited = {"editedMessage": {"message": {"conversation": text}}}
    data = {
        "keyId": "E",
        "remoteJid": key("E")["remoteJid"],
        "fromMe": False,
        "status": "SERVER_ACK",
        "message": edited,
    }
    when = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"event": "messages.update", "instance": chat.number.instance, "data": data, "date_time": when}


async def test_the_later_edit_stays_though_the_earlier_one_comes_after_it(chat: Chat) -> None:
    began = datetime.now(UTC) - timedelta(minutes=1)
    later, earlier = (_edit(chat, text, began + timedelta(seconds=s)) for text, s in (("v2", 9), ("v1", 3)))
    await chat.post(chat.number.message(CUSTOMER, "preço 10", "E"), later, earlier)
    message = await chat.inbox.message(evolution_message_id="E", body="v2")
    await chat.written("depois")  # nothing of the edits is on its way any more
    assert message["body"] == "v2"


@pytest.mark.parametrize("phone", DIGITS)
async def test_a_phone_has_ascii_digits_or_is_refused(chat: Chat, phone: str) -> None:
    client = chat.workspace.client
    sent = await client.post("/v1/messages/send", json={"phone": phone, "body": "oi"})
    made = await client.post("/v1/contacts", json={"contact_phone": phone})
    assert (sent.status_code, made.status_code) == (422, 422), (sent.text, made.text)


async def test_a_file_that_is_said_to_be_a_note_is_not_sent(chat: Chat) -> None:
    message = await chat.written()
    path = f"/v1/conversations/{message['conversation_id']}/media-messages"
    file = {"file": ("a.txt", b"interno", "text/plain")}
    answer = await chat.workspace.client.post(path, files=file, data={"caption": "interno", "type": "note"})
    assert answer.status_code == 422
    assert list(answer.json()["errors"][0]["details"]) == ["type"]
    assert "interno" not in str(await chat.screen())


@pytest.mark.parametrize("path", ["/v1/conversations", "/v1/contacts", "/v1/labels"])
async def test_an_unknown_query_parameter_is_refused_by_name(chat: Chat, path: str) -> None:
    answer = await chat.workspace.client.get(path, params={"statuss": "open"})
    assert answer.status_code == 422
    assert list(answer.json()["errors"][0]["details"]) == ["statuss"]


async def test_a_number_of_the_workspaces_country_is_one_persons_however_it_is_given(chat: Chat) -> None:
    added = await chat.workspace.post("/v1/contacts", {"contact_phone": "11987650020"})
    assert added["contact_phone"] == "5511987650020"
    for phone in ("011987650020", "01511987650020", "005511987650020", "551187650020", "+5511987650020"):
        answer = await chat.workspace.client.post("/v1/contacts", json={"contact_phone": phone})
        assert answer.json()["data"]["id"] == added["id"]
    sent = await chat.workspace.post("/v1/messages/send", {"phone": "11987650020", "body": "Olá"})
    conversation = (await chat.workspace.get(f"/v1/conversations/{sent['conversation_id']}"))["data"]
    assert (conversation["contact_id"], conversation["contact_phone"]) == (added["id"], "5511987650020")
    for q in ("011 98765-0020", "１１ 98765\u20110020", "(11) 8765-0020"):
        assert [each["id"] for each in (await chat.workspace.get("/v1/contacts", q=q))["data"]] == [added["id"]]
        found = (await chat.workspace.get("/v1/conversations", q=q))["data"]
        assert [each["id"] for each in found] == [sent["conversation_id"]]


@pytest.mark.parametrize("first_from_us", [False, True])
async def test_who_wrote_under_a_hidden_id_goes_on_in_the_same_conversation_by_number(
    chat: Chat, first_from_us: bool
) -> None:
    first = await chat.write("oi", addressing="lid_only", from_me=first_from_us)
    before = await chat.inbox.message(evolution_message_id=first["key"]["id"])
    after = await chat.written("sou eu", addressing="lid")
    assert after["conversation_id"] == before["conversation_id"]
    conversation = (await chat.workspace.get(f"/v1/conversations/{before['conversation_id']}"))["data"]
    [contact] = (await chat.workspace.get("/v1/contacts"))["data"]
    assert (contact["id"], contact["contact_phone"]) == (conversation["contact_id"], CUSTOMER)
    assert conversation["contact_phone"] == CUSTOMER
    await chat.inbox.agrees()


async def test_a_number_is_taken_by_itself_where_the_gateway_cannot_be_asked(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def away(_instance: str, *, key_id: str, **_: Any) -> Any:
        asked.append(key_id)
        if len(asked) == 1:
            raise GatewayDown("It is away.")
        await trio.sleep_forever()

    monkeypatch.setattr(node.services[GATEWAY], "find_messages", away)
    monkeypatch.setattr(hidden, "PATIENCE", 0.05)
    for phone in ("5511987650001", "5511987650002"):
        message = await chat.written("sou eu", phone=phone, addressing="lid")
        again = await chat.written("de novo", phone=phone, addressing="lid")
        assert message["conversation_id"] == again["conversation_id"]
    assert len(asked) == 2  # once a number


async def test_what_is_blank_is_not_sent(chat: Chat) -> None:
    message = await chat.written("oi")
    path = f"/v1/conversations/{message['conversation_id']}/messages"
    for blank in ("   ", "\u200b", "\u00a0\n"):
        for where, body in ((path, {"body": blank}), ("/v1/messages/send", {"phone": CUSTOMER, "body": blank})):
            answer = await chat.workspace.client.post(where, json=body)
            assert (answer.status_code, list(answer.json()["errors"][0]["details"])) == (422, ["body"])


async def test_an_event_starts_by_the_workspaces_clock(chat: Chat) -> None:
    regional = {"timezone": "America/Sao_Paulo", "locale": "en", "currency": "BRL"}
    await chat.workspace.put("/v1/workspace-config", regional)
    event = {"eventMessage": {"name": "Visita", "startTime": 1767699960, "location": {"name": "Loja"}}}
    await chat.post(_unreadable(chat, "EVENT", event))
    message = await chat.inbox.message(evolution_message_id="EVENT")
    assert message["body"] == "Event: Visita, 2026-01-06 08:46 -03, Loja"
