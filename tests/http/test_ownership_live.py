"""What people notice when their workspace goes to another node, or when this one does not know whose it is."""

from __future__ import annotations

import math

import pytest
from tests.harness import Workspace
from tests.http.sockets import signed_in

from plixa.compose import Node
from plixa.engine.ports import Owner


async def test_a_workspace_that_is_lost_sends_its_sockets_on_and_is_taken_again_when_asked(
    workspace: Workspace, node: Node
) -> None:
    supervisor, owners = node.services.bus.supervisor, node.services.owners
    async with signed_in(node, workspace.token) as socket:
        await socket.send({"op": "subscribe"})
        while (await socket.receive())["op"] != "live":
            pass
        epoch = supervisor.opened()[workspace.tenant]
        supervisor.lost(workspace.tenant)
        assert await socket.closed() == 4410
    assert workspace.tenant not in supervisor.opened()
    assert await owners.of(workspace.tenant) == owners.me == node.services.store.me
    await workspace.get("/v1/labels")
    assert supervisor.opened()[workspace.tenant] > epoch


async def test_a_node_that_has_not_heard_that_it_lives_answers_nothing_from_memory(
    workspace: Workspace, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    ownership = node.services.store.ownership
    await workspace.get("/v1/labels")
    monkeypatch.setattr(ownership, "held", lambda: False)  # no beat counts
    monkeypatch.setattr(ownership.belief, "_until", -math.inf)
    answer = await workspace.client.get("/v1/labels")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    monkeypatch.undo()
    assert await ownership.beat()
    await workspace.get("/v1/labels")


async def test_a_beat_says_what_is_not_ours_any_more(workspace: Workspace, node: Node) -> None:
    services, tenant = node.services, workspace.tenant
    await workspace.get("/v1/labels")
    epoch = services.bus.supervisor.opened()[tenant]
    heard = await services.store.beating.beat({tenant: epoch})
    assert heard.lost == []
    assert await services.store.owner_of(tenant) == services.store.me
    assert not await services.store.beating.hand_over(tenant, epoch, Owner("node-9", "nobody"))  # it does not live
    heard = await services.store.beating.beat({tenant: epoch - 1})
    assert heard.lost == [tenant]
