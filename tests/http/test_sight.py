"""An agent who may see only their own conversations and nobody's: of the rest there is not a trace, on no way.

Lists, ids, search, timeline and the live push stand in `test_placing.py`; here is what is easily forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import trio
from tests.http import people
from tests.http.chat import Chat
from tests.http.house import House
from tests.http.sockets import signed_in

from plixa import features
from plixa.actors.conversation import events as ev
from plixa.compose import Node
from plixa.engine.ports import Address

ROUTES = features.routes()

OTHERS, MINE = "5511987650001", "5511987650002"


@dataclass
class Split:
    """A house in which one conversation is the owner's and one the agent's."""

    chat: Chat
    agent: people.Member
    others: int
    mine: int

    async def get(self, path: str, **query: Any) -> Any:
        """As the agent."""
        headers = {"Authorization": self.agent.bearer}
        answer = await self.chat.workspace.client.get(path, params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any) -> int:
        """As the agent; returns the status."""
        headers = {"Authorization": self.agent.bearer}
        return (await self.chat.workspace.client.post(path, json=body, headers=headers)).status_code


@pytest.fixture
async def split(chat: Chat, node: Node) -> Split:
    agent = await people.agent(node, chat.workspace)
    ids = [(await chat.written("oi", phone=phone))["conversation_id"] for phone in (OTHERS, MINE)]
    await chat.change(ids[0], assigned_user_id=chat.workspace.user_id)
    await chat.change(ids[1], assigned_user_id=agent.user_id)
    await chat.workspace.client.put("/v1/security-config", json={"agent_restricted_to_own_conversations": True})
    return Split(chat, agent, *ids)


@pytest.mark.spec(269)
async def test_no_route_leads_to_anothers_conversation(house: House, node: Node) -> None:
    """Over all routes that there are: the house's one conversation is the owner's."""
    agent = await people.agent(node, house.chat.workspace)
    await house.client.put("/v1/security-config", json={"agent_restricted_to_own_conversations": True})
    routes = [route for route in ROUTES if route.path.startswith("/v1/conversations/{")]
    answers = {route.key: (await house.call(route, agent.bearer)).status_code for route in routes}
    assert len(answers) > 20
    assert answers == dict.fromkeys(answers, 404)
    headers, bulk = {"Authorization": agent.bearer}, {"action": "close", "ids": [house.ids["conversations"]]}
    done = await house.client.post("/v1/conversations/bulk", json=bulk, headers=headers)
    assert done.json()["data"] == {"affected": 0}


@pytest.mark.spec(269)
async def test_the_address_book_is_without_the_customers_of_others(split: Split) -> None:
    workspace = split.chat.workspace
    others, mine = (split.chat.inbox.conversations[each]["contact_id"] for each in (split.others, split.mine))
    nobodys = (await workspace.post("/v1/contacts", {"contact_phone": "5511987650003"}))["id"]
    for sort in ("name", "latest"):
        for q in (None, "55119876"):
            query = {"sort": sort, **({"q": q} if q else {})}
            assert {each["id"] for each in (await split.get("/v1/contacts", **query))["data"]} == {mine, nobodys}
            whole = await workspace.client.get("/v1/contacts", params=query)
            assert {each["id"] for each in whole.json()["data"]} == {others, mine, nobodys}
    assert (await split.get(f"/v1/contacts/{mine}"))["data"]["conversations"] == [split.mine]
    assert (await split.get("/v1/contacts", q=OTHERS))["data"] == []


@pytest.mark.spec(269)
async def test_no_route_leads_to_a_customer_of_others(house: House, node: Node) -> None:
    """Over all routes that there are: all conversations of the house's customer are the owner's."""
    agent = await people.agent(node, house.chat.workspace)
    workspace = house.chat.workspace
    contact = house.chat.inbox.conversations[house.ids["conversations"]]["contact_id"]
    for conversation in (await workspace.get("/v1/conversations"))["data"]:
        await house.chat.change(conversation["id"], assigned_user_id=workspace.user_id)
    house.ids["contacts"] = contact
    await house.client.put("/v1/security-config", json={"agent_restricted_to_own_conversations": True})
    routes = [route for route in ROUTES if route.path.startswith("/v1/contacts/{") and route.who == "member"]
    assert len(routes) >= 4
    answers = {route.key: (await house.call(route, agent.bearer)).status_code for route in routes}
    assert answers == dict.fromkeys(answers, 404)
    phone = (await workspace.get(f"/v1/contacts/{contact}"))["data"]["contact_phone"]
    headers = {"Authorization": agent.bearer}
    again = await house.client.post("/v1/contacts", json={"contact_phone": phone}, headers=headers)
    assert again.status_code == 403


async def test_a_customer_of_two_is_seen_by_both(split: Split) -> None:
    """Merged: one conversation is another's, one is mine."""
    others, mine = (split.chat.inbox.conversations[each]["contact_id"] for each in (split.others, split.mine))
    await split.chat.workspace.post(f"/v1/contacts/{others}/merge", {"from_id": mine})
    assert (await split.get(f"/v1/contacts/{others}"))["data"]["conversations"] == [split.mine]
    assert {each["id"] for each in (await split.get("/v1/contacts"))["data"]} == {others}


