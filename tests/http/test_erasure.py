"""Deleting a conversation: its rows, its key and its files go, and the log stays whole without what was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.http.chat import Chat
from tests.http.tables import Tables

SECRET = "meu cartão é 4111-1111-1111-1111"


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def _delete(chat: Chat, conversation_id: int) -> int:
    return (await chat.workspace.client.delete(f"/v1/conversations/{conversation_id}")).status_code


@pytest.mark.spec(137)
@pytest.mark.spec(138)
async def test_deleting_erases_rows_key_and_file_and_leaves_the_log_whole(
    chat: Chat, tables: Tables, tmp_path: Path
) -> None:
    message = await chat.written(SECRET)
    conversation_id = message["conversation_id"]
    await chat.answer(conversation_id, f"não mande {SECRET}")
    await chat.answer(conversation_id, f"nota: {SECRET}", type="note")
    await chat.written(SECRET, type="image")
    await chat.inbox.until(lambda: any(event["type"] == "media.stored" for event in chat.inbox.events))
    before = await tables.dump()
    assert SECRET in "".join(before["messages"])
    assert SECRET not in "".join(before["events"])
    assert len(_files(tmp_path / "media")) == 1

    assert await _delete(chat, conversation_id) == 204
    await chat.inbox.until(lambda: not _files(tmp_path / "media"))
    after = await tables.dump()
    assert not [name for name, lines in after.items() if SECRET in "".join(lines)]
    assert (after["conversations"], after["messages"], after["media_files"]) == ([], [], [])
    assert not [line for line in after["stream_keys"] if f"conversation-{conversation_id}" in line]
    assert set(before["events"]) < set(after["events"])


async def test_the_log_replays_with_tombstones(chat: Chat) -> None:
    message = await chat.written(SECRET)
    assert await _delete(chat, message["conversation_id"]) == 204
    # A reader from the beginning gets the same offsets, but none of the words.
    answer = await chat.workspace.client.get("/v1/events", params={"after": 0})
    assert answer.status_code == 200
    assert SECRET not in answer.text
    [shown] = [event for event in answer.json()["data"] if event["type"] == "message.received"]
    assert shown["data"]["message"]["body"] is None
    await chat.inbox.until(lambda: chat.inbox.conversations[message["conversation_id"]].get("deleted"))
    assert answer.json()["meta"]["head"] >= chat.inbox.head - 1


@pytest.mark.spec(137)
async def test_what_is_deleted_is_gone_and_the_customer_can_begin_anew(chat: Chat) -> None:
    first = await chat.written("primeira")
    assert await _delete(chat, first["conversation_id"]) == 204
    assert await _delete(chat, first["conversation_id"]) == 404
    path = f"/v1/conversations/{first['conversation_id']}"
    assert (await chat.workspace.client.get(f"{path}/messages")).status_code == 404
    assert (await chat.workspace.client.post(f"{path}/messages", json={"body": "x"})).status_code == 404
    second = await chat.written("segunda")
    assert second["conversation_id"] != first["conversation_id"]
    contacts = {chat.inbox.conversations[each["conversation_id"]]["contact_id"] for each in (first, second)}
    assert len(contacts) == 1
    await chat.inbox.agrees()


async def test_what_comes_for_an_erased_message_changes_nothing(chat: Chat) -> None:
    first = await chat.written("apague")
    key = first["evolution_message_id"]
    assert await _delete(chat, first["conversation_id"]) == 204
    await chat.write("editada", type="edit", to=key)
    await chat.write("👍", type="reaction", to=key)
    await chat.inbox.stays()
    assert (await chat.workspace.get("/v1/conversations"))["data"] == []


async def test_a_reply_on_its_way_is_not_sent_after_the_deletion(chat: Chat) -> None:
    message = await chat.written()
    await chat.simulator.faults(error_rate=1.0)
    await chat.answer(message["conversation_id"], "tarde demais")
    await chat.inbox.message(body="tarde demais", status="queued")
    assert await _delete(chat, message["conversation_id"]) == 204
    await chat.simulator.faults()
    await chat.inbox.stays(3)
    assert await chat.screen() == ["Bom dia!"]
