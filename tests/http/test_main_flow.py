"""The way of a message, in and out: what the customer and the house see of it, and what comes back."""

from __future__ import annotations

import time

import pytest
from tests.http.chat import Chat
from tests.http.webhooks import CUSTOMER, deletion, edit, reaction, tick, typed

# -- in ---------------------------------------------------------------------------------------------------------------


async def test_what_a_customer_writes_is_a_message_in_a_conversation(chat: Chat) -> None:
    message = await chat.written("Bom dia!")
    assert (message["direction"], message["type"], message["body"]) == ("inbound", "text", "Bom dia!")
    assert (message["status"], message["author"]["kind"]) == ("received", "contact")
    conversation = chat.inbox.conversations[message["conversation_id"]]
    assert (conversation["contact_phone"], conversation["contact_name"]) == (CUSTOMER, "Bia")
    assert (conversation["status"], conversation["unread_count"]) == ("open", 1)
    assert conversation["last_message"]["id"] == message["id"]
    await chat.inbox.agrees()


async def test_a_customer_keeps_one_conversation(chat: Chat) -> None:
    first, second = await chat.written("one"), await chat.written("two")
    assert first["conversation_id"] == second["conversation_id"]
    assert chat.inbox.conversations[first["conversation_id"]]["unread_count"] == 2
    await chat.inbox.agrees()


async def test_what_is_not_text_arrives_too(chat: Chat) -> None:
    for kind in ("location", "contact", "sticker"):
        await chat.write(type=kind)
        await chat.inbox.message(type=kind)
    await chat.inbox.agrees()


async def test_a_quote_of_the_customer_points_to_the_message(chat: Chat) -> None:
    first = await chat.written()
    reply = await chat.answer(first["conversation_id"], "Pois não?")
    key = (await chat.ticked(reply["id"], "delivered"))["evolution_message_id"]
    assert (await chat.written("Isso mesmo", quoted=key))["quoted_message_id"] == reply["id"]


async def test_marking_as_read_gives_the_customer_blue_ticks(chat: Chat) -> None:
    message = await chat.written("Bom dia!")
    shown = await chat.workspace.post(f"/v1/conversations/{message['conversation_id']}/read")
    assert shown["unread_count"] == 0
    while (await chat.bubble("Bom dia!"))["status"] != "READ":
        await chat.inbox.poll(1)
    await chat.inbox.agrees()


# -- out --------------------------------------------------------------------------------------------------------------


@pytest.mark.spec(143)
async def test_a_reply_reaches_the_customer_and_its_ticks_come_back(chat: Chat) -> None:
    message = await chat.written()
    reply = await chat.answer(message["conversation_id"], "Olá, Bia!")
    assert (reply["status"], reply["direction"]) == ("queued", "outbound")
    assert reply["author"] == {"kind": "user", "id": chat.workspace.user_id, "name": "Ana"}
    await chat.ticked(reply["id"], "delivered")
    bubble = await chat.bubble("Olá, Bia!")
    assert bubble["from"] == "business"
    await chat.simulator.client.put(f"/sim/customers/{CUSTOMER}", json={"open": True})
    read = await chat.ticked(reply["id"], "read")
    assert read["evolution_message_id"] == bubble["id"]
    await chat.inbox.agrees()


async def test_the_echo_of_a_reply_does_not_double_it(chat: Chat) -> None:
    message = await chat.written()
    await chat.simulator.faults(duplicate=1.0)
    reply = await chat.answer(message["conversation_id"], "Só uma vez")
    await chat.ticked(reply["id"], "delivered")
    await chat.inbox.stays()
    assert len(chat.inbox.having(body="Só uma vez")) == 1
    assert await chat.screen() == ["Bom dia!", "Só uma vez"]


async def test_a_reply_whose_answer_was_lost_goes_out_once(chat: Chat) -> None:
    message = await chat.written()
    await chat.simulator.faults(drop_after_send=1.0)
    reply = await chat.answer(message["conversation_id"], "Chegou?")
    await chat.ticked(reply["id"], "delivered")
    await chat.inbox.stays()
    assert await chat.screen() == ["Bom dia!", "Chegou?"]
    assert len(chat.inbox.having(body="Chegou?")) == 1


async def test_a_message_that_whatsapp_refuses_is_shown_as_failed(chat: Chat) -> None:
    message = await chat.written()
    await chat.simulator.faults(refuse=1.0)
    reply = await chat.answer(message["conversation_id"], "Não vai")
    assert "refused" in (await chat.ticked(reply["id"], "failed"))["error"]
    await chat.inbox.agrees()


async def test_replies_leave_in_order(chat: Chat) -> None:
    message = await chat.written()
    texts = [f"line {n}" for n in range(8)]
    for text in texts:
        last = await chat.answer(message["conversation_id"], text)
    await chat.ticked(last["id"], "delivered")
    assert await chat.screen() == ["Bom dia!", *texts]


@pytest.mark.spec(145)
@pytest.mark.spec(146)
async def test_a_quote_is_relayed_to_whatsapp(chat: Chat) -> None:
    message = await chat.written("Bom dia!")
    reply = await chat.answer(message["conversation_id"], "Sobre isto", quoted_message_id=message["id"])
    assert reply["quoted_message_id"] == message["id"]
    await chat.ticked(reply["id"], "delivered")
    bubble = await chat.bubble("Sobre isto")
    assert bubble["quoted"] == {"id": message["evolution_message_id"], "text": "Bom dia!"}


