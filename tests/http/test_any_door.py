"""A small chosen set, asked by the wrong door; `pytest --wrong-door tests/http` is all of it."""

from __future__ import annotations

import json

import httpx
import pytest
import trio
from tests import harness
from tests.doors import door_of
from tests.harness import PASSWORD, Workspace
from tests.http.chat import Chat
from tests.http.mails import mailed
from tests.http.sockets import raw, signed_in

from plixa.actors.desk.shared import HearOfTicket, RemoveTag
from plixa.compose import Node
from plixa.engine.errors import Refused
from plixa.engine.ports import Address
from plixa.http.api.limits import Limits

pytestmark = pytest.mark.wrong_door


async def test_a_conversation_with_webhooks_requests_and_sockets(chat: Chat, node: Node) -> None:
    me = node.services.owners.me.node
    answer = await chat.workspace.client.get("/v1/me")
    assert (answer.status_code, answer.headers["x-plixa-node"]) == (200, me)
    assert {"content-security-policy", "x-request-id"} <= set(answer.headers)
    async with signed_in(node, chat.workspace.token) as socket, raw(node) as late:
        await socket.resume(0)
        await late.send({"op": "auth", "token": chat.workspace.token})
        assert (await late.receive())["op"] == "hello"
        await late.resume(0)
        await chat.write("oi")
        head = (await chat.workspace.get("/v1/conversations"))["meta"]["head"]
        for each in (socket, late):
            await each.until_offset(head)
        assert socket.events == late.events
        assert [event["offset"] for event in socket.events] == sorted({event["offset"] for event in socket.events})
    with trio.fail_after(5):
        while node.services.sockets:  # noqa: ASYNC110
            await trio.sleep(0.02)


async def test_signing_in_and_links_in_mails(workspace: Workspace, node: Node) -> None:
    """Public routes run where they come in, until they touch a workspace."""
    async with httpx.AsyncClient(base_url=node.services.public_url, trust_env=False) as stranger:
        wrong = await stranger.post("/v1/auth/login", json={"email": workspace.email, "password": "not this one 7"})
        right = await stranger.post("/v1/auth/login", json={"email": workspace.email, "password": PASSWORD})
        assert (wrong.status_code, right.status_code) == (401, 200)
        assert right.headers["x-plixa-node"] == node.services.owners.me.node
        began = trio.current_time()
        asked = await stranger.post("/v1/auth/password/forgot", json={"email": workspace.email})
        known = trio.current_time() - began
        began = trio.current_time()
        nobody = await stranger.post("/v1/auth/password/forgot", json={"email": "nobody@plixa.example"})
        unknown = trio.current_time() - began
        assert asked.status_code == 202
        assert asked.headers["x-plixa-node"] == nobody.headers["x-plixa-node"]  # no matter whose it is
        assert abs(known - unknown) < 0.4  # it is not asked twice
        assert await mailed(node, tag="password_reset", to=workspace.email)


async def test_guesses_at_an_account_are_counted_for_all_nodes_together(workspace: Workspace, node: Node) -> None:
    async def sign_in(email: str, password: str) -> int:
        """At a node that has heard of no guess yet."""
        door_of(node).services.limits, node.services.limits = Limits(for_all=True), Limits(for_all=True)
        async with httpx.AsyncClient(base_url=node.services.public_url, trust_env=False) as stranger:
            body = {"email": email, "password": password}
            return (await stranger.post("/v1/auth/login", json=body)).status_code

    assert [await sign_in(workspace.email, PASSWORD) for _ in range(4)] == [200] * 4  # carried, and counted once
    assert [await sign_in(workspace.email, "not this one 7") for _ in range(6)] == [401] * 6
    assert await sign_in(workspace.email, PASSWORD) == 429
    assert [await sign_in("nobody@plixa.example", "not this one 7") for _ in range(11)] == [401] * 10 + [429]


async def test_a_body_keeps_its_bytes_and_is_bounded_as_ever(chat: Chat, node: Node) -> None:
    number = chat.number
    body = json.dumps(number.message("5511987650009", "é" * 30_000, "K1")).encode()
    async with httpx.AsyncClient(trust_env=False, timeout=20) as gateway:
        headers = {**number.headers, "content-type": "application/json"}
        taken = await gateway.post(number.url, content=body, headers=headers)
        large = await gateway.post(number.url, content=b"x" * (33 * 1024 * 1024), headers=headers)
        refused = await gateway.post(number.url, content=body, headers={"x-plixa-secret": "guess"})
    assert (taken.status_code, taken.content) == (200, b"stored")
    assert (large.status_code, large.content) == (200, b"too_large")
    assert refused.status_code == 409
    wires = node.services.wires
    assert wires is not None
    assert wires.in_flight == 0


async def test_what_only_nodes_may_say_is_not_heard_of_clients(workspace: Workspace, node: Node) -> None:
    headers = {"x-plixa-hop": "1", "x-plixa-node": "evil"}
    answer = await workspace.client.get("/v1/me", headers=headers)
    assert (answer.status_code, answer.headers.get_list("x-plixa-node")) == (200, [node.services.owners.me.node])


async def test_a_node_that_the_others_do_not_reach_says_so(node: Node) -> None:
    door = door_of(node).services
    async with httpx.AsyncClient(base_url=node.services.public_url, trust_env=False) as balancer:
        well = await balancer.get("/readyz")
        door.apart = lambda: True
        apart = await balancer.get("/readyz")
    assert (well.status_code, well.json()["apart"], apart.status_code, apart.json()["apart"]) == (200, "no", 503, "yes")


async def test_a_file_goes_out_and_comes_in_whole(workspace: Workspace, node: Node) -> None:
    rows = "phone,name\n" + "".join(f"5511{n:09},Nome {n}\n" for n in range(2_000))
    answer = await workspace.client.post("/v1/contacts/import", files={"file": ("a.csv", rows.encode(), "text/csv")})
    assert answer.status_code in (201, 202), answer.text


async def test_a_new_workspace_is_made_once_where_it_belongs(node: Node) -> None:
    async with harness.registered(node.services.public_url) as workspace:
        assert node.services.bus.supervisor.has(workspace.tenant)


async def test_a_command_goes_to_an_actor_of_another_node(workspace: Workspace, node: Node) -> None:
    """As a ticket tells the desk, which is in tenant 0."""
    command = HearOfTicket(tenant=workspace.tenant, ticket_id=1, change=1)
    door, desk = door_of(node), Address(0, "desk", 0)
    await door.services.bus.tell(desk, command, actor="system", cause="test")
    heard = await node.services.store.read_range(0, 0, 100)
    assert [type(each.event).__name__ for each in heard if each.stream == desk.stream] == ["TicketChanged"]
    with pytest.raises(Refused):
        await door.services.bus.tell(desk, RemoveTag(tag_id=99), actor="system", cause="test")
