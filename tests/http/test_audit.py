"""Who did what, when and from where."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness import Json, Workspace
from tests.http import people
from tests.http.chat import Chat
from tests.http.tables import Tables

from plixa import features
from plixa.compose import Node
from plixa.engine.events import event_types

SECRET = "only Bia and the bakery know this"


async def _audit(workspace: Workspace, **query: Any) -> list[Json]:
    deeds: list[Json] = (await workspace.get("/v1/audit", **query))["data"]
    return deeds


async def test_every_change_by_people_is_there_with_who_and_from_where(chat: Chat, node: Node) -> None:
    workspace = chat.workspace
    workspace.client.headers["User-Agent"] = "Panel/1 (Ana's laptop)"
    message = await chat.written(SECRET)
    await chat.answer(message["conversation_id"], f"{SECRET}, too")
    await chat.change(message["conversation_id"], notes=SECRET)
    label = await workspace.post("/v1/labels", {"name": "VIP", "color": "#112233"})
    await workspace.put("/v1/sla-config", {"first_response_seconds": 60, "resolution_seconds": None})
    deeds = await _audit(workspace)
    types = [deed["type"] for deed in deeds]
    assert {"config.changed", "setting.created", "conversation.annotated", "message.queued", "number.added"} <= set(
        types
    )
    assert types[-1] in ("workspace.founded", "member.joined")
    assert not {"message.received", "effect.begun", "mail.requested"} & set(types)
    assert SECRET not in str(deeds)
    assert [deed["id"] for deed in deeds] == sorted((deed["id"] for deed in deeds), reverse=True)
    made = next(deed for deed in deeds if deed["type"] == "setting.created")
    assert made["actor"] == f"user:{workspace.user_id}"
    assert made["actor_name"] == "Ana"
    assert made["summary"] == "added an entry to the labels"
    assert made["subject"] == {"kind": "workspace", "id": workspace.tenant}
    assert (made["address"], made["user_agent"]) == ("127.0.0.1", "Panel/1 (Ana's laptop)")
    assert made["at"].endswith("+00:00")
    assert label["id"]


@pytest.mark.parametrize(
    ("language", "told"),
    [("pt-BR", "adicionou um item à lista: etiquetas"), ("es-MX,es", "añadió un elemento a la lista: etiquetas")],
)
async def test_it_is_told_in_the_language_of_whoever_asks(workspace: Workspace, language: str, told: str) -> None:
    await workspace.post("/v1/labels", {"name": "VIP", "color": "#112233"})
    workspace.client.headers["Accept-Language"] = language
    assert [deed["summary"] for deed in await _audit(workspace, type="setting.created")] == [told]


async def test_sessions_that_were_ended_are_in_it(node: Node, workspace: Workspace) -> None:
    other = (await people.token(node, workspace, ["*"])).removeprefix("Bearer ").partition("|")[0]
    for path in (f"/v1/me/sessions/{other}", "/v1/me/sessions"):
        assert (await workspace.client.delete(path)).status_code == 204
    deeds = await _audit(workspace, type="member.sessions_ended")
    assert [deed["summary"] for deed in deeds] == ["ended all others of their sessions", "ended one of their sessions"]
    assert {deed["address"] for deed in deeds} == {"127.0.0.1"}


async def test_integrations_are_named_by_their_token(node: Node, workspace: Workspace) -> None:
    bearer = await people.token(node, workspace, ["read", "write"])
    body = {"label": "Oi", "body": "Olá!"}
    made = await workspace.client.post("/v1/saved-replies", json=body, headers={"Authorization": bearer})
    assert made.status_code == 201
    token_id = bearer.removeprefix("Bearer ").partition("|")[0]
    [deed] = await _audit(workspace, actor=f"token:{token_id}")
    assert (deed["type"], deed["actor_name"]) == ("setting.created", None)


async def test_it_is_read_page_by_page_and_narrowed(workspace: Workspace, neighbour: Workspace) -> None:
    for n in range(7):
        await workspace.post("/v1/labels", {"name": f"L{n}", "color": "#112233"})
    everything = await _audit(workspace, limit=100)
    pages: list[Json] = []
    cursor: str | None = None
    while True:
        query = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        answer = await workspace.get("/v1/audit", **query)
        pages += answer["data"]
        cursor = answer["meta"]["next_cursor"]
        if cursor is None:
            break
    assert pages == everything
    assert len(await _audit(workspace, type="setting.created")) == 7
    assert await _audit(workspace, actor="user:999999") == []
    middle = everything[3]["at"]
    later, earlier = await _audit(workspace, **{"from": middle}), await _audit(workspace, to=middle)
    assert len(later) + len(earlier) == len(everything)
    assert later[-1]["at"] >= middle > earlier[0]["at"]
    assert {deed["id"] for deed in await _audit(neighbour, type="setting.created")} == set()


async def test_it_is_the_owners_only(node: Node, workspace: Workspace) -> None:
    member = await people.agent(node, workspace)
    refused = await workspace.client.get("/v1/audit", headers={"Authorization": member.bearer})
    assert refused.status_code == 403


async def test_origins_are_forgotten_and_deeds_are_not(workspace: Workspace, tables: Tables) -> None:
    before = await _audit(workspace)
    assert all(deed["address"] for deed in before)
    await tables.rows("delete from request_origins returning 1")
    after = await _audit(workspace)
    assert after == [{**deed, "address": None, "user_agent": None} for deed in before]


@pytest.mark.parametrize("type_", features.tells())
def test_what_is_said_is_said_of_something_that_can_happen(type_: str) -> None:
    assert type_ in event_types()
