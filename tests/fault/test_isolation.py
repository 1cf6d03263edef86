"""An actor that raises is its own trouble: others do not wait, the letter is parked, the actor goes on."""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from plixa import compose
from plixa.actors.conversation.commands import TakeMessage
from plixa.actors.conversation.state import Conversation
from plixa.compose import Node, open_node
from plixa.engine.actor import Kind, Moment
from plixa.engine.events import Event
from plixa.engine.supervisor import ATTEMPTS
from plixa.storage.prepare import KINDS, prepared_kinds
from tests import harness
from tests.harness import Number, Phones, Workspace

POISON = "this message crashes its actor"
MESSAGES = 60
MOST_SLOWER = 4.0
NOT_WORTH_MENTIONING = 0.05
pytestmark = pytest.mark.timeout(40)
_keys = count(1)


class Tries:
    """A conversation's `decide`, save that it raises at one text. Counts how often."""

    def __init__(self, kind: Kind[Any]) -> None:
        self.count = 0
        self._kind = kind

    def decide(self, state: Conversation, command: Any, now: Moment) -> Sequence[Event]:
        if isinstance(command, TakeMessage) and command.seen.content.body == POISON:
            self.count += 1
            raise ZeroDivisionError("poisoned")
        return self._kind.decide(state, command, now)


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> Tries:
    """Nodes that are opened from now on crash on the poison."""
    tries = Tries(KINDS["conversation"])

    def poisoned(*args: Any, **kwargs: Any) -> Mapping[str, Kind[Any]]:
        kinds = prepared_kinds(*args, **kwargs)
        return {**kinds, "conversation": replace(kinds["conversation"], decide=tries.decide)}

    monkeypatch.setattr(compose, "prepared_kinds", poisoned)
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
    assert await post(client, number, phone, POISON) == "parked"
    assert tries.count == ATTEMPTS == 3
    assert await post(client, number, phone, "after") == "stored"
    [conversation] = (await workspace.get("/v1/conversations"))["data"]
    messages = (await workspace.get(f"/v1/conversations/{conversation['id']}/messages"))["data"]
    assert [message["body"] for message in messages if message["direction"] == "inbound"] == ["after", "before"]
    assert await _parked(node) == [(workspace.tenant, f"conversation-{conversation['id']}", "TakeMessage")]


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


async def _parked(node: Node) -> list[tuple[int, str, str]]:
    async def query(connection: Any) -> list[Any]:
        return list(await connection.fetch("select tenant_id, stream, command_type from parked"))

    return [tuple(row) for row in await node.services.database.run(query)]
