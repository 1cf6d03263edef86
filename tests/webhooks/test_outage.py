"""A consumer that is down, hangs, or takes things in any order ends with what a fresh snapshot says; slow and dead
endpoints keep nothing from the others; what nobody takes for days is switched off."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trio
from tests import harness
from tests.clients.far_end import HangUp, Reply
from tests.harness import Json, Phones
from tests.http.chat import Chat
from tests.http.inbox import Inbox
from tests.http.tables import Tables
from tests.webhooks.receiver import ENDPOINTS, TAKEN, Receiver, open_receiver
from tests.webhooks.replica import by_webhook, snapshot

from plixa.compose import Node, open_node
from plixa.http.webhooks import courier
from plixa.http.webhooks.parts import COURIER, FEEDING

OPEN = "select count(*) as n from webhook_deliveries where status in ('pending', 'delivering')"


class Shifted:
    """The system's clock, some time ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Shifted:
    return Shifted()


@pytest.fixture
async def node(database_url: str, simulator: Phones, tmp_path: Path, clock: Shifted) -> AsyncIterator[Node]:
    """A node whose clock can be put forward."""
    async with open_node(harness.settings(database_url, simulator.url, tmp_path), clock) as node:
        yield node


async def forward(node: Node, clock: Shifted, by: timedelta) -> None:
    """Time goes by, and what has come due is begun."""
    clock.ahead += by
    await node.services[COURIER].look()


async def delivered(node: Node, clock: Shifted, tables: Tables) -> None:
    """An hour at a time, until nothing is open any more of all that has happened."""
    for row in await tables.rows("select distinct tenant_id from webhook_feeds"):
        await node.services[FEEDING].feed(row["tenant_id"])
    with trio.fail_after(40):
        while (await tables.rows(OPEN))[0]["n"]:
            await forward(node, clock, timedelta(hours=1))
            await tried(node)


async def tried(node: Node) -> None:
    """What was begun is over, and booked."""
    await trio.sleep(0.02)
    with trio.fail_after(20):
        while node.services[COURIER].size:  # noqa: ASYNC110  # nothing tells of a booking
            await trio.sleep(0.01)


async def live_a_little(chat: Chat) -> None:
    """Two customers write, are answered, one edits, one conversation is deleted, one changed."""
    first = await chat.written("um")
    second = await chat.written("dois", phone="5511987650002")
    answer = await chat.answer(first["conversation_id"], "Oi!")
    await chat.ticked(answer["id"], "delivered")
    await chat.write("um!", type="edit", to=first["evolution_message_id"])
    await chat.inbox.message(body="um!")
    await chat.change(first["conversation_id"], notes="VIP")
    path = f"/v1/conversations/{second['conversation_id']}"
    assert (await chat.workspace.client.delete(path)).status_code == 204


def _five_hundred(_: Json) -> Reply | None:
    return Reply(500)


def _hang(_: Json) -> Reply | None:
    return None


def _hang_up(_: Json) -> Reply | None:
    raise HangUp


@pytest.mark.parametrize("down", [_five_hundred, _hang, _hang_up])
async def test_three_days_down_end_with_what_a_snapshot_says(
    node: Node, chat: Chat, clock: Shifted, tables: Tables, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch,
    down: Callable[[Json], Reply | None],
) -> None:  # fmt: skip
    monkeypatch.setattr("plixa.http.webhooks.attempt.WITHIN", 0.3)
    receiver = await open_receiver(nursery, down, checks=False)
    await receiver.subscribe(chat.workspace)
    await live_a_little(chat)
    pulled = Inbox(chat.workspace)
    for _ in range(24):
        await forward(node, clock, timedelta(hours=3))
        await trio.sleep(0.05)
    await live_a_little(chat)
    assert receiver.events == []
    receiver.answer = lambda _: TAKEN
    await delivered(node, clock, tables)
    expected = await snapshot(chat.workspace)
    random.shuffle(receiver.events)
    assert by_webhook(receiver.events) == expected
    await pulled.agrees()
    assert (await tables.rows("select count(*) as n from webhook_deliveries where status = 'failed'")) == [{"n": 0}]


