"""The examples for integrators do what they say."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import trio
from tests.examples import auto_reply, crm_sync
from tests.harness import ROOT
from tests.http import people
from tests.http.chat import Chat
from tests.webhooks.receiver import ENDPOINTS
from tests.webhooks.replica import snapshot

from plixa.compose import Node


@pytest.fixture
async def plixa(node: Node, chat: Chat) -> AsyncIterator[httpx.Client]:
    """An integration with a token of its own."""
    bearer = await people.token(node, chat.workspace, ["read", "write"])
    with httpx.Client(base_url=node.services.public_url, headers={"Authorization": bearer}, timeout=20) as client:
        yield client


async def test_a_customer_is_answered_once_by_webhook(chat: Chat, plixa: httpx.Client) -> None:
    made = await chat.workspace.post(
        ENDPOINTS, {"url": "http://127.0.0.1:1/", "events": ["message.inbound"], "is_active": False}
    )
    server = auto_reply.serve(plixa, made["secret"], 0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.to_thread.run_sync, server.serve_forever)
        try:
            url = f"http://127.0.0.1:{server.server_port}/hook"
            await chat.workspace.put(f"{ENDPOINTS}/{made['id']}", {"url": url, "is_active": True})
            await chat.written("oi")
            reply = await chat.inbox.message(body=auto_reply.TEXT)
            assert reply["author"]["kind"] == "api"
            await chat.workspace.post(f"{ENDPOINTS}/{made['id']}/replay", {"after": 0})
            await chat.ticked(reply["id"], "delivered")
            await chat.inbox.stays(0.5)
            assert len(chat.inbox.having(body=auto_reply.TEXT)) == 1
            forged = await trio.to_thread.run_sync(lambda: httpx.post(url, content=b"{}").status_code)
            assert forged == 401
        finally:
            await trio.to_thread.run_sync(server.shutdown)
            server.server_close()


async def test_a_crm_that_pulls_ends_with_what_a_snapshot_says(chat: Chat, plixa: httpx.Client, tmp_path: Path) -> None:
    file = tmp_path / "crm.json"
    one, two = await chat.written("um"), await chat.written("dois", phone="5511987650002")
    await trio.to_thread.run_sync(crm_sync.sync, plixa, file, 0)
    answer = await chat.answer(one["conversation_id"], "Oi!")
    await chat.ticked(answer["id"], "delivered")
    await chat.change(one["conversation_id"], notes="VIP")
    assert (await chat.workspace.client.delete(f"/v1/conversations/{two['conversation_id']}")).status_code == 204
    before = json.loads(file.read_text())
    await trio.to_thread.run_sync(crm_sync.sync, plixa, file, 0)
    crm, expected = json.loads(file.read_text()), await snapshot(chat.workspace)
    assert crm["offset"] > before["offset"]
    for name in ("conversations", "messages"):
        assert crm[name] == {str(id_): each for id_, each in expected[name].items()}
    file.write_text(json.dumps(before))  # a crash between taking and storing
    await trio.to_thread.run_sync(crm_sync.sync, plixa, file, 0)
    assert json.loads(file.read_text()) == crm


def test_they_are_short_and_know_nothing_of_us() -> None:
    for path in (ROOT / "tests/examples").glob("*.py"):
        text = path.read_text()
        assert len(text.splitlines()) <= 75
        assert "import plixa" not in text
        assert "from plixa" not in text
