"""What the gateway posts: every recorded body, in any order, more than once, ends in the same inbox."""

from __future__ import annotations

import json
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio
from tests.harness import Json, Number, Phones, pair
from tests.http.chat import Chat
from tests.http.inbox import Inbox
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER, deletion, edit, reaction, tick, typed

from plixa.actors.whatsapp.gateway import MessageSeen
from plixa.http.whatsapp.evolution.webhook import translate

FIXTURES = {path.stem: path.read_bytes() for path in (Path(__file__).parents[1] / "fixtures/evolution").glob("*.json")}
LID_FORMS = [name for name in sorted(FIXTURES) if name.startswith("messages-upsert.lid-")]
SHUFFLES = 25
LADDER = ["sent", "delivered", "read", "played"]


def _body(name: str, number: Number) -> Json:
    """A recorded body, as it would come for our number."""
    body: Json = json.loads(FIXTURES[name])
    return body | {"instance": number.instance}


def _messages(name: str) -> list[MessageSeen]:
    seen = translate(json.loads(FIXTURES[name]), now=datetime.now(UTC))
    return [each for each in seen if isinstance(each, MessageSeen)]


async def _stored(inbox: Inbox) -> dict[str, Json]:
    """All messages that REST shows, by the gateway's id; one that is there twice fails."""
    conversations = (await inbox.workspace.get("/v1/conversations", limit=100))["data"]
    messages = [message for each in conversations for message in await inbox.stored(each["id"])]
    by_key = {message["evolution_message_id"]: message for message in messages}
    assert len(by_key) == len(messages)
    return by_key


def test_there_are_92_recorded_bodies_and_4_forms_of_a_lid() -> None:
    assert (len(FIXTURES), len(LID_FORMS)) == (92, 4)


async def test_every_recorded_body_twice_and_in_any_order(chat: Chat) -> None:
    names = [name for name in FIXTURES for _ in range(2)]
    random.Random(7).shuffle(names)
    for name in names:
        answer = await chat.number.post(chat.workspace.client, _body(name, chat.number))
        assert answer.status_code == 200, f"{name}: {answer.status_code} {answer.text}"
    await chat.inbox.stays(0.5)
    stored = await _stored(chat.inbox)
    expected = {each.key_id: each for name in FIXTURES for each in _messages(name)}
    assert stored.keys() == expected.keys()
    for key_id, seen in expected.items():
        assert stored[key_id]["type"] == seen.content.kind
        assert stored[key_id]["body"] or not seen.content.body
    await chat.inbox.agrees()


async def test_nothing_of_what_was_recorded_is_unreadable(chat: Chat, tables: Tables) -> None:
    for name in FIXTURES:
        await chat.number.post(chat.workspace.client, _body(name, chat.number))
    assert await tables.rows("select reason from kept_bodies") == []
    assert await tables.rows("select error from parked") == []


async def test_a_status_never_goes_back(chat: Chat) -> None:
    n, dice = chat.number, random.Random(3)
    await chat.post(typed(n, "nosso", "T"))
    statuses = ["SERVER_ACK", "DELIVERY_ACK", "READ", "PLAYED"] * 2
    dice.shuffle(statuses)
    await chat.post(*[tick(n, "T", status) for status in statuses])
    await chat.inbox.types()
    seen = [e["data"]["message"]["status"] for e in chat.inbox.events if e["type"] == "message.ticked"]
    assert seen == sorted(set(seen), key=LADDER.index)
    assert seen[-1] == "played"


# -- one customer, two addresses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
async def test_all_forms_of_a_lid_lead_to_one_conversation(chat: Chat, seed: int) -> None:
    names = LID_FORMS.copy()
    random.Random(seed).shuffle(names)
    for name in names:
        await chat.post(_body(name, chat.number))
    [conversation] = (await chat.workspace.get("/v1/conversations"))["data"]
    assert len(await chat.inbox.stored(conversation["id"])) == len(LID_FORMS)
    assert conversation["contact_phone"] == "79000000042"


async def test_who_is_first_known_by_lid_only_keeps_the_conversation_when_the_phone_turns_up(chat: Chat) -> None:
    first = await chat.written("anônima", addressing="lid_only")
    second = await chat.written("sou eu", addressing="pn")
    third = await chat.written("de novo", addressing="lid_only")
    assert {each["conversation_id"] for each in (first, second, third)} == {first["conversation_id"]}
    await chat.answer(first["conversation_id"], "Olá!")
    await chat.inbox.message(body="Olá!", status="delivered")
    assert await chat.screen() == ["anônima", "sou eu", "de novo", "Olá!"]
    [conversation] = (await chat.workspace.get("/v1/conversations"))["data"]
    assert conversation["contact_phone"] == CUSTOMER


