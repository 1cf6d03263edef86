"""An actor that raises is its own trouble: others do not wait, the letter is parked, the actor goes on."""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import trio

from plixa import features
from plixa.actors.conversation.commands import TakeMessage
from plixa.actors.conversation.state import Conversation
from plixa.actors.whatsapp.gateway import Content, MessageKind, MessageSeen, Peer
from plixa.compose import Node, open_node
from plixa.dead_letters import line
from plixa.engine.actor import ActorType, Moment, command_class, command_classes
from plixa.engine.cell import turn_of
from plixa.engine.events import Event
from plixa.engine.ports import Address
from plixa.engine.registry import Registry
from plixa.engine.supervisor import ATTEMPTS
from plixa.features import kinds, prepared_kinds
from plixa.storage.eventlog.dead_letters import CRASHED
from tests import harness
from tests.harness import Number, Phones, Workspace

POISON = "this message crashes its actor"
MESSAGES = 60
MOST_SLOWER = 4.0
NOT_WORTH_MENTIONING = 0.05
pytestmark = pytest.mark.timeout(40)
_keys = count(1)


class Tries:
    """A conversation's `decide`, save that it raises at one text until it is mended. Counts how often."""

    def __init__(self, kind: ActorType[Any]) -> None:
        self.count = 0
        self.mended = False
        self._kind = kind

    def decide(self, state: Conversation, command: Any, now: Moment) -> Sequence[Event]:
        if not self.mended and isinstance(command, TakeMessage) and command.seen.content.body == POISON:
            self.count += 1
            raise ZeroDivisionError("poisoned")
        return self._kind.decide(state, command, now)


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> Tries:
    """Nodes that are opened from now on crash on the poison."""
    tries = Tries(kinds()["conversation"])

    def poisoned(*args: Any, **kwargs: Any) -> Mapping[str, ActorType[Any]]:
        kinds = prepared_kinds(*args, **kwargs)
        return {**kinds, "conversation": replace(kinds["conversation"], decide=tries.decide)}

    monkeypatch.setattr(features, "prepared_kinds", poisoned)
    return tries


