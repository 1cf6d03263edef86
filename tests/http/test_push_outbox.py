"""Pushes go the way of mails: asked for by an event, carried out from the outbox, taken up after a crash."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import trio
from tests import harness
from tests.actors.given import Given, house
from tests.harness import Phones, Workspace
from tests.http import people
from tests.http.browsers import PATH, Service, subscribe
from tests.http.chat import Chat
from tests.http.inbox import Inbox
from tests.http.tables import Tables

from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.events import MessageReceived
from plixa.actors.whatsapp.gateway import Content, MessageKind, MessageSeen, Peer
from plixa.compose import Node, open_node
from plixa.http.notifications import pushing
from plixa.http.notifications.pushing import PUSHING


@pytest.mark.spec(202)
async def test_pushes_wait_in_the_outbox_as_mails_do(service: Service, chat: Chat, tables: Tables) -> None:
    """Asked for in the message's own commit, without what was written."""
    browser = service.browser("laptop")
    await chat.written("antes")
    await subscribe(chat.workspace, browser)
    message = await chat.written("segredo")
    await browser.told()
    query = "select state, request::text, position from outbox where kind = 'push.send'"
    with trio.fail_after(5):
        while [row["state"] for row in await tables.rows(query)] != ["done"]:  # noqa: ASYNC110  # a row has no event
            await trio.sleep(0.02)
    [row] = await tables.rows(query)
    assert (await tables.rows("select type from events where position = $1", row["position"])) == [
        {"type": "message.received"}
    ]
    assert str(message["id"]) in row["request"]
    assert "segredo" not in row["request"]


@pytest.mark.spec(202)
async def test_a_push_that_a_crash_left_is_sent_by_the_next_life(
    service: Service, database_url: str, simulator: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, browser = harness.settings(database_url, simulator.url, tmp_path), service.browser("laptop")

    async def never(*_: object) -> None:
        await trio.sleep_forever()

    async with open_node(settings) as node, harness.registered(node.services.public_url) as workspace:
        chat = Chat(workspace, simulator, await harness.pair(workspace, simulator), Inbox(workspace))
        await subscribe(workspace, browser)
        with monkeypatch.context() as stuck:
            stuck.setattr(node.services[PUSHING], "_tell", never)
            await chat.written("Alô?")
            await trio.sleep(pushing.SETTLE)
            assert browser.asked() == []
            node.effects.stop()
    async with open_node(settings):
        [said] = await browser.told()
    assert said["body"] == "Alô?"


async def test_a_push_service_that_never_answers_holds_up_no_message(
    service: Service, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "LONGEST", 0.2)
    browser = service.browser("laptop")
    await subscribe(chat.workspace, browser)

    async def never(*_: object) -> None:
        await trio.sleep_forever()

    with monkeypatch.context() as stuck:
        stuck.setattr(pushing.Pushing, "_send_one", never)
        message = await chat.written("um")
        answer = await chat.answer(message["conversation_id"], "Oi!")
        await chat.ticked(answer["id"], "delivered")
    await trio.sleep(0.6)
    await chat.written("dois")
    with trio.fail_after(10):
        while (await browser.told())[-1]["body"] != "dois":  # noqa: ASYNC110  # the first may be tried again before
            await trio.sleep(0.02)


async def test_the_workspace_knows_who_wants_to_be_told(service: Service, node: Node, workspace: Workspace) -> None:
    async def pushed() -> tuple[int, ...]:
        house = await node.services.bus.workspace(workspace.tenant)
        return tuple(house.pushed)

    one, two = service.browser("one"), service.browser("two")
    member = await people.agent(node, workspace)
    for browser, bearer in ((one, None), (two, None), (one, member.bearer)):
        await subscribe(workspace, browser, bearer)
    assert await pushed() == (workspace.user_id, member.user_id)
    for browser, left in ((one, (workspace.user_id, member.user_id)), (two, (member.user_id,))):
        await workspace.client.request("DELETE", PATH, json={"endpoint": browser.body["endpoint"]})
        assert await pushed() == left
    await workspace.client.delete(f"/v1/team/members/{member.user_id}")
    assert await pushed() == ()


def test_nobody_is_rung_by_what_a_look_back_finds() -> None:
    for pushed, age, rings in (((7,), 0, True), ((7,), 60, True), ((7,), 3600, False), ((), 0, False)):
        who = Given(CONVERSATION, CONVERSATION.initial(9), house(pushed=pushed))
        peer = Peer("5511987650001", None, "5511987650001@s.whatsapp.net")
        content = Content(MessageKind.TEXT, "oi", "conversation")
        seen = MessageSeen("K1", peer, False, "contact", content, who.at - timedelta(seconds=age))
        events = who.when(cmd.TakeMessage(seen=seen, contact_id=5, number_id=3))
        [received] = [event for event in events if isinstance(event, MessageReceived)]
        assert received.rings is rings
        assert [id_ for id_ in who.queued() if id_.startswith("push-")] == [f"push-{received.message_id}"] * rings
