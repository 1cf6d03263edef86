"""Saved views: each member's own filters of the inbox, and the house's for everybody."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.harness import Json, Workspace
from tests.http import people
from tests.http.chat import Chat

from plixa.actors.conversation.views import VIEWS, View
from plixa.compose import Node
from plixa.http.conversation.routes.conversations import Inbox

PATH = "/v1/views"
FILTERS = set(Inbox.model_fields) - {"cursor", "limit"}


class Desk:
    """One member; no bearer is the owner."""

    def __init__(self, workspace: Workspace, bearer: str | None = None) -> None:
        self._client = workspace.client
        self.token = bearer.removeprefix("Bearer ") if bearer else workspace.token
        self._headers = {"Authorization": bearer} if bearer else {}

    async def ask(self, method: str, path: str = "", body: Any = None, base: str = PATH) -> httpx.Response:
        json = {"json": body} if body is not None else {}
        return await self._client.request(method, f"{base}{path}", headers=self._headers, **json)

    async def made(self, name: str, **fields: Any) -> Json:
        answer = await self.ask("POST", "", {"name": name, **fields})
        assert answer.status_code == 201, answer.text
        view: Json = answer.json()["data"]
        return view

    async def put(self, view: Json, **fields: Any) -> int:
        return (await self.ask("PUT", f"/{view['id']}", fields)).status_code

    async def all(self) -> list[Json]:
        views: list[Json] = (await self.ask("GET")).json()["data"]
        return views

    async def names(self) -> list[str]:
        return [view["name"] for view in await self.all()]

    async def default(self) -> list[str]:
        return [view["name"] for view in await self.all() if view["is_default"]]


@pytest.fixture
async def owner(workspace: Workspace) -> Desk:
    return Desk(workspace)


@pytest.fixture
async def agent(workspace: Workspace, node: Node) -> Desk:
    return Desk(workspace, (await people.agent(node, workspace)).bearer)


def test_every_filter_of_the_inbox_can_be_saved() -> None:
    assert set(View.__struct_fields__) - {*VIEWS.hidden, "name", "shared", "is_default"} == FILTERS


async def test_a_view_finds_what_its_filters_find(chat: Chat, owner: Desk) -> None:
    found = (await chat.written("oi"))["conversation_id"]
    other = (await chat.written("olá", phone="5511987650002"))["conversation_id"]
    label = await chat.workspace.post("/v1/labels", {"name": "VIP", "color": "#aabbcc"})
    await chat.workspace.post(f"/v1/conversations/{found}/labels/{label['id']}")
    filters = {"label": label["id"], "status": "open", "assignee": "none", "unread": "mine", "snoozed": "0"}
    view = await owner.made("VIP", **filters, phone_instance=chat.number.id)
    query = {name: view[name] for name in FILTERS if view[name] is not None}
    assert query == {**filters, "phone_instance": chat.number.id}
    assert [each["id"] for each in (await chat.workspace.get("/v1/conversations", **query))["data"]] == [found]
    assert await owner.put(view, label=None) == 200
    [view] = await owner.all()
    query = {name: view[name] for name in FILTERS if view[name] is not None}
    shown = (await chat.workspace.get("/v1/conversations", **query))["data"]
    assert {each["id"] for each in shown} == {found, other}


async def test_a_members_views_are_nobody_elses(owner: Desk, agent: Desk) -> None:
    mine, theirs = await owner.made("Fila"), await agent.made("Fila")
    assert (await owner.names(), await agent.names()) == (["Fila"], ["Fila"])
    assert {mine["user_id"], theirs["user_id"]} & {0} == set()
    for desk, view in ((owner, theirs), (agent, mine)):
        assert await desk.put(view, name="Minha") == 404
        assert (await desk.ask("DELETE", f"/{view['id']}")).status_code == 404
    assert (await owner.ask("POST", "/reorder", {"ids": [theirs["id"], mine["id"]]})).json()["data"] == [mine]
    assert await agent.all() == [theirs]
    for desk, view in ((owner, mine), (agent, theirs)):
        assert (await desk.ask("DELETE", f"/{view['id']}")).status_code == 204
        assert await desk.all() == []


async def test_what_an_owner_shares_is_everybodys_to_see(owner: Desk, agent: Desk) -> None:
    view = await owner.made("Todos", shared=True)
    await agent.made("Meus")
    assert (await owner.names(), await agent.names()) == (["Todos"], ["Meus", "Todos"])  # one's own come first
    assert await agent.put(view, name="Nossos") == 403
    assert (await agent.ask("DELETE", f"/{view['id']}")).status_code == 403
    assert (await agent.ask("POST", "", {"name": "X", "shared": True})).status_code == 403
    assert await agent.put((await agent.all())[0], shared=True) == 403
    assert await owner.put(view, name="Nossos") == 200
    assert await agent.names() == ["Meus", "Nossos"]
    assert await owner.put(view, shared=False) == 200
    assert (await owner.names(), await agent.names()) == (["Nossos"], ["Meus"])


async def test_one_may_be_the_default_of_its_set(owner: Desk, agent: Desk) -> None:
    first = await owner.made("A", is_default=True)
    await agent.made("A", is_default=True)
    await owner.made("B", is_default=True)
    assert (await owner.default(), await agent.default()) == (["B"], ["A"])
    assert await owner.put(first, is_default=True) == 200
    assert await owner.default() == ["A"]
    await owner.made("Casa", shared=True, is_default=True)
    assert (await owner.default(), await agent.default()) == (["A", "Casa"], ["A", "Casa"])
    assert await owner.put(first, is_default=False) == 200
    assert await owner.default() == ["Casa"]


async def test_a_set_has_its_order_its_names_and_its_room(owner: Desk, agent: Desk) -> None:
    views = [await owner.made(f"{n}") for n in range(VIEWS.most)]
    last = views[-1]["id"]
    assert (await owner.ask("POST", "/reorder", {"ids": [last]})).status_code == 200
    assert (await owner.names())[:2] == ["0", str(VIEWS.most - 1)]  # equal positions, the older one first
    full = await owner.ask("POST", "", {"name": "one more"})
    assert (full.status_code, full.json()["errors"][0]["code"]) == (409, "TOO_MANY")
    assert await owner.put(views[0], name="1") == 422  # taken
    # What others have, and what is the house's, takes neither room nor names.
    await agent.made("1")
    await owner.made("1", shared=True)
    assert len(await owner.all()) == VIEWS.most + 1 == 51
    assert await owner.put((await owner.all())[-1], shared=False) == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "x" * 61},
        {"name": " "},
        {"status": "closed"},
        {"assignee": "you"},
        {"assignee": 987_654_321},
        {"label": 987_654_321},
        {"sector": 987_654_321},
        {"phone_instance": 987_654_321},
        {"unread": "theirs"},
        {"q": "x" * 201},
    ],
)
async def test_what_cannot_be_filtered_by_is_refused(owner: Desk, wrong: Json) -> None:
    answer = await owner.ask("POST", "", {"name": "x" * 60, **wrong})
    assert answer.status_code == 422
    assert {path.partition(".")[0] for path in answer.json()["errors"][0]["details"]} == set(wrong)
    assert await owner.all() == []


async def test_what_a_view_looks_for_may_be_gone(owner: Desk, workspace: Workspace) -> None:
    label = await workspace.post("/v1/labels", {"name": "VIP", "color": "#aabbcc"})
    view = await owner.made("VIP", label=label["id"], assignee="me")
    await workspace.client.delete(f"/v1/labels/{label['id']}")
    [shown] = await owner.all()
    assert (shown["label"], shown["assignee"]) == (None, "me")
    assert await owner.put(view, name="Antes VIP") == 200


async def test_the_views_of_who_leaves_go_with_them(workspace: Workspace, node: Node, owner: Desk) -> None:
    member = await people.agent(node, workspace)
    leaving = Desk(workspace, member.bearer)
    await leaving.made("Meus")
    await owner.made("Meus")
    house = await node.services.bus.workspace(workspace.tenant)
    assert {view.user_id for view in house.views.values()} == {member.user_id, workspace.user_id}
    assert (await workspace.client.delete(f"/v1/team/members/{member.user_id}")).status_code == 204
    house = await node.services.bus.workspace(workspace.tenant)
    assert {view.user_id for view in house.views.values()} == {workspace.user_id}
