"""Webhooks that could not be understood: kept, shown to an operator, read again by a release that understands them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import trio
from tests.http.chat import Chat
from tests.http.webhooks import CUSTOMER

from plixa.actors.whatsapp.gateway import Seen, Unreadable
from plixa.compose import Node
from plixa.dead_letters import line
from plixa.http.whatsapp.evolution.bodies import Webhook
from plixa.http.whatsapp.unreadable import LARGEST
from plixa.storage.whatsapp.unreadable import UNREADABLE

WORDS = "um bolo que ninguem entendeu"


def _understands_nothing(_: Webhook, now: datetime) -> Iterator[Seen]:
    yield Unreadable(f"This release is too old, at {now:%H:%M}.")


async def _waiting(node: Node) -> list[Any]:
    rows: list[Any] = await node.services.database.run(UNREADABLE.listed)
    return rows


async def _until_tried(node: Node) -> list[Any]:
    with trio.fail_after(10):
        while any(row["requested_at"] for row in await _waiting(node)):  # noqa: ASYNC110
            await trio.sleep(0.05)
    return await _waiting(node)


async def test_a_later_release_reads_what_an_older_one_could_not(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(Webhook, "seen", _understands_nothing)
        await chat.post(chat.number.message(CUSTOMER, WORDS, "LATE-1"))
    [row] = await _waiting(node)
    assert "too old" in line(row)
    assert WORDS not in line(row)
    assert (await chat.workspace.get("/v1/conversations"))["data"] == []
    assert await node.services.database.run(UNREADABLE.request, [row["id"]]) == 1
    assert await _until_tried(node) == []
    message = await chat.inbox.message(evolution_message_id="LATE-1")
    assert message["body"] == WORDS
    await chat.post(chat.number.message(CUSTOMER, WORDS, "LATE-1"))
    assert len(chat.inbox.messages) == 1


async def test_one_that_does_not_open_holds_up_no_other(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(Webhook, "seen", _understands_nothing)
        await chat.post(chat.number.message(CUSTOMER, "um", "ONE"), chat.number.message(CUSTOMER, WORDS, "TWO"))
    first, _ = await _waiting(node)
    await node.services.database.run(_spoil, first["id"])
    await node.services.database.run(UNREADABLE.request, None)
    [left] = await _until_tried(node)
    assert left["id"] == first["id"]
    assert "PLIXA_SECRET_KEY differs" in left["why"]
    assert (await chat.inbox.message(evolution_message_id="TWO"))["body"] == WORDS


async def _spoil(connection: Any, kept: int) -> None:
    """As if it were sealed with another key."""
    await connection.execute(r"update kept_bodies set body = body || '\x00'::bytea where id = $1", kept)


async def test_what_still_is_not_understood_stays_with_the_reason(chat: Chat, node: Node) -> None:
    client, number = chat.workspace.client, chat.number
    for body in (b"{not json", b'{"event": "messages.upsert", "data": "' + b"x" * LARGEST + b'"}'):
        assert (await client.post(number.url, content=body, headers=number.headers)).text == "unreadable"
    assert await node.services.database.run(UNREADABLE.request, None) == 2
    first, second = await _until_tried(node)
    assert "not JSON" in first["why"]
    assert f"only the first {LARGEST} are kept" in second["why"]
    assert await node.services.database.run(UNREADABLE.drop, [first["id"], second["id"]]) == 2
    assert await _waiting(node) == []