# -- erasing ----------------------------------------------------------------------------------------------------------


async def test_erasing_is_the_owners_until_the_owner_lets_members_do_it(split: Split) -> None:
    client, headers, path = (
        split.chat.workspace.client,
        {"Authorization": split.agent.bearer},
        f"/v1/conversations/{split.mine}",
    )
    bulk = {"action": "delete", "ids": [split.mine]}
    refused = await client.delete(path, headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "FORBIDDEN")
    assert await split.post("/v1/conversations/bulk", bulk) == 403
    assert (await split.get(path))["data"]["id"] == split.mine
    assert (await split.chat.workspace.get("/v1/inbox-config"))["data"]["members_may_delete"] is False
    await split.chat.workspace.put("/v1/inbox-config", {"members_may_delete": True})
    others = await client.delete(f"/v1/conversations/{split.others}", headers=headers)
    assert others.status_code == 404
    assert (await client.delete(path, headers=headers)).status_code == 204


@pytest.mark.spec(269)
async def test_the_dashboard_counts_nothing_of_others(split: Split) -> None:
    shown, whole = await split.get("/v1/dashboard"), await split.chat.workspace.get("/v1/dashboard")
    for dashboard, count in ((shown["data"], 1), (whole["data"], 2)):
        assert dashboard["now"]["open"] == count
        assert (dashboard["today"]["inbound"], dashboard["today"]["opened"]) == (count, count)
        assert sum(day["inbound"] for day in dashboard["last_7_days"]) == count


@pytest.mark.spec(269)
async def test_who_types_in_anothers_conversation_is_not_told(split: Split, node: Node) -> None:
    token = split.agent.bearer.removeprefix("Bearer ")
    async with signed_in(node, split.chat.workspace.token) as owner, signed_in(node, token) as agent:
        for socket in (owner, agent):
            await socket.send({"op": "subscribe"})
            await socket.until("live")
        await trio.sleep(0.05)
        for conversation_id in (split.others, 987_654_321, split.mine):
            await owner.send({"op": "ephemeral", "type": "typing", "conversation_id": conversation_id})
        assert (await agent.until("ephemeral"))["conversation_id"] == split.mine
        assert [frame["conversation_id"] for frame in agent.ephemerals] == [split.mine]


@pytest.mark.spec(269)
async def test_what_was_deleted_meanwhile_is_told_of_by_its_end_alone(split: Split) -> None:
    await split.chat.answer(split.others, "segredo")
    client = split.chat.workspace.client
    assert (await client.delete(f"/v1/conversations/{split.others}")).status_code == 204
    events = (await split.get("/v1/events", after=0))["data"]
    told = [event["type"] for event in events if event["data"].get("conversation_id") == split.others]
    assert told == ["conversation.deleted"]


@pytest.mark.spec(269)
async def test_what_others_hand_on_to_each_other_is_not_told(split: Split, node: Node) -> None:
    bo = await people.agent(node, split.chat.workspace)
    for assignee in (bo.user_id, split.chat.workspace.user_id, split.agent.user_id, bo.user_id):
        await split.chat.change(split.others, assigned_user_id=assignee)
    events = (await split.get("/v1/events", after=0))["data"]
    told = [event["data"] for event in events if event["data"].get("conversation_id") == split.others]
    gone = {"conversation_id": split.others, "conversation": {"id": split.others, "deleted": True}}
    assert told == [gone, gone]  # once when it was nobody's before, and once when it was the agent's


@pytest.mark.spec(269)
async def test_a_number_that_leads_to_anothers_conversation_is_not_written_to(split: Split) -> None:
    for phone, status in ((OTHERS, 403), (MINE, 201), ("5511987650009", 201)):
        assert await split.post("/v1/messages/send", {"phone": phone, "body": "oi"}) == status


@pytest.mark.spec(109)
async def test_a_rating_that_agents_are_not_to_see_is_in_no_timeline(split: Split, node: Node) -> None:
    workspace, path = split.chat.workspace, f"/v1/conversations/{split.mine}"
    address, at = Address(workspace.tenant, "conversation", split.mine), node.services.clock.now()
    for event in (
        ev.CsatAsked(asked_at=at, episode=1),
        ev.CsatRated(rating=2, rated_at=at, episode=1, stage="done"),
    ):
        await people.append(node, address, event)
    head = (await workspace.get("/v1/conversations"))["meta"]["head"]
    for visible in (False, True):
        await workspace.put("/v1/csat-config", {"enabled": True, "visible_to_agents": visible})
        types = {entry["type"] for entry in (await split.get(f"{path}/timeline"))["data"]}
        assert ("csat.rated" in types) is visible
        standing = (await split.get(f"{path}/at/{head}"))["data"]["state"]
        assert ("survey" in standing) is visible
    assert "csat.rated" in {entry["type"] for entry in (await workspace.get(f"{path}/timeline"))["data"]}
