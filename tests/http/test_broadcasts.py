"""Broadcasts from end to end: what people see of them, and what their recipients get."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
from tests.harness import Json
from tests.http.chat import Chat
from tests.http.tables import Tables

BIA, LEO, ZOE = "5511987650010", "5511987650011", "5511987650012"
LOUD = {"quiet_from": "00:00", "quiet_until": "00:00"}


def listed(*phones: str, **fields: Any) -> Json:
    """A broadcast to these numbers."""
    recipients = [{"phone": phone} for phone in phones]
    return {"name": "Pão quente", "body": "Oi {{first_name}}, tem pão!", "recipients": recipients, **fields}


class Many:
    """A workspace that sends to many, at any hour."""

    def __init__(self, chat: Chat, tables: Tables) -> None:
        self.chat = chat
        self.workspace = chat.workspace
        self.tables = tables

    async def create(self, *phones: str, **fields: Any) -> int:
        """A broadcast; returns its id."""
        made: Json = await self.workspace.post("/v1/broadcasts", listed(*phones, **fields))
        return int(made["id"])

    async def get(self, id_: int) -> Json:
        """How it stands."""
        found: Json = (await self.workspace.get(f"/v1/broadcasts/{id_}"))["data"]
        return found

    async def until(self, id_: int, true: Callable[[Json], bool]) -> Json:
        """Wait until it stands so."""
        found = await self.get(id_)
        try:
            with trio.fail_after(20):
                while not true(found):
                    await trio.sleep(0.05)
                    found = await self.get(id_)
        except trio.TooSlowError:
            pytest.fail(f"it stands at {found}")
        return found

    async def done(self, id_: int) -> Json:
        """Wait until everybody has had their turn."""
        return await self.until(id_, lambda found: found["status"] == "done")

    async def recipients(self, id_: int, **query: Any) -> list[Json]:
        """Whom it goes to."""
        found: list[Json] = (await self.workspace.get(f"/v1/broadcasts/{id_}/recipients", **query))["data"]
        return found

    async def until_opted_out(self) -> list[Json]:
        """Wait until somebody is known to want no more; returns them."""
        with trio.fail_after(10):
            while not (found := (await self.workspace.get("/v1/contacts", opted_out=1))["data"]):  # noqa: ASYNC110
                await trio.sleep(0.05)
        return list(found)

    async def screen(self, phone: str) -> list[str]:
        """What a recipient sees."""
        return [bubble["text"] for bubble in await self.chat.simulator.screen(phone)]


@pytest.fixture
async def many(chat: Chat, tables: Tables) -> Many:
    await chat.workspace.put("/v1/broadcast-config", LOUD)
    return Many(chat, tables)


async def test_one_number_gets_it_once_in_whatever_spelling(many: Many) -> None:
    id_ = await many.create(BIA, "+55 (11) 98765-0010", "011 98765-0010", "(11) 98765-0011", name="Dois")
    shown = await many.done(id_)
    assert (shown["total"], shown["counts"]["skipped"]) == (4, 2)
    rows = await many.recipients(id_)
    assert [(row["phone"], row["reason"]) for row in rows] == [
        (BIA, None), (BIA, "duplicate"), (BIA, "duplicate"), (LEO, None)
    ]  # fmt: skip
    assert [await many.screen(BIA), await many.screen(LEO)] == [["Oi, tem pão!"], ["Oi, tem pão!"]]


async def test_of_a_label_everybody_gets_it_and_is_called_by_their_name(many: Many) -> None:
    label = (await many.workspace.post("/v1/labels", {"name": "VIP", "color": "#aabbcc"}))["id"]
    for phone, name in ((BIA, "Bia Souza"), (LEO, None), (ZOE, "Zoé")):
        contact = await many.workspace.post("/v1/contacts", {"contact_phone": phone, "contact_name": name})
        if phone != ZOE:
            await many.workspace.post(f"/v1/contacts/{contact['id']}/labels/{label}")
    id_ = (await many.workspace.post("/v1/broadcasts", of_label(label)))["id"]
    assert (await many.done(id_))["total"] == 2
    assert [await many.screen(phone) for phone in (BIA, LEO, ZOE)] == [["Oi Bia, tem pão!"], ["Oi, tem pão!"], []]


def of_label(label: int) -> Json:
    return {"name": "Pão quente", "body": "Oi @{{first_name}}, tem pão!", "source": "label", "label_id": label}


async def test_a_conversation_that_begins_with_one_rests_until_its_customer_answers(many: Many) -> None:
    id_ = await many.create(BIA)
    await many.until(id_, lambda found: found["counts"]["delivered"] + found["counts"]["read"] == 1)
    [row] = await many.recipients(id_)
    conversation = (await many.workspace.get(f"/v1/conversations/{row['conversation_id']}"))["data"]
    assert (conversation["status"], conversation["broadcast_id"]) == ("resolved", None)
    message = (await many.workspace.get(f"/v1/conversations/{row['conversation_id']}/messages"))["data"][0]
    assert (message["author"]["kind"], message["extra"]) == ("system", {"broadcast_id": id_})
    answer = await many.chat.written("Quero dois", phone=BIA)
    assert answer["conversation_id"] == row["conversation_id"]
    conversation = (await many.workspace.get(f"/v1/conversations/{row['conversation_id']}"))["data"]
    assert (conversation["status"], conversation["broadcast_id"], conversation["unread_count"]) == ("open", id_, 1)
    assert (await many.recipients(id_, status="replied"))[0]["id"] == row["id"]


async def test_a_word_opts_out_is_answered_once_and_holds_for_the_next_ones(many: Many) -> None:
    id_ = await many.create(BIA)
    await many.done(id_)
    for word in ("Sair!", "SAIR"):
        await many.chat.written(word, phone=BIA)
    await many.until(id_, lambda found: found["counts"]["opted_out"] == 1)
    [contact] = await many.until_opted_out()
    assert contact["contact_phone"] == BIA
    said = await many.screen(BIA)
    assert len([text for text in said if "nossas mensagens em massa" in text or "no more broadcasts" in text]) == 1
    [row] = await many.recipients(id_)
    conversation = (await many.workspace.get(f"/v1/conversations/{row['conversation_id']}"))["data"]
    assert (conversation["status"], row["status"]) == ("resolved", "replied")
    again = await many.create(BIA, LEO, ignore_cooldown=True)
    await many.done(again)
    assert [(each["phone"], each["reason"]) for each in await many.recipients(again)] == [
        (BIA, "opted_out"), (LEO, None)
    ]  # fmt: skip
