"""What people notice when their workspace goes to another node, or when this one does not know whose it is."""

from __future__ import annotations

import math

import pytest
import trio
from tests.harness import Workspace
from tests.http.sockets import signed_in
from tests.http.tables import Tables

from plixa.compose import Node
from plixa.engine.ports import Owner
from plixa.http.server.ops import measure


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


async def test_who_had_a_workspace_before_is_counted(workspace: Workspace, node: Node) -> None:
    services, tables = node.services, Tables(node.services.database)
    measured = services.telemetry.registry.get_sample_value
    died = "insert into nodes (node, incarnation, heartbeat_at) values ($1, '1', {}) returning 1"
    for name, beat, had in (("n", "now() - interval '1 minute'", "dead"), ("m", "to_timestamp(0)", "left")):
        before = measured("plixa_workspaces_taken_total", {"had": had}) or 0
        await tables.rows(died.format(beat), name)
        await tables.rows("update leases set node = $1 where tenant_id = $2 returning 1", name, workspace.tenant)
        services.bus.supervisor.lost(workspace.tenant)
        with trio.fail_after(15):  # a server of Postgres that has just started takes nobody for dead
            while (await workspace.client.get("/v1/labels")).status_code != 200:  # noqa: ASYNC110
                await trio.sleep(0.1)
        assert measured("plixa_workspaces_taken_total", {"had": had}) == before + 1
    assert 60 <= (measured("plixa_take_over_seconds_sum") or 0) < 90
    await measure(services)
    assert 0 <= (measured("plixa_beat_age_seconds") or -1) < 4
