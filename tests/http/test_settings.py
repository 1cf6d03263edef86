"""The small resources: one mechanism behind all, and what is special about each."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.harness import Json, Workspace
from tests.http import people
from tests.http.mails import mailed

from plixa.compose import Node

REGIONAL = {"timezone": "America/Sao_Paulo", "locale": "es", "currency": "BRL"}
ALWAYS = {"priority": 1, "condition_type": "always", "action_type": "round_robin"}
ORDERED: dict[str, Any] = {
    "/v1/saved-replies": lambda n: {"label": f"r{n}", "body": "Oi"},
    "/v1/custom-field-definitions": lambda n: {"name": f"f{n}", "type": "text"},
    "/v1/ai-faqs": lambda n: {"question": f"q{n}?", "answer": "Sim."},
}


def _wrong(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 422, answer.text
    return set(answer.json()["errors"][0]["details"])


async def _ids(workspace: Workspace, path: str) -> list[int]:
    return [each["id"] for each in (await workspace.get(path))["data"]]


# -- in order ---------------------------------------------------------------------------------------------------------


@pytest.mark.spec(16)
@pytest.mark.spec(129)
@pytest.mark.spec(130)
@pytest.mark.spec(210)
@pytest.mark.parametrize("path", ORDERED)
async def test_what_is_put_in_order_by_hand_stays_so(path: str, workspace: Workspace, neighbour: Workspace) -> None:
    ids = [(await workspace.post(path, ORDERED[path](n)))["id"] for n in range(4)]
    foreign = (await neighbour.post(path, ORDERED[path](9)))["id"] + 1000
    whole = [ids[2], ids[0], ids[3], ids[1]]
    shown = await workspace.post(f"{path}/reorder", {"ids": [foreign, *whole, 987_654_321, ids[2]]})
    assert [each["id"] for each in shown] == whole == await _ids(workspace, path)
    # A part of them: those that are missing keep their positions.
    before = {each["id"]: each["position"] for each in (await workspace.get(path))["data"]}
    await workspace.post(f"{path}/reorder", {"ids": [ids[3], ids[2]]})
    after = {each["id"]: each["position"] for each in (await workspace.get(path))["data"]}
    assert (after[ids[3]], after[ids[2]]) == (0, 1)
    assert {id_: after[id_] for id_ in ids[:2]} == {id_: before[id_] for id_ in ids[:2]}
    assert await _ids(neighbour, path) == [foreign - 1000]


@pytest.mark.spec(15)
@pytest.mark.spec(209)
@pytest.mark.parametrize(
    ("path", "longest"),
    [("/v1/saved-replies", {"label": 80, "body": 2000}), ("/v1/ai-faqs", {"question": 280, "answer": 2000})],
)
async def test_texts_have_their_limits_and_must_be_there(
    path: str, longest: dict[str, int], workspace: Workspace
) -> None:
    whole = {name: "x" * length for name, length in longest.items()}
    item = f"{path}/{(await workspace.post(path, whole))['id']}"
    for method, where in (("POST", path), ("PUT", item)):
        assert _wrong(await workspace.client.request(method, where, json={})) == set(longest)
        for name in longest:
            for text in ("", whole[name] + "x"):
                answer = await workspace.client.request(method, where, json={**whole, name: text})
                assert _wrong(answer) == {name}


# -- auto-assignment, sectors -----------------------------------------------------------------------------------------


@pytest.mark.spec(86)
async def test_a_rule_that_is_deleted_is_gone(workspace: Workspace) -> None:
    rule = await workspace.post("/v1/auto-assignment-rules", ALWAYS)
    answers = [await workspace.client.delete(f"/v1/auto-assignment-rules/{rule['id']}") for _ in range(2)]
    assert [(answer.status_code, bool(answer.content)) for answer in answers] == [(204, False), (404, True)]
    assert await _ids(workspace, "/v1/auto-assignment-rules") == []


@pytest.mark.spec(265)
async def test_the_agents_of_a_sector_are_replaced_as_a_whole(
    workspace: Workspace, neighbour: Workspace, node: Node
) -> None:
    one, two = (await people.agent(node, workspace)).user_id, (await people.agent(node, workspace)).user_id
    sector = await workspace.post("/v1/sectors", {"name": "Vendas", "user_ids": [one]})
    path = f"/v1/sectors/{sector['id']}"
    for user_ids in ([two], [two, one], []):
        assert (await workspace.put(path, {"user_ids": user_ids}))["user_ids"] == user_ids
        assert (await workspace.put(path, {"description": f"{len(user_ids)}"}))["user_ids"] == user_ids
    foreign = await workspace.client.put(path, json={"user_ids": [neighbour.user_id]})
    assert _wrong(foreign) == {"user_ids"}


async def test_what_names_somebody_who_left_can_still_be_changed(workspace: Workspace, node: Node) -> None:
    member = (await people.agent(node, workspace)).user_id
    sector = await workspace.post("/v1/sectors", {"name": "Vendas", "user_ids": [member, workspace.user_id]})
    rule = await workspace.post(
        "/v1/auto-assignment-rules", {**ALWAYS, "action_type": "assign_user", "action_user_id": member}
    )
    assert (await workspace.client.delete(f"/v1/team/members/{member}")).status_code == 204
    renamed: Json = await workspace.put(f"/v1/sectors/{sector['id']}", {"name": "Balcão"})
    assert (renamed["name"], renamed["user_ids"]) == ("Balcão", [workspace.user_id])
    path = f"/v1/auto-assignment-rules/{rule['id']}"
    assert (await workspace.put(path, {"is_active": False}))["action_user_id"] is None
    assert _wrong(await workspace.client.put(path, json={"is_active": True})) == {"action_user_id"}
    whole = {"is_active": True, "action_user_id": workspace.user_id}
    assert (await workspace.put(path, whole))["is_active"] is True


async def test_a_rule_whose_label_is_gone_can_be_switched_off(workspace: Workspace) -> None:
    label = await workspace.post("/v1/labels", {"name": "VIP", "color": "#aabbcc"})
    values = {"condition_type": "label", "condition_value": str(label["id"])}
    rule = await workspace.post("/v1/auto-assignment-rules", {**ALWAYS, **values})
    await workspace.client.delete(f"/v1/labels/{label['id']}")
    path = f"/v1/auto-assignment-rules/{rule['id']}"
    assert _wrong(await workspace.client.put(path, json={"priority": 2})) == {"condition_value"}
    assert (await workspace.put(path, {"is_active": False}))["is_active"] is False


# -- the workspace itself ---------------------------------------------------------------------------------------------


@pytest.mark.spec(314)
async def test_a_time_zone_must_be_a_real_one_and_all_three_must_be_there(workspace: Workspace) -> None:
    path = "/v1/workspace-config"
    assert _wrong(await workspace.client.put(path, json={})) == set(REGIONAL)
    for name in ("", "Sao_Paulo", "america/sao_paulo", "GMT-3", "localtime", "Factory", "../UTC", "posix/UTC"):
        assert _wrong(await workspace.client.put(path, json={**REGIONAL, "timezone": name})) == {"timezone"}
    assert _wrong(await workspace.client.put(path, json={**REGIONAL, "locale": "fr"})) == {"locale"}
    assert await workspace.put(path, {**REGIONAL, "currency": "brl"}) == REGIONAL
    assert (await workspace.get(path))["data"] == REGIONAL


@pytest.mark.spec(312)
async def test_the_workspaces_language_is_that_of_its_mails_and_of_who_has_none(
    workspace: Workspace, node: Node
) -> None:
    await workspace.put("/v1/workspace-config", REGIONAL)
    me = (await workspace.get("/v1/me"))["data"]
    assert (me["user"]["locale"], me["tenant"]["locale"]) == (None, "es")
    await workspace.post("/v1/team/invitations", {"email": "teo@plixa.example"})
    [invited] = await mailed(node, tag="invitation")
    assert "te invitó a" in invited.subject
    await workspace.post("/v1/digest-config/test")
    [spanish] = await mailed(node, tag="daily_digest")
    await workspace.client.patch("/v1/me", json={"locale": "pt-BR"})
    await workspace.post("/v1/digest-config/test")
    portuguese = (await mailed(node, 2, tag="daily_digest"))[0]
    assert spanish.subject != portuguese.subject
    assert "Resumo" in portuguese.subject