async def test_a_consumer_that_answers_as_it_likes_ends_there_too(
    node: Node, chat: Chat, clock: Shifted, tables: Tables, nursery: trio.Nursery
) -> None:
    dice = random.Random(7)
    receiver = await open_receiver(
        nursery, lambda _: dice.choice([TAKEN, Reply(500), Reply(429), Reply(204)]), checks=False
    )
    await receiver.subscribe(chat.workspace)
    for _ in range(3):
        await live_a_little(chat)
    await delivered(node, clock, tables)
    expected = await snapshot(chat.workspace)
    assert by_webhook(receiver.events) == expected
    for conversation in expected["conversations"]:
        about = [e for e in receiver.events if e["data"].get("conversation_id", e["data"]["id"]) == conversation]
        assert [e["offset"] for e in about] == sorted(e["offset"] for e in about)


async def test_five_days_of_nothing_but_failure_switch_it_off_and_tell_the_owner(
    node: Node, chat: Chat, clock: Shifted, tables: Tables, nursery: trio.Nursery
) -> None:
    receiver = await open_receiver(nursery, _five_hundred, checks=False)
    await receiver.subscribe(chat.workspace)
    await live_a_little(chat)
    for _ in range(60):
        await forward(node, clock, timedelta(hours=2.2))
        await tried(node)
        [endpoint] = (await chat.workspace.get(ENDPOINTS))["data"]
        if not endpoint["is_active"]:
            break
    assert endpoint["disabled_reason"] == "failing"
    assert clock.ahead >= timedelta(days=5)
    assert await tables.rows("select 1 from outbox where request->>'template' = 'webhook_failing'")
    await delivered(node, clock, tables)  # cancelled, that is
    receiver.answer = lambda _: TAKEN
    path = f"{ENDPOINTS}/{endpoint['id']}"
    await chat.workspace.put(path, {"is_active": True})
    await chat.workspace.post(f"{path}/replay", {"after": 0})
    await receiver.told("conversation.deleted")
    await delivered(node, clock, tables)
    assert by_webhook(receiver.events) == await snapshot(chat.workspace)


@pytest.mark.parametrize("down", [_five_hundred, _hang, _hang_up])
async def test_a_slow_or_dead_endpoint_keeps_nothing_from_the_same_tenants_others(
    chat: Chat, nursery: trio.Nursery, receiver: Receiver, down: Callable[[Json], Reply | None]
) -> None:
    for _ in range(5):
        await (await open_receiver(nursery, down)).subscribe(chat.workspace)
    began = trio.current_time()
    await live_a_little(chat)
    await receiver.told("conversation.deleted")
    assert trio.current_time() - began < 8  # a hang alone takes 15


async def test_retry_after_leaves_the_whole_endpoint_alone(
    node: Node, chat: Chat, clock: Shifted, nursery: trio.Nursery
) -> None:
    receiver = await open_receiver(nursery, lambda _: Reply(503, b"", (("retry-after", "600"),)), checks=False)
    await receiver.subscribe(chat.workspace, ["message.inbound"])
    await chat.written("um")
    await receiver.until(lambda: receiver.tried)
    receiver.answer = lambda _: TAKEN
    await chat.written("dois", phone="5511987650002")
    await forward(node, clock, timedelta(seconds=500))
    await trio.sleep(0.3)
    assert receiver.events == []
    await forward(node, clock, timedelta(seconds=200))
    await receiver.told("message.inbound", 2)


async def test_what_a_crash_cuts_off_is_sent_again_by_the_next_life_under_the_same_id(
    database_url: str, simulator: Phones, tmp_path: Path, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "LEASE", timedelta(seconds=1))
    receiver, settings = await open_receiver(nursery, _hang), harness.settings(database_url, simulator.url, tmp_path)
    async with open_node(settings) as node, harness.registered(node.services.public_url) as workspace:
        chat = Chat(workspace, simulator, await harness.pair(workspace, simulator), Inbox(workspace))
        await receiver.subscribe(workspace, ["message.inbound"])
        await chat.written("um")
        await receiver.until(lambda: receiver.tried)
    receiver.answer = lambda _: TAKEN
    async with open_node(settings):
        [told] = await receiver.told("message.inbound")
    assert {each["id"] for each in receiver.tried} == {told["id"]}
