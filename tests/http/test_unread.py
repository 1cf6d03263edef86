"""What a member has not read themselves, beside the count that all share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.harness import Json
from tests.http import people
from tests.http.chat import Chat
from tests.http.inbox import Inbox
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER

from plixa.compose import Node
from plixa.http.conversation.routes import conversations
from plixa.http.realtime.visible import shown_to
from plixa.storage.conversation import inbox

OTHER = "5511987650002"


class Desk:
    """One member's view of the inbox; no bearer is the owner's."""

    def __init__(self, chat: Chat, bearer: str | None = None) -> None:
        self._client = chat.workspace.client
        self._headers = {"Authorization": bearer} if bearer else {}

    async def call(self, method: str, path: str, **more: Any) -> Any:
        answer = await self._client.request(method, f"/v1/conversations{path}", headers=self._headers, **more)
        assert answer.status_code < 300, answer.text
        return answer.json()["data"]

    async def unread(self, id_: int) -> Any:
        """As the conversation says, and as the list does."""
        alone: Json = await self.call("GET", f"/{id_}")
        [listed] = [each for each in await self.call("GET", "") if each["id"] == id_]
        assert alone["unread_by_me"] == listed["unread_by_me"]
        return alone["unread_by_me"]

    async def mine(self) -> set[int]:
        """What the filter finds."""
        return {each["id"] for each in await self.call("GET", "", params={"unread": "mine"})}

    async def read(self, id_: int) -> Json:
        shown: Json = await self.call("POST", f"/{id_}/read")
        return shown


@pytest.fixture
async def desks(chat: Chat, node: Node) -> tuple[Desk, Desk]:
    return Desk(chat), Desk(chat, (await people.agent(node, chat.workspace)).bearer)


async def test_what_one_has_read_the_other_has_not(chat: Chat, desks: tuple[Desk, Desk]) -> None:
    owner, agent = desks
    id_ = (await chat.written("oi"))["conversation_id"]
    other = (await chat.written("olá", phone=OTHER))["conversation_id"]
    await chat.written("tem pão?")
    assert [await desk.unread(id_) for desk in desks] == [2, 2]
    shown = await owner.read(id_)
    assert (shown["unread_count"], shown["unread_by_me"]) == (0, 0)
    assert (await owner.unread(id_), await agent.unread(id_)) == (0, 2)
    assert (await owner.mine(), await agent.mine()) == ({other}, {id_, other})
    # The shared count is zero by now; it counts for the agent all the same.
    assert (await agent.read(id_))["unread_by_me"] == 0
    assert (await owner.mine(), await agent.mine()) == ({other}, {other})
    await chat.written("e leite?")
    assert [await desk.unread(id_) for desk in desks] == [1, 1]


async def test_who_reads_it_again_has_done_nothing_new(chat: Chat, desks: tuple[Desk, Desk]) -> None:
    id_ = (await chat.written("oi"))["conversation_id"]
    for desk in (*desks, *desks):
        await desk.read(id_)
    types = await chat.inbox.types()
    assert types.count("conversation.seen") == 2
    assert types.count("conversation.read") == 1


async def test_others_hear_that_it_was_read_and_keep_their_own_count(chat: Chat, desks: tuple[Desk, Desk]) -> None:
    message = await chat.written("oi")
    id_ = message["conversation_id"]
    await desks[1].read(id_)
    await chat.inbox.poll(0)
    [told] = [each["data"] for each in chat.inbox.events if each["type"] == "conversation.seen"]
    assert told.keys() == {"conversation_id", "activity"}
    assert (told["activity"]["upto"], told["conversation_id"]) == (message["id"], id_)
    assert not any("unread_by_me" in each["data"].get("conversation", {}) for each in chat.inbox.events)
    assert await desks[0].unread(id_) == chat.inbox.conversations[id_]["unread_by_me"] == 1
    timeline = await desks[0].call("GET", f"/{id_}/timeline")
    assert "Téo has read it." in {entry["text"] for entry in timeline}


@pytest.mark.parametrize("note", [False, True])
async def test_who_writes_has_read(chat: Chat, desks: tuple[Desk, Desk], note: bool) -> None:
    owner, agent = desks
    id_ = (await chat.written("oi"))["conversation_id"]
    await agent.call("POST", f"/{id_}/messages", json={"body": "pois não", "is_internal_note": note})
    assert (await owner.unread(id_), await agent.unread(id_)) == (1, 0)


async def test_an_integration_reads_for_nobody(chat: Chat, node: Node, desks: tuple[Desk, Desk]) -> None:
    id_ = (await chat.written("oi"))["conversation_id"]
    program = Desk(chat, await people.token(node, chat.workspace, ["read", "write"]))
    shown = await program.read(id_)
    assert (shown["unread_count"], shown["unread_by_me"]) == (0, None)
    assert await program.unread(id_) is None
    assert [await desk.unread(id_) for desk in desks] == [1, 1]


async def test_nobody_counts_without_end(chat: Chat, desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MOST_UNREAD", 2)
    for text in ("oi", "tem pão?", "alô?"):
        id_ = (await chat.written(text))["conversation_id"]
    assert await desks[0].unread(id_) == 2


async def test_a_deleted_conversation_leaves_nothing_of_who_read_it(
    chat: Chat, desks: tuple[Desk, Desk], tables: Tables
) -> None:
    id_ = (await chat.written("oi", phone=CUSTOMER))["conversation_id"]
    await desks[0].read(id_)
    tenant = chat.workspace.tenant
    assert (await tables.tenant(tenant))["conversation_seen"]
    await chat.workspace.client.delete(f"/v1/conversations/{id_}")
    assert not (await tables.tenant(tenant)).get("conversation_seen")


async def test_what_was_written_hours_before_it_goes_out_has_read_nothing(chat: Chat, desks: tuple[Desk, Desk]) -> None:
    id_ = (await chat.written("oi"))["conversation_id"]
    soon = datetime.now(UTC) + timedelta(seconds=1.2)
    later = {"body": "lembrete", "send_at": soon.isoformat(), "only_if_silent": False}
    await desks[1].call("POST", f"/{id_}/scheduled-messages", json=later)
    await chat.inbox.message(body="lembrete")
    assert await desks[1].unread(id_) == 1


async def test_what_was_there_before_somebody_joined_is_not_unread_to_them(chat: Chat, node: Node) -> None:
    id_ = (await chat.written("oi"))["conversation_id"]
    joins = datetime.now(UTC) + timedelta(hours=1)
    desk = Desk(chat, (await people.agent(node, chat.workspace, joined_at=joins)).bearer)
    assert (await desk.unread(id_), await desk.mine()) == (0, set())


async def test_a_live_client_counts_what_it_has_not_read_without_asking(chat: Chat, node: Node) -> None:
    member = await people.agent(node, chat.workspace)
    owner, agent = Desk(chat), Desk(chat, member.bearer)
    theirs = Inbox(chat.workspace, member)
    id_ = (await chat.written("oi"))["conversation_id"]
    await chat.written("olá", phone=OTHER)

    async def both(mine: int, others: int) -> None:
        for looking, unread in ((chat.inbox, mine), (theirs, others)):
            await looking.agrees()
            assert looking.conversations[id_]["unread_by_me"] == unread

    await both(1, 1)
    await agent.read(id_)
    await both(1, 0)
    await chat.written("tem pão?")
    await both(2, 1)
    await owner.call("POST", f"/{id_}/messages", json={"body": "tem", "is_internal_note": True})
    await both(0, 1)
    await chat.written("e leite?")
    await agent.call("POST", f"/{id_}/messages", json={"body": "também"})
    await both(1, 0)
    soon = (datetime.now(UTC) + timedelta(seconds=1.2)).isoformat()
    later = {"body": "lembrete", "send_at": soon, "only_if_silent": False}
    await owner.call("POST", f"/{id_}/scheduled-messages", json=later)
    await chat.inbox.message(body="lembrete")
    await both(1, 0)


async def test_a_live_client_does_not_count_what_is_from_before_it_joined(chat: Chat, node: Node) -> None:
    joined = datetime.now(UTC) - timedelta(minutes=1)
    member = await people.agent(node, chat.workspace, joined_at=joined)
    await chat.post(chat.number.message(CUSTOMER, "ontem", "OLD", at=joined.timestamp() - 60))
    await chat.post(chat.number.message(CUSTOMER, "hoje", "NEW"))
    theirs = Inbox(chat.workspace, member)
    await theirs.agrees()
    assert [each["unread_by_me"] for each in theirs.conversations.values()] == [1]


async def test_a_count_goes_with_the_last_message_that_it_is_shown_with(
    chat: Chat, desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that comes between the two reads of one answer would be counted twice by who counts on from there."""
    first = await chat.written("oi")

    async def slow(*args: Any) -> Json:
        await chat.written("tem pão?")
        return await shown_to(*args)

    monkeypatch.setattr(conversations, "shown_to", slow)
    shown = await desks[0].call("GET", f"/{first['conversation_id']}")
    assert (shown["last_message"]["id"], shown["unread_by_me"]) == (first["id"], 1)
