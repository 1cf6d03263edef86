"""Saved views as they are pushed: to exactly those who may see them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from tests.harness import Json, Workspace
from tests.http import people
from tests.http.sockets import Socket, signed_in
from tests.http.test_views import Desk

from plixa.actors.workspace import upkeep
from plixa.compose import Node
from plixa.engine.ports import Address


class Screen:
    """What a member's panel shows of views, from what is pushed alone."""

    def __init__(self, desk: Desk, socket: Socket) -> None:
        self.desk = desk
        self.socket = socket

    @property
    def told(self) -> list[Json]:
        """What it was told about views, in a few words."""
        return [_gist(event) for event in self.socket.events if event["type"].startswith("view.")]

    @property
    def views(self) -> list[Json]:
        """The views, in order."""
        views: dict[int, Json] = {}
        for event in self.socket.events:
            if (view := event["data"].get("view")) is not None:
                views[view["id"]] = view
            for id_, place in event["data"].get("positions", {}).items():
                views[int(id_)]["position"] = place
        shown = [view for view in views.values() if not view.get("deleted")]
        return sorted(shown, key=lambda view: (view["user_id"] == 0, view["position"], view["id"]))


def _gist(event: Json) -> Json:
    verb, data = event["type"].removeprefix("view."), event["data"]
    return {verb: data["view"].get("name", "gone") if "view" in data else len(data["positions"])}


class Office:
    """The owner and two agents, each before a screen."""

    def __init__(self, workspace: Workspace, screens: list[Screen]) -> None:
        self._workspace = workspace
        self.screens = screens
        self.owner, self.agent, self.other = (screen.desk for screen in screens)

    async def told(self) -> list[list[Json]]:
        """What each was told by now."""
        name = f"L{len(self.screens[0].socket.events)}"
        await self._workspace.post("/v1/labels", {"name": name, "color": "#aabbcc"})  # everybody hears of it
        for screen in self.screens:
            while not any(event["data"].get("label", {}).get("name") == name for event in screen.socket.events):
                await screen.socket.receive()
        return [screen.told for screen in self.screens]

    async def agrees(self) -> None:
        """Each screen shows what REST does."""
        await self.told()
        for screen in self.screens:
            assert screen.views == await screen.desk.all()


@asynccontextmanager
async def opened(node: Node, workspace: Workspace, desks: list[Desk], after: int = 0) -> AsyncGenerator[Office]:
    """Sockets for all of them, who have seen everything up to an offset."""
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(signed_in(node, desk.token)) for desk in desks]
        for socket in sockets:
            await socket.resume(after)
        yield Office(workspace, [Screen(*pair) for pair in zip(desks, sockets, strict=True)])


@pytest.fixture(params=[False, True], ids=["agents see all", "agents see their own"])
async def desks(workspace: Workspace, node: Node, request: Any) -> list[Desk]:
    agents = [await people.agent(node, workspace) for _ in range(2)]
    await workspace.put("/v1/security-config", {"agent_restricted_to_own_conversations": request.param})
    return [Desk(workspace), *(Desk(workspace, agent.bearer) for agent in agents)]


async def test_a_members_view_is_pushed_to_them_alone(workspace: Workspace, node: Node, desks: list[Desk]) -> None:
    async with opened(node, workspace, desks) as office:
        view = await office.agent.made("Devedores", q="Bia")
        second = await office.agent.made("VIP", is_default=True)
        assert await office.agent.put(view, name="Outros", q=None, is_default=True) == 200
        await office.agent.ask("POST", "/reorder", {"ids": [second["id"], view["id"]]})
        await office.agrees()
        await office.agent.ask("DELETE", f"/{second['id']}")
        created = [{"created": "Devedores"}, {"created": "VIP"}]
        changed = [{"changed": "VIP"}, {"changed": "Outros"}, {"reordered": 2}, {"deleted": "gone"}]
        assert await office.told() == [[], [*created, *changed], []]
        await office.agrees()


async def test_a_shared_view_is_pushed_to_all_and_what_is_shared_no_more_is_gone_for_the_others(
    workspace: Workspace, node: Node, desks: list[Desk]
) -> None:
    async with opened(node, workspace, desks) as office:
        shared = await office.owner.made("Fila", shared=True)
        own = await office.owner.made("Minha")
        assert await office.told() == [[{"created": "Fila"}, {"created": "Minha"}], *[[{"created": "Fila"}]] * 2]
        for view, now in ((own, True), (shared, False)):
            assert await office.owner.put(view, shared=now) == 200
            await office.agrees()
        others = [{"created": "Fila"}, {"changed": "Minha"}, {"changed": "gone"}]
        assert (await office.told())[1:] == [others, others]
        # What its owner does to it now, they do not hear.
        assert await office.owner.put(shared, name="Só minha") == 200
        await office.owner.ask("POST", "/reorder", {"ids": [own["id"], shared["id"]]})
        await office.owner.ask("DELETE", f"/{shared['id']}")
        others.append({"reordered": 1})
        assert (await office.told())[1:] == [others, others]
        await office.owner.ask("DELETE", f"/{own['id']}")
        others.append({"deleted": "gone"})
        assert (await office.told())[1:] == [others, others]
        await office.agrees()


async def test_who_comes_back_is_told_the_same(workspace: Workspace, node: Node, desks: list[Desk]) -> None:
    """From memory while somebody watches, from the log where nobody has."""
    async with opened(node, workspace, desks) as office:
        for name, desk in zip("ABC", desks, strict=True):
            view = await desk.made(name)
            await desk.ask("POST", "/reorder", {"ids": [0, view["id"]]})
        assert await desks[0].put((await desks[0].all())[0], shared=True) == 200
        told = await office.told()
        half = office.screens[1].socket.events[len(office.screens[1].socket.events) // 2]["offset"]
        async with opened(node, workspace, desks) as beside:
            assert [each.told for each in beside.screens] == told
        events = [screen.socket.events for screen in office.screens]
    async with opened(node, workspace, desks) as later:
        assert [each.socket.events for each in later.screens] == events
    async with opened(node, workspace, desks, half) as later:
        missed = [[event for event in each if event["offset"] > half] for each in events]
        assert [each.socket.events for each in later.screens] == missed


async def test_what_is_from_before_events_said_whose_it_was_is_told_to_nobody(
    workspace: Workspace, node: Node, desks: list[Desk]
) -> None:
    view = await desks[0].made("Fila")
    old = upkeep.SettingRemoved(collection="views", item_id=view["id"])
    await people.append(node, Address(workspace.tenant, "workspace", workspace.tenant), old)
    async with opened(node, workspace, desks) as office:
        assert await office.told() == [[{"created": "Fila"}], [], []]
