"""What cannot be settled, sent or had holds up nothing but itself, is told, and comes to an end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from tests import harness
from tests.harness import Json, Number, Phones, Workspace
from tests.http.chat import Chat
from tests.http.inbox import Inbox
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER

from plixa import features
from plixa.actors.conversation import sending
from plixa.actors.whatsapp.number import LookBack
from plixa.compose import Node, open_node
from plixa.engine import effects, pace
from plixa.engine.effect_spec import EffectSpec
from plixa.engine.ports import Address
from plixa.http.conversation.parts import MEDIA
from plixa.http.simulator import samples
from plixa.http.whatsapp.parts import GATEWAY

OTHER = "5511987650002"


@pytest.fixture
def hasty(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doubts end, and tries follow each other, within a second or two. To be asked for as an argument."""
    monkeypatch.setattr(node.services, "settings", replace(node.services.settings, send_doubt=0.3))
    monkeypatch.setattr(node.effects, "_far_end_works", 0.3)
    monkeypatch.setattr(pace, "LOOK_FIRST", 0.1)
    monkeypatch.setattr(pace, "LOOK_LONGEST", 0.2)
    monkeypatch.setattr(pace, "DOUBT_LASTS", 1.0)
    monkeypatch.setattr(sending, "RETRY", timedelta(milliseconds=1))
    monkeypatch.setattr(effects, "AWAY", timedelta(milliseconds=50))
    monkeypatch.setattr(EffectSpec, "rest", lambda *_: timedelta(seconds=0.05))


async def _attempts(tables: Tables, effect_id: str) -> int:
    [row] = await tables.rows("select attempts from outbox where effect_id = $1", effect_id)
    return int(row["attempts"])


# -- doubts -----------------------------------------------------------------------------------------------------------


async def test_a_doubtful_send_is_not_taken_for_an_earlier_one_of_the_same_words(hasty: None, chat: Chat) -> None:
    conversation = (await chat.written())["conversation_id"]
    first = await chat.answer(conversation, "ok")
    await chat.ticked(first["id"], "delivered")
    await chat.simulator.faults(timed_out=[CUSTOMER])  # it does not go out, and the gateway does not know
    second = await chat.answer(conversation, "ok")
    await chat.ticked(second["id"], "unknown")
    await chat.simulator.faults()
    await chat.ticked(second["id"], "delivered")
    assert await chat.screen() == ["Bom dia!", "ok", "ok"]


async def test_a_doubt_that_nobody_settles_ends_is_told_and_lets_the_rest_go_on(
    hasty: None, chat: Chat, tables: Tables
) -> None:
    conversation = (await chat.written())["conversation_id"]
    await chat.simulator.faults(timed_out=[CUSTOMER], no_look_ups=1)
    first = await chat.answer(conversation, "did it go out?")
    await chat.ticked(first["id"], "unknown")
    second = await chat.answer(conversation, "and this one?")
    await chat.simulator.faults(no_look_ups=1)
    await chat.ticked(second["id"], "delivered")
    left = chat.inbox.messages[first["id"]]
    assert left["status"] == "unknown"
    assert "look at the phone before you send it again" in left["error"]
    [row] = await tables.rows("select state from outbox where effect_id = $1", f"send-{first['id']}")
    assert row["state"] == "left"
    assert await chat.screen() == ["Bom dia!", "and this one?"]
    await chat.write("did it go out?", from_me=True)  # its echo, late
    settled = await chat.ticked(first["id"], "sent")
    assert settled["error"] is None
    assert len(chat.inbox.having(direction="outbound", body="did it go out?")) == 1
    await chat.inbox.agrees()


async def test_a_doubt_holds_up_nobody_else_s_messages(
    hasty: None, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "DOUBT_LASTS", 60.0)
    conversation = (await chat.written())["conversation_id"]
    elsewhere = (await chat.written(phone=OTHER))["conversation_id"]
    await chat.simulator.faults(timed_out=[CUSTOMER], no_look_ups=1)
    await chat.ticked((await chat.answer(conversation, "?"))["id"], "unknown")
    await trio.sleep(1)  # several look-ups are refused meanwhile
    began = trio.current_time()
    for text in "abcdefgh":
        await chat.ticked((await chat.answer(elsewhere, text))["id"], "sent")
    assert trio.current_time() - began < 10  # held up, it would be minutes
    assert [each["status"] for each in chat.inbox.having(conversation_id=conversation, direction="outbound")] == [
        "unknown"
    ]


