"""The way of a message, in and out: what the customer and the house see of it, and what comes back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.harness import Json, Number, Phones, Workspace
from tests.http.inbox import Inbox

CUSTOMER = "5511987650001"


async def _written(simulator: Phones, number: Number, inbox: Inbox, text: str = "Bom dia!") -> Json:
    """A customer writes; returns the message as the inbox has it."""
    record = await simulator.write(number, CUSTOMER, text, name="Bia")
    return await inbox.message(evolution_message_id=record["key"]["id"])


async def _answered(workspace: Workspace, conversation_id: int, text: str, **fields: object) -> Json:
    answer: Json = await workspace.post(f"/v1/conversations/{conversation_id}/messages", {"body": text, **fields})
    return answer


async def _ticked(inbox: Inbox, message_id: int, status: str) -> None:
    await inbox.until(lambda: inbox.messages.get(message_id, {}).get("status") == status)


async def _on_screen(simulator: Phones, text: str) -> Json:
    return next(bubble for bubble in await simulator.screen(CUSTOMER) if bubble["text"] == text)


# -- in ---------------------------------------------------------------------------------------------------------------


async def test_what_a_customer_writes_is_a_message_in_a_conversation(
    simulator: Phones, number: Number, inbox: Inbox
) -> None:
    message = await _written(simulator, number, inbox)
    assert (message["direction"], message["type"], message["body"]) == ("inbound", "text", "Bom dia!")
    assert (message["status"], message["author"]["kind"]) == ("received", "contact")
    conversation = inbox.conversations[message["conversation_id"]]
    assert (conversation["contact_phone"], conversation["contact_name"]) == (CUSTOMER, "Bia")
    assert (conversation["status"], conversation["unread_count"]) == ("open", 1)
    assert conversation["last_message"]["id"] == message["id"]
    await inbox.agrees()


async def test_a_customer_keeps_one_conversation(simulator: Phones, number: Number, inbox: Inbox) -> None:
    first = await _written(simulator, number, inbox, "one")
    second = await _written(simulator, number, inbox, "two")
    assert first["conversation_id"] == second["conversation_id"]
    assert inbox.conversations[first["conversation_id"]]["unread_count"] == 2
    await inbox.agrees()


async def test_what_is_not_text_arrives_too(simulator: Phones, number: Number, inbox: Inbox) -> None:
    for kind in ("location", "contact", "sticker"):
        await simulator.write(number, CUSTOMER, type=kind)
        await inbox.message(type=kind)
    await inbox.agrees()


async def test_a_quote_of_the_customer_points_to_the_message(
    workspace: Workspace, simulator: Phones, number: Number, inbox: Inbox
) -> None:
    first = await _written(simulator, number, inbox)
    reply = await _answered(workspace, first["conversation_id"], "Pois não?")
    await _ticked(inbox, reply["id"], "delivered")
    key = inbox.messages[reply["id"]]["evolution_message_id"]
    await simulator.write(number, CUSTOMER, "Isso mesmo", quoted=key)
    assert (await inbox.message(body="Isso mesmo"))["quoted_message_id"] == reply["id"]


async def test_marking_as_read_gives_the_customer_blue_ticks(
    workspace: Workspace, simulator: Phones, number: Number, inbox: Inbox
) -> None:
    message = await _written(simulator, number, inbox)
    shown = await workspace.post(f"/v1/conversations/{message['conversation_id']}/read")
    assert shown["unread_count"] == 0
    while (await _on_screen(simulator, "Bom dia!"))["status"] != "READ":
        await inbox.poll(1)
    await inbox.agrees()


# -- out --------------------------------------------------------------------------------------------------------------


@pytest.mark.spec(143)
async def test_a_reply_reaches_the_customer_and_its_ticks_come_back(
    workspace: Workspace, simulator: Phones, number: Number, inbox: Inbox
) -> None:
    message = await _written(simulator, number, inbox)
    reply = await _answered(workspace, message["conversation_id"], "Olá, Bia!")
    assert (reply["status"], reply["direction"]) == ("queued", "outbound")
    assert reply["author"] == {"kind": "user", "id": workspace.user_id, "name": "Ana"}
    await _ticked(inbox, reply["id"], "delivered")
    bubble = await _on_screen(simulator, "Olá, Bia!")
    assert bubble["from"] == "business"
    await simulator.client.put(f"/sim/customers/{CUSTOMER}", json={"open": True})
    await _ticked(inbox, reply["id"], "read")
    assert inbox.messages[reply["id"]]["evolution_message_id"] == bubble["id"]
    await inbox.agrees()


async def test_the_echo_of_a_reply_does_not_double_it(
    workspace: Workspace, simulator: Phones, number: Number, inbox: Inbox
) -> None:
    message = await _written(simulator, number, inbox)
    await simulator.faults(duplicate=1.0)
    reply = await _answered(workspace, message["conversation_id"], "Só uma vez")
    await _ticked(inbox, reply["id"], "delivered")
    await inbox.stays()
    assert len(inbox.having(body="Só uma vez")) == 1
    assert [bubble["text"] for bubble in await simulator.screen(CUSTOMER)].count("Só uma vez") == 1


async def test_a_reply_whose_answer_was_lost_goes_out_once(
    workspace: Workspace, simulator: Phones, number: Number, inbox: Inbox
) -> None:
    message = await _written(simulator, number, inbox)
    await simulator.faults(drop_after_send=1.0)
    reply = await _answered(workspace, message["conversation_id"], "Chegou?")
    await _ticked(inbox, reply["id"], "delivered")
    await inbox.stays()
    assert [bubble["text"] for bubble in await simulator.screen(CUSTOMER)].count("Chegou?") == 1
    assert len(inbox.having(body="Chegou?")) == 1


async def test_a_message_that_whatsapp_refuses_is_shown_as_failed(
    workspace: Workspace, simulator: Phones, number: Number, inbox: Inbox
) -> None:
    message = await _written(simulator, number, inbox)
    await simulator.faults(refuse=1.0)
    reply = await _answered(workspace, message["conversation_id"], "Não vai")
    await _ticked(inbox, reply["id"], "failed")
    await inbox.agrees()
    [stored, _] = await inbox.stored(message["conversation_id"])
    assert "refused" in stored["error"]


async def test_replies_leave_in_order(workspace: Workspace, simulator: Phones, number: Number, inbox: Inbox) -> None:
    message = await _written(simulator, number, inbox)
    texts = [f"line {n}" for n in range(8)]
    for text in texts:
        last = await _answered(workspace, message["conversation_id"], text)
    await _ticked(inbox, last["id"], "delivered")
    assert [b["text"] for b in await simulator.screen(CUSTOMER) if b["from"] == "business"] == texts


@pytest.mark.spec(145)
@pytest.mark.spec(146)
async def test_a_quote_is_relayed_to_whatsapp(
    workspace: Workspace, simulator: Phones, number: Number, inbox: Inbox
) -> None:
    message = await _written(simulator, number, inbox)
    conversation_id = message["conversation_id"]
    reply = await _answered(workspace, conversation_id, "Sobre isto", quoted_message_id=message["id"])
    assert reply["quoted_message_id"] == message["id"]
    await _ticked(inbox, reply["id"], "delivered")
    bubble = await _on_screen(simulator, "Sobre isto")
    assert bubble["quoted"] == {"id": message["evolution_message_id"], "text": "Bom dia!"}


@pytest.mark.spec(145)
async def test_a_quote_from_another_conversation_is_refused(
    workspace: Workspace, simulator: Phones, number: Number, inbox: Inbox
) -> None:
    message = await _written(simulator, number, inbox)
    await simulator.write(number, "5511987650002", "outra")
    other = await inbox.message(body="outra")
    body = {"body": "x", "quoted_message_id": other["id"]}
    answer = await workspace.client.post(f"/v1/conversations/{message['conversation_id']}/messages", json=body)
    assert answer.status_code == 422
    assert list(answer.json()["errors"][0]["details"]) == ["quoted_message_id"]


@pytest.mark.spec(144)
@pytest.mark.spec(147)
async def test_a_note_stays_in_the_house_and_so_does_a_quote_of_it(
    workspace: Workspace, simulator: Phones, number: Number, inbox: Inbox
) -> None:
    message = await _written(simulator, number, inbox)
    note = await _answered(workspace, message["conversation_id"], "cliente difícil", type="note")
    assert note["type"] == "note"
    reply = await _answered(workspace, message["conversation_id"], "Claro!", quoted_message_id=note["id"])
    assert reply["quoted_message_id"] == note["id"]
    await _ticked(inbox, reply["id"], "delivered")
    assert (await _on_screen(simulator, "Claro!"))["quoted"] is None
    assert {bubble["text"] for bubble in await simulator.screen(CUSTOMER)} == {"Bom dia!", "Claro!"}
    await inbox.agrees()


async def test_a_message_typed_on_the_phone_is_shown_as_such(
    simulator: Phones, number: Number, inbox: Inbox
) -> None:
    message = await _written(simulator, number, inbox)
    await simulator.write(number, CUSTOMER, "Respondo daqui", from_me=True)
    typed = await inbox.message(body="Respondo daqui")
    assert (typed["direction"], typed["author"]["kind"]) == ("outbound", "phone")
    assert typed["conversation_id"] == message["conversation_id"]
    await _ticked(inbox, typed["id"], "delivered")
    assert inbox.conversations[message["conversation_id"]]["unread_count"] == 0
    await inbox.agrees()


# -- what happens to a message afterwards -----------------------------------------------------------------------------


async def test_an_edit_a_reaction_and_a_deletion_are_shown(simulator: Phones, number: Number, inbox: Inbox) -> None:
    message = await _written(simulator, number, inbox, "Quero 2 pães")
    key = message["evolution_message_id"]
    await simulator.write(number, CUSTOMER, "Quero 3 pães", type="edit", to=key)
    await inbox.until(lambda: message["body"] == "Quero 3 pães" and message["edited_at"])
    await simulator.write(number, CUSTOMER, "👍", type="reaction", to=key)
    await inbox.until(lambda: message["reactions"] == {"contact": "👍"})
    await simulator.write(number, CUSTOMER, "", type="reaction", to=key)
    await inbox.until(lambda: message["reactions"] == {"contact": None})
    await simulator.write(number, CUSTOMER, type="delete", to=key)
    await inbox.until(lambda: message["deleted_at"])
    assert message["body"] == "Quero 3 pães"
    assert len(inbox.messages) == 1
    await inbox.agrees()


async def test_what_is_said_of_a_message_before_it_comes_is_kept_for_it(
    workspace: Workspace, number: Number, inbox: Inbox
) -> None:
    key = "3EB0EARLY"
    for body in (_edit(number, key, "depois"), _reaction(number, key, "❤️"), _deletion(number, key)):
        answer = await number.post(workspace.client, body)
        assert (answer.status_code, answer.text) == (200, "held")
    await number.post(workspace.client, number.message(CUSTOMER, "antes", key))
    message = await inbox.message(evolution_message_id=key)
    await inbox.until(lambda: message["deleted_at"])
    assert (message["body"], message["reactions"]) == ("depois", {"contact": "❤️"})
    await inbox.agrees()


async def test_the_last_edit_wins_whichever_comes_first(
    workspace: Workspace, number: Number, inbox: Inbox
) -> None:
    await number.post(workspace.client, number.message(CUSTOMER, "um", "K1"))
    for text, seconds in (("três", 2), ("dois", 1)):
        await number.post(workspace.client, _edit(number, "K1", text, seconds))
    for emoji, seconds in (("😀", 2), ("😢", 1)):
        await number.post(workspace.client, _reaction(number, "K1", emoji, seconds))
    await inbox.stays(0.1)
    [message] = inbox.having(evolution_message_id="K1")
    assert (message["body"], message["reactions"]) == ("três", {"contact": "😀"})
    await inbox.agrees()


async def test_a_deletion_that_comes_twice_is_one(workspace: Workspace, number: Number, inbox: Inbox) -> None:
    await number.post(workspace.client, number.message(CUSTOMER, "apaga", "K1"))
    for _ in range(2):
        assert (await number.post(workspace.client, _deletion(number, "K1"))).status_code == 200
    assert (await inbox.types()).count("message.deleted") == 1


async def test_a_tick_on_a_deleted_message_of_long_ago_does_not_go_back(
    workspace: Workspace, number: Number, inbox: Inbox
) -> None:
    ours = number.message(CUSTOMER, "nosso", "OLD")
    ours["data"]["key"]["fromMe"] = True
    for body in (ours, _tick(number, "OLD", "READ"), _deletion(number, "OLD")):
        await number.post(workspace.client, body)
    for n in range(13):  # more than a conversation keeps in memory
        await number.post(workspace.client, number.message(CUSTOMER, str(n), f"NEW{n}"))
    await number.post(workspace.client, _tick(number, "OLD", "DELIVERY_ACK"))
    [message] = inbox.having(evolution_message_id="OLD") or [await inbox.message(evolution_message_id="OLD")]
    await inbox.stays(0.1)
    assert message["status"] == "read"


def _key(key_id: str) -> Json:
    return {"remoteJid": f"{CUSTOMER}@s.whatsapp.net", "fromMe": False, "id": key_id}


def _edit(number: Number, key_id: str, text: str, seconds: int = 0) -> Json:
    at = str(int((datetime.now(UTC).timestamp() - 60 + seconds) * 1000))
    data = {"key": _key(key_id), "type": "MESSAGE_EDIT", "editedMessage": {"conversation": text}, "timestampMs": at}
    return {"event": "messages.edited", "instance": number.instance, "data": data}


def _reaction(number: Number, key_id: str, emoji: str, seconds: int = 0) -> Json:
    body = number.message(CUSTOMER, "", f"R{key_id}{seconds}", at=datetime.now(UTC).timestamp() - 60 + seconds)
    body["data"] |= {"message": {"reactionMessage": {"key": _key(key_id), "text": emoji}}}
    return body | {"data": body["data"] | {"messageType": "reactionMessage"}}


def _deletion(number: Number, key_id: str) -> Json:
    data = _key(key_id) | {"status": "DELETED"}
    return {"event": "messages.delete", "instance": number.instance, "data": data}


def _tick(number: Number, key_id: str, status: str) -> Json:
    data = {"keyId": key_id, "remoteJid": f"{CUSTOMER}@s.whatsapp.net", "fromMe": True, "status": status}
    return {"event": "messages.update", "instance": number.instance, "data": data}