async def test_many_first_messages_of_one_customer_at_once_make_one_conversation(chat: Chat) -> None:
    bodies = [chat.number.message(CUSTOMER, f"{n}", f"AT-ONCE-{n}") for n in range(12)]
    async with trio.open_nursery() as nursery:
        for body in bodies:
            nursery.start_soon(chat.post, body)
    [conversation] = (await chat.workspace.get("/v1/conversations"))["data"]
    assert conversation["unread_count"] == 12


async def test_the_same_customer_on_two_numbers_has_two_conversations_and_one_contact(
    chat: Chat, simulator: Phones
) -> None:
    other = await pair(chat.workspace, simulator)
    first = await chat.written("aqui")
    await simulator.write(other, CUSTOMER, "e aqui")
    second = await chat.inbox.message(body="e aqui")
    one, two = (chat.inbox.conversations[each["conversation_id"]] for each in (first, second))
    assert one["phone_instance_id"] != two["phone_instance_id"]
    assert one["contact_id"] == two["contact_id"]


# -- any order --------------------------------------------------------------------------------------------------------


def _story(number: Number, began: float) -> list[Json]:
    """A conversation in order: both sides write, edit, react, delete, and ticks come back."""
    return [
        number.message(CUSTOMER, "Quero 1 pão", "A", at=began),
        edit(number, "A", "Quero 2 pães", began + 1),
        edit(number, "A", "Quero 3 pães", began + 2),
        typed(number, "Certo!", "B", at=began + 3),
        tick(number, "B", "SERVER_ACK"),
        tick(number, "B", "DELIVERY_ACK"),
        reaction(number, "A", "👍", began + 4, from_me=True),
        reaction(number, "B", "❤️", began + 5),
        tick(number, "B", "READ"),
        reaction(number, "B", "", began + 7),
        number.message(CUSTOMER, "Na verdade não", "C", at=began + 8),
        edit(number, "C", "Deixa", began + 9),
        deletion(number, "C"),
        typed(number, "Pena", "D", at=began + 10),
        tick(number, "D", "ERROR"),
        tick(number, "D", "DELIVERY_ACK"),
        reaction(number, "A", "👏", began + 12, from_me=True),
    ]


async def _ending(chat: Chat, prefix: str, phone: str) -> dict[str, Json]:
    """What is left of the story, message by message."""
    [conversation] = (await chat.workspace.get("/v1/conversations", q=phone))["data"]
    stored = await chat.inbox.stored(conversation["id"])
    return {message["evolution_message_id"].removeprefix(prefix): _told(message) for message in stored}


def _told(message: Json) -> Json:
    told = {name: message[name] for name in ("direction", "type", "body", "status", "error", "edited_at")}
    reactions = {by: emoji for by, emoji in (message["reactions"] or {}).items() if emoji}
    return told | {"reactions": reactions, "deleted": bool(message["deleted_at"])}


def _renamed(bodies: list[Json], prefix: str, phone: str) -> list[Json]:
    """The same story of another customer, under other message ids."""
    text = json.dumps(bodies).replace(CUSTOMER, phone)
    for name in "ABCD":
        text = text.replace(f'"id": "{name}"', f'"id": "{prefix}{name}"').replace(f'"{name}-', f'"{prefix}{name}-')
        text = text.replace(f'"keyId": "{name}"', f'"keyId": "{prefix}{name}"')
    renamed: list[Json] = json.loads(text)
    return renamed


async def test_any_order_with_duplicates_and_delays_ends_like_the_right_order(chat: Chat) -> None:
    story = _story(chat.number, int(time.time()) - 100)
    await chat.post(*_renamed(story, "right-", "5511900000000"))
    expected = await _ending(chat, "right-", "5511900000000")
    assert expected["A"]["body"] == "Quero 3 pães"
    assert (expected["A"]["reactions"], expected["B"]["reactions"]) == ({"us": "👏"}, {})
    assert (expected["B"]["status"], expected["D"]["status"]) == ("read", "delivered")
    assert (expected["C"]["body"], expected["C"]["deleted"]) == ("Deixa", True)
    for seed in range(SHUFFLES):
        dice, prefix, phone = random.Random(seed), f"seed{seed}-", f"55119000001{seed:02}"
        bodies = _renamed(story, prefix, phone)
        bodies += dice.sample(bodies, 6)
        dice.shuffle(bodies)
        await _post_unevenly(chat, bodies, dice)
        for _ in range(10):  # what was held for a message is released a little after it was taken
            if (ending := await _ending(chat, prefix, phone)) == expected:
                break
            await trio.sleep(0.2)
        assert ending == expected, f"seed {seed}"


async def _post_unevenly(chat: Chat, bodies: list[Json], dice: random.Random) -> None:
    """Some one after the other, some at once, some later."""

    async def later(body: Json, seconds: float) -> None:
        await trio.sleep(seconds)
        await chat.post(body)

    async with trio.open_nursery() as nursery:
        for body in bodies:
            nursery.start_soon(later, body, dice.choice((0.0, 0.0, 0.02, 0.05)))