async def test_an_echo_ends_a_doubt_at_once(chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the next look-up is away."""
    monkeypatch.setattr(pace, "LOOK_FIRST", 60.0)
    monkeypatch.setattr(pace, "LOOK_LONGEST", 60.0)
    conversation = (await chat.written())["conversation_id"]
    await chat.simulator.faults(timed_out=[CUSTOMER])
    first = await chat.answer(conversation, "in doubt")
    await chat.ticked(first["id"], "unknown")
    await chat.simulator.faults()
    second = await chat.answer(conversation, "behind it")
    await chat.write("in doubt", from_me=True)
    await chat.ticked(second["id"], "delivered")
    assert chat.inbox.messages[first["id"]]["status"] in ("sent", "delivered")


async def test_what_is_looked_up_and_not_there_again_and_again_fails(hasty: None, chat: Chat) -> None:
    conversation = (await chat.written())["conversation_id"]
    await chat.simulator.faults(timed_out=[CUSTOMER])
    first = await chat.answer(conversation, "never")
    failed = await chat.ticked(first["id"], "failed")
    assert failed["error"] == "Looked up at WhatsApp: it had not gone out."
    events = [each["type"] for each in chat.inbox.events if each["data"].get("message", {}).get("id") == first["id"]]
    assert events.count("message.sending") == sending.REFUSED_AFTER
    await chat.simulator.faults()
    await chat.ticked((await chat.answer(conversation, "and on"))["id"], "delivered")
    assert await chat.screen() == ["Bom dia!", "and on"]


# -- pictures ---------------------------------------------------------------------------------------------------------


async def test_a_picture_that_the_gateway_cannot_read_fails_with_the_reason_and_the_rest_goes_on(chat: Chat) -> None:
    conversation = (await chat.written())["conversation_id"]
    upload = f"/v1/conversations/{conversation}/media-messages"
    answer = await chat.workspace.client.post(upload, files={"file": ("x.png", samples.photo()[:300])})
    message = answer.json()["data"]
    assert message["type"] == "image"
    behind = await chat.answer(conversation, "behind it")
    failed = await chat.ticked(message["id"], "failed")
    assert "cannot read this picture" in failed["error"]
    assert "Send it as a document" in failed["error"]
    await chat.ticked(behind["id"], "delivered")
    events = [each["type"] for each in chat.inbox.events if each["data"].get("message", {}).get("id") == message["id"]]
    assert events.count("message.sending") == 1


# -- files ------------------------------------------------------------------------------------------------------------


async def test_a_file_that_is_gone_is_given_up_and_told(hasty: None, chat: Chat, tables: Tables) -> None:
    await chat.simulator.faults(dead_files=1, dead_files_ms=0)
    message = await chat.written(type="image")
    await chat.inbox.until(lambda: message.get("error"))
    assert "Failed to fetch stream" in message["error"]
    most = features.effects()["gateway.fetch"].tries
    assert f"Given up after {most} tries" in message["error"]
    assert await _attempts(tables, f"media-{message['id']}") == most
    await chat.inbox.agrees()


async def test_dead_files_hold_up_no_living_one(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the number, or of the same customer."""
    monkeypatch.setattr(EffectSpec, "rest", lambda *_: timedelta(seconds=60))
    await chat.simulator.faults(dead_files=1, dead_files_ms=0)
    dead = [await chat.written(type="image", phone=f"55119876510{n:02}") for n in range(6)]
    dead.append(await chat.written(type="image"))
    await trio.sleep(1)  # each has been asked for, and waits to be asked for again
    await chat.simulator.faults()
    began = trio.current_time()
    alive = await chat.written(type="image")
    await chat.inbox.until(lambda: _has_file(chat, alive))
    assert trio.current_time() - began < 2
    assert [each.get("error") for each in dead] == [None] * 7


def _has_file(chat: Chat, message: Json) -> bool:
    stored = (each for each in chat.inbox.events if each["type"] == "media.stored")
    return any(each["data"]["message"]["id"] == message["id"] for each in stored)


async def test_a_gateway_that_is_away_takes_no_try(hasty: None, chat: Chat, node: Node, tables: Tables) -> None:
    await chat.simulator.faults(error_rate=1, error_status=503)
    message = await chat.written(type="image")
    in_vain = node.services.telemetry.effects.labels("gateway.fetch", "failed")
    with trio.fail_after(10):
        while in_vain._value.get() < 3:  # noqa: ASYNC110
            await trio.sleep(0.05)
    assert await _attempts(tables, f"media-{message['id']}") == 0
    await chat.simulator.faults()
    await chat.inbox.until(lambda: _has_file(chat, message))


async def test_a_file_that_comes_after_its_conversation_was_deleted_does_not_stay(
    chat: Chat, node: Node, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, deleted, get_base64 = trio.Event(), trio.Event(), node.services[GATEWAY].get_base64

    async def late(*args: Any, **named: Any) -> Any:
        asked.set()
        await deleted.wait()
        return await get_base64(*args, **named)

    monkeypatch.setattr(node.services[GATEWAY], "get_base64", late)
    message = await chat.written(type="image")
    await asked.wait()
    path = f"/v1/conversations/{message['conversation_id']}"
    assert (await chat.workspace.client.delete(path)).is_success
    deleted.set()
    over = f"select state from outbox where effect_id = 'media-{message['id']}' and settled_at is not null"
    with trio.fail_after(5):
        while not await tables.rows(over):  # noqa: ASYNC110
            await trio.sleep(0.02)
    assert await node.services[MEDIA].get(chat.workspace.tenant, str(message["id"])) is None


@pytest.fixture
def short_lives(
    database_url: str, simulator: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], AbstractAsyncContextManager[Node]]:
    """A node that can be started anew on the same database."""
    monkeypatch.setattr(EffectSpec, "rest", lambda *_: timedelta(seconds=0.2))
    settings = harness.settings(database_url, simulator.url, tmp_path, PORT=str(harness.free_port()))
    return lambda: open_node(settings)


async def test_a_restart_forgets_no_try(short_lives: Any, simulator: Phones) -> None:
    await simulator.faults(dead_files=1, dead_files_ms=0)
    async with short_lives() as node, harness.registered(node.services.public_url) as workspace:
        number = await harness.pair(workspace, simulator)
        chat = Chat(workspace, simulator, number, Inbox(workspace))
        message = await chat.written(type="image")
        tables, effect = Tables(node.services.database), f"media-{message['id']}"
        with trio.fail_after(10):
            while await _attempts(tables, effect) < 3:  # noqa: ASYNC110
                await trio.sleep(0.02)
        before = await _attempts(tables, effect)
    assert before < 8
    async with short_lives() as node:
        tables = Tables(node.services.database)
        with trio.fail_after(15):
            while (await tables.rows("select state from outbox where effect_id = $1", effect))[0]["state"] != "failed":  # noqa: ASYNC110
                await trio.sleep(0.05)
        assert await _attempts(tables, effect) == 8
        rows = await tables.rows("select error from messages where id = $1", message["id"])
        assert "Given up after 8 tries" in rows[0]["error"]


async def test_every_kind_of_effect_says_when_it_is_given_up(node: Node) -> None:
    assert set(features.effects()) == set(node.effects.kinds)


# -- look-backs -------------------------------------------------------------------------------------------------------


async def _look_back(node: Node, workspace: Workspace, number: Number) -> None:
    command = LookBack(since=datetime.now(UTC) - timedelta(minutes=5), why="silence")
    address = Address(workspace.tenant, "number", number.id)
    await node.services.bus.ask(address, command, actor="system", cause="test")


async def test_a_look_back_keeps_the_order_within_a_second_and_brings_deletions_and_reactions(
    chat: Chat, node: Node
) -> None:
    known = await chat.written("known")
    key = known["evolution_message_id"]
    doomed = await chat.written("doomed")
    await chat.simulator.faults(silence=1)
    at = int(datetime.now(UTC).timestamp())
    for text in "abcdef":
        await chat.write(text, timestamp=at)
    await chat.write("👍", type="reaction", to=key)
    await chat.write("❤️", type="reaction", to=key)
    await chat.write(type="delete", to=doomed["evolution_message_id"])
    await chat.write("came and went", id="GONE")
    await chat.write(type="delete", to="GONE")
    await chat.simulator.faults()
    await _look_back(node, chat.workspace, chat.number)
    await chat.inbox.until(lambda: chat.inbox.having(body="f"))
    await chat.inbox.until(lambda: known.get("reactions") and doomed.get("deleted_at"))
    recovered = [each["body"] for each in sorted(chat.inbox.having(direction="inbound"), key=lambda each: each["id"])]
    assert recovered == ["known", "doomed", *"abcdef"]
    assert known["reactions"] == {"contact": "❤️"}
    head = len(chat.inbox.events)
    await _look_back(node, chat.workspace, chat.number)
    await chat.ticked((await chat.answer(known["conversation_id"], "next"))["id"], "delivered")
    later = {each["type"] for each in chat.inbox.events[head:]}
    assert later & {"message.reacted", "message.received", "message.deleted"} == set()
    await chat.inbox.agrees()


async def test_a_chat_of_which_only_the_lid_is_known_gets_no_receipt(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipts: list[Any] = []

    async def mark_read(*args: Any) -> None:
        receipts.append(args)

    monkeypatch.setattr(node.services[GATEWAY], "mark_read", mark_read)
    hidden = await chat.written("por LID", addressing="lid_only", phone=OTHER)
    shown = await chat.written("com número")
    for message in (hidden, shown):
        await chat.workspace.post(f"/v1/conversations/{message['conversation_id']}/read")
    with trio.fail_after(5):
        while not receipts:  # noqa: ASYNC110
            await trio.sleep(0.02)
    assert [[key.remote_jid for key in keys] for _, keys in receipts] == [[f"{CUSTOMER}@s.whatsapp.net"]]
