"""Staff ask for what two tenants have, which are at home on different nodes: a ticket, and the desk of tenant 0."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests import harness
from tests.harness import Json, Phones, Workspace
from tests.http.test_staff import Desk, signed_in

from plixa.compose import Node, open_node
from plixa.engine.network import Network

TICKETS = "/v1/admin/support/tickets"


@pytest.fixture
async def nodes(database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[list[Node]]:
    """The desk's home, and another one."""
    network, nodes = Network(), list[Node]()
    async with AsyncExitStack() as stack:
        for name in ("desk", "other"):
            settings = replace(harness.settings(database_url, simulator.url, tmp_path), node=name)
            nodes.append(await stack.enter_async_context(open_node(settings, carrier=lambda me: network.carrier(*me))))
            await nodes[0].services.bus.own(0)
        yield nodes


async def test_a_ticket_and_the_desk_are_at_home_on_different_nodes(nodes: list[Node]) -> None:
    home = nodes[1]
    async with harness.registered(home.services.public_url) as workspace:
        opened: Json = await workspace.post("/v1/support/tickets", {"subject": "Slow", "body": "Since Monday"})
        rita, joe = await signed_in(home, workspace), await signed_in(home, workspace, "joe@plixa.example")
        before = len(await _deeds(home))
        tag = (await rita.post("/v1/admin/support/tags", {"name": "urgent"}, 201))["id"]
        reply = await rita.post("/v1/admin/support/canned-replies", {"title": "Hi", "body": "Hi {{agent}}"}, 201)
        ticket, asked = f"{TICKETS}/{opened['id']}", 2
        for door in nodes:
            workspace.client.base_url = door.services.public_url
            await _walk(rita, ticket, tag, reply["id"])
            await rita.call("DELETE", f"/v1/admin/tenants/{workspace.tenant}/impersonate", 204)  # of no stay: a look
            workspace.client.base_url = home.services.public_url
            assert [each["name"] for each in await joe.post(f"{ticket}/viewing")] == ["Rita"]
            asked += 10
        shown = await rita.get(ticket)
        assert [each["body"] for each in shown["messages"]] == ["Since Monday", "Hi Rita", "Hi Rita"]  # each once
        assert len(await _deeds(home)) == before + asked + 1  # one of each
        assert _serves(nodes, workspace) == [(True, False), (False, True)]


async def _walk(rita: Desk, ticket: str, tag: int, reply: int) -> None:
    """Each of the requests that need both, or might."""
    tagged = await rita.call("PUT", f"{ticket}/tags", json={"tag_ids": [tag]})
    assert tagged["tag_ids"] == [tag]
    [listed] = await rita.get(TICKETS)
    assert listed["tag_ids"] == [tag]
    await rita.post(f"{ticket}/messages", {"canned_reply_id": reply}, 201)
    await rita.post(f"{ticket}/status", {"status": "pending"})
    assert (await rita.get(ticket))["status"] == "pending"
    await rita.post(f"{ticket}/viewing")
    assert [each["name"] for each in await rita.get("/v1/admin/support/tags")] == ["urgent"]
    assert len(await rita.get("/v1/admin/support/canned-replies")) == 1


async def _deeds(node: Node) -> list[Json]:
    async def rows(connection: Any) -> list[Json]:
        return list(await connection.fetch("select * from admin_audit_logs"))

    return await node.services.database.run(rows)


def _serves(nodes: list[Node], workspace: Workspace) -> list[tuple[bool, bool]]:
    """Whether each has tenant 0, and this workspace."""
    supervisors = [each.services.bus.supervisor for each in nodes]
    return [(each.has(0), each.has(workspace.tenant)) for each in supervisors]