@pytest.fixture
async def node(tries: Tries, database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[Node]:
    async with open_node(harness.settings(database_url, simulator.url, tmp_path)) as node:
        yield node


@pytest.fixture
async def bystander(node: Node, simulator: Phones) -> AsyncIterator[Number]:
    """A number of another workspace."""
    async with harness.registered(node.services.public_url) as workspace:
        yield await harness.pair(workspace, simulator)


async def post(client: httpx.AsyncClient, number: Number, phone: str, text: str) -> str:
    """Post a message; returns the word that the ingress answers."""
    answer = await number.post(client, number.message(phone, text, f"15014{next(_keys):015d}"))
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_letter_is_parked_and_the_actor_goes_on(
    node: Node, workspace: Workspace, number: Number, tries: Tries
) -> None:
    client, phone = workspace.client, "5511930000001"
    assert await post(client, number, phone, "before") == "stored"
    assert await post(client, number, phone, POISON) == "dead_letter"
    assert tries.count == ATTEMPTS == 3
    assert await post(client, number, phone, "after") == "stored"
    [conversation] = (await workspace.get("/v1/conversations"))["data"]
    messages = (await workspace.get(f"/v1/conversations/{conversation['id']}/messages"))["data"]
    assert [message["body"] for message in messages if message["direction"] == "inbound"] == ["after", "before"]
    about = f"TakeMessage for conversation-{conversation['id']}, from webhook"
    assert await _parked(node) == [(workspace.tenant, about)]


async def test_what_waits_behind_the_poison_keeps_its_order(workspace: Workspace, number: Number) -> None:
    client, phone = workspace.client, "5511930000002"
    await post(client, number, phone, "first")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(post, client, number, phone, POISON)
        await trio.sleep(0.05)
        for text in ("second", "third"):
            nursery.start_soon(post, client, number, phone, text)
            await trio.sleep(0.05)
    [conversation] = (await workspace.get("/v1/conversations"))["data"]
    messages = (await workspace.get(f"/v1/conversations/{conversation['id']}/messages"))["data"]
    assert [message["body"] for message in messages] == ["third", "second", "first"]


async def test_other_workspaces_do_not_wait(
    workspace: Workspace, number: Number, bystander: Number, tries: Tries
) -> None:
    alone = await _latency(workspace.client, bystander)
    async with trio.open_nursery() as nursery:
        for crashing in range(5):
            nursery.start_soon(_keep_crashing, workspace.client, number, f"551193000010{crashing}")
        beside = await _latency(workspace.client, bystander)
        nursery.cancel_scope.cancel()
    print(f"alone {alone * 1000:.1f} ms, beside {tries.count} crashes {beside * 1000:.1f} ms")
    assert tries.count > ATTEMPTS
    assert beside < max(NOT_WORTH_MENTIONING, MOST_SLOWER * alone)


async def _keep_crashing(client: httpx.AsyncClient, number: Number, phone: str) -> None:
    while True:
        await post(client, number, phone, POISON)


async def _latency(client: httpx.AsyncClient, number: Number) -> float:
    """The mean of many messages of one customer, in seconds."""
    seconds: list[float] = []
    for message in range(MESSAGES):
        began = trio.current_time()
        await post(client, number, "5511930000003", f"calm {message}")
        seconds.append(trio.current_time() - began)
        await trio.sleep(0.01)
    return statistics.fmean(seconds)


async def test_a_parked_letter_is_tried_again_when_somebody_asks(
    node: Node, workspace: Workspace, number: Number, tries: Tries
) -> None:
    database, phone = node.services.database, "5511930000004"
    await post(workspace.client, number, phone, POISON)
    [first] = await database.run(CRASHED.listed, workspace.tenant)
    assert "plixa_dead_letters_waiting 1.0" in (await workspace.client.get("/metrics")).text
    assert POISON not in line(first)
    assert await database.run(CRASHED.request, [first["id"]]) == 1
    with trio.fail_after(10):  # it crashes again, and is kept anew
        while (await database.run(CRASHED.listed))[0]["id"] == first["id"]:  # noqa: ASYNC110
            await trio.sleep(0.05)
    assert tries.count == 2 * ATTEMPTS
    tries.mended = True
    assert await database.run(CRASHED.request, None) == 1
    with trio.fail_after(10):
        while await database.run(CRASHED.listed):  # noqa: ASYNC110
            await trio.sleep(0.05)
    [conversation] = (await workspace.get("/v1/conversations"))["data"]
    messages = (await workspace.get(f"/v1/conversations/{conversation['id']}/messages"))["data"]
    assert [message["body"] for message in messages] == [POISON]
    assert await post(workspace.client, number, phone, "after") == "stored"


async def test_a_parked_letter_and_what_it_leads_to_are_one_commit(
    node: Node, workspace: Workspace, number: Number, tries: Tries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were they two, a crash between them would take the letter twice."""
    await post(workspace.client, number, "5511930000005", POISON)
    tries.mended = True

    async def never(_: object) -> None:
        pytest.fail("the letter was dropped apart from its commit")

    monkeypatch.setattr(node.services.store, "drop_dead_letter", never)
    await node.services.database.run(CRASHED.request, None)
    with trio.fail_after(10):
        while await node.services.database.run(CRASHED.listed):  # noqa: ASYNC110
            await trio.sleep(0.05)


async def test_what_is_refused_now_stays_and_what_is_needless_goes(
    node: Node, workspace: Workspace, number: Number, tries: Tries
) -> None:
    await post(workspace.client, number, "5511930000006", POISON)
    [letter] = await node.services.database.run(CRASHED.listed)
    await node.services.database.run(_rename_command, letter["id"], "NoSuchCommand")
    await node.services.database.run(CRASHED.request, None)
    with trio.fail_after(10):
        while (found := (await node.services.database.run(CRASHED.listed))[0])["requested_at"]:  # noqa: ASYNC110
            await trio.sleep(0.05)
    assert (found["id"], found["why"]) == (letter["id"], "LookupError")
    assert await node.services.database.run(CRASHED.drop, [letter["id"]]) == 1


async def test_a_letter_that_does_not_open_holds_up_no_other(
    node: Node, workspace: Workspace, number: Number, tries: Tries
) -> None:
    for phone in ("5511930000007", "5511930000008"):
        await post(workspace.client, number, phone, POISON)
    tries.mended = True
    first, _ = await node.services.database.run(CRASHED.listed)
    await node.services.database.run(_spoil, first["id"])
    await node.services.database.run(CRASHED.request, None)
    with trio.fail_after(10):
        while len(found := await node.services.database.run(CRASHED.listed)) > 1 or found[0]["requested_at"]:  # noqa: ASYNC110
            await trio.sleep(0.05)
    assert found[0]["id"] == first["id"]
    assert "PLIXA_SECRET_KEY differs" in found[0]["why"]


def test_commands_have_names_of_their_own() -> None:
    names = [cls.__name__ for cls in command_classes()]
    assert len(names) == len(set(names))
    assert command_class("TakeMessage") is TakeMessage


async def _rename_command(connection: Any, letter: int, name: str) -> None:
    await connection.execute("update parked set command_type = $2 where id = $1", letter, name)


async def _spoil(connection: Any, letter: int) -> None:
    """As if it were sealed with another key."""
    await connection.execute(r"update parked set command = command || '\x00'::bytea where id = $1", letter)


async def _parked(node: Node) -> list[tuple[int, str]]:
    rows = await node.services.database.run(CRASHED.listed)
    return [(row["tenant_id"], row["about"]) for row in rows]


async def test_a_letter_with_two_strikes_is_parked_untried_and_once(
    node: Node, workspace: Workspace, number: Number, tries: Tries
) -> None:
    """What has stalled or killed the process: until an operator has it tried again."""
    client, phone = workspace.client, "5511930000008"
    key = f"15014{next(_keys):015d}"
    body = number.message(phone, POISON, key)
    await post(client, number, phone, "before")
    [conversation] = (await workspace.get("/v1/conversations"))["data"]
    address = Address(workspace.tenant, "conversation", conversation["id"])
    brake = cast("Registry", node.services.bus).supervisor.brake
    for times in (1, 2):
        brake.strike(turn_of(address, _taken(number, key), "webhook"), "decide")
        answer = await number.post(client, number.message(phone, "another", f"15014{next(_keys):015d}"))
        assert answer.text == "stored"
        assert (await number.post(client, body)).text == "dead_letter"
        assert tries.count == ATTEMPTS, times  # tried after one strike, and not after two
    assert (await number.post(client, body)).text == "dead_letter"
    rows = await node.services.database.run(CRASHED.listed)
    assert [row["why"] for row in rows] == ["ZeroDivisionError", "Stalled"]
    tries.mended = True
    await node.services.database.run(CRASHED.request, None)
    with trio.fail_after(10):
        while await node.services.database.run(CRASHED.listed):  # noqa: ASYNC110
            await trio.sleep(0.05)
    messages = (await workspace.get(f"/v1/conversations/{conversation['id']}/messages"))["data"]
    assert [message["body"] for message in messages].count(POISON) == 1
    assert brake.strikes == {}


def _taken(number: Number, key: str) -> TakeMessage:
    """The message with this key as the brake knows it, by whichever way it comes."""
    peer, content = Peer("5511930000008", None, None), Content(MessageKind.TEXT, "by another way", "conversation")
    seen = MessageSeen(key, peer, False, "contact", content, datetime.now(UTC))
    return TakeMessage(seen=seen, contact_id=1, number_id=number.id, replayed=True)