@pytest.mark.spec(145)
async def test_a_quote_from_another_conversation_is_refused(chat: Chat) -> None:
    message, other = await chat.written(), await chat.written("outra", phone="5511987650002")
    body = {"body": "x", "quoted_message_id": other["id"]}
    path = f"/v1/conversations/{message['conversation_id']}/messages"
    answer = await chat.workspace.client.post(path, json=body)
    assert answer.status_code == 422
    assert list(answer.json()["errors"][0]["details"]) == ["quoted_message_id"]


@pytest.mark.spec(144)
@pytest.mark.spec(147)
async def test_a_note_stays_in_the_house_and_so_does_a_quote_of_it(chat: Chat) -> None:
    message = await chat.written()
    note = await chat.answer(message["conversation_id"], "cliente difícil", type="note")
    assert note["type"] == "note"
    reply = await chat.answer(message["conversation_id"], "Claro!", quoted_message_id=note["id"])
    assert reply["quoted_message_id"] == note["id"]
    await chat.ticked(reply["id"], "delivered")
    assert (await chat.bubble("Claro!"))["quoted"] is None
    assert await chat.screen() == ["Bom dia!", "Claro!"]
    await chat.inbox.agrees()


async def test_a_message_typed_on_the_phone_is_shown_as_such(chat: Chat) -> None:
    message = await chat.written()
    await chat.write("Respondo daqui", from_me=True)
    answer = await chat.inbox.message(body="Respondo daqui")
    assert (answer["direction"], answer["author"]["kind"]) == ("outbound", "phone")
    assert answer["conversation_id"] == message["conversation_id"]
    await chat.ticked(answer["id"], "delivered")
    assert chat.inbox.conversations[message["conversation_id"]]["unread_count"] == 0
    await chat.inbox.agrees()


# -- what happens to a message afterwards -----------------------------------------------------------------------------


async def test_an_edit_a_reaction_and_a_deletion_are_shown(chat: Chat) -> None:
    message = await chat.written("Quero 2 pães")
    key, until = message["evolution_message_id"], chat.inbox.until
    await chat.write("Quero 3 pães", type="edit", to=key)
    await until(lambda: message["body"] == "Quero 3 pães" and message["edited_at"])
    await chat.write("👍", type="reaction", to=key)
    await until(lambda: message["reactions"] == {"contact": "👍"})
    await chat.write("", type="reaction", to=key)
    await until(lambda: message["reactions"] == {"contact": None})
    await chat.write(type="delete", to=key)
    await until(lambda: message["deleted_at"])
    assert message["body"] == "Quero 3 pães"
    assert len(chat.inbox.messages) == 1
    await chat.inbox.agrees()


async def test_what_is_said_of_a_message_before_it_comes_is_kept_for_it(chat: Chat) -> None:
    n = chat.number
    answers = await chat.post(edit(n, "E", "depois"), reaction(n, "E", "❤️"), deletion(n, "E"))
    assert answers == ["early", "early", "early"]
    await chat.post(n.message(CUSTOMER, "antes", "E"))
    message = await chat.inbox.message(evolution_message_id="E")
    await chat.inbox.until(lambda: message["deleted_at"])
    assert (message["body"], message["reactions"]) == ("depois", {"contact": "❤️"})
    await chat.inbox.agrees()


async def test_the_last_edit_and_reaction_win_whichever_come_first(chat: Chat) -> None:
    n, began = chat.number, time.time() - 60
    await chat.post(n.message(CUSTOMER, "um", "K"))
    await chat.post(edit(n, "K", "três", began + 2), edit(n, "K", "dois", began + 1))
    await chat.post(reaction(n, "K", "😀", began + 2), reaction(n, "K", "😢", began + 1))
    message = await chat.inbox.message(evolution_message_id="K")
    assert (message["body"], message["reactions"]) == ("três", {"contact": "😀"})
    await chat.inbox.agrees()


async def test_a_deletion_that_comes_twice_is_one(chat: Chat) -> None:
    await chat.post(chat.number.message(CUSTOMER, "apaga", "K"), *[deletion(chat.number, "K")] * 2)
    assert (await chat.inbox.types()).count("message.deleted") == 1


async def test_a_late_tick_on_a_deleted_message_of_long_ago_does_not_take_it_back(chat: Chat) -> None:
    n = chat.number
    await chat.post(typed(n, "nosso", "OLD"), tick(n, "OLD", "READ"), deletion(n, "OLD"))
    await chat.post(*[n.message(CUSTOMER, str(i), f"NEW{i}") for i in range(13)])  # more than it keeps in memory
    await chat.post(tick(n, "OLD", "DELIVERY_ACK"), deletion(n, "OLD"))
    message = await chat.inbox.message(evolution_message_id="OLD")
    assert message["status"] == "read"
    assert (await chat.inbox.types()).count("message.deleted") == 1
    await chat.inbox.agrees()


async def test_pages_of_messages_meet_and_do_not_overlap(chat: Chat) -> None:
    ids = [(await chat.written(f"{n}"))["id"] for n in range(5)]
    conversation_id = chat.inbox.messages[ids[0]]["conversation_id"]
    pages, cursor = list[list[int]](), None
    while cursor is not None or not pages:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = await chat.workspace.client.get(f"/v1/conversations/{conversation_id}/messages", params=query)
        pages.append([each["id"] for each in page.json()["data"]])
        cursor = page.json()["meta"]["next_cursor"]
    assert pages == [ids[:2:-1], ids[2:0:-1], ids[:1]]
