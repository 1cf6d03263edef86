"""Tokens of integrations, and sessions of people."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from tests import harness
from tests.harness import PASSWORD, Json, Phones, Workspace
from tests.http import people
from tests.http.later import later_node
from tests.http.second_factor import bearer, refused
from tests.http.tables import Tables

from plixa.compose import Node

PATH = "/v1/api-tokens"
SESSIONS = "/v1/me/sessions"


async def _create(workspace: Workspace, **more: Any) -> Json:
    made: Json = await workspace.post(PATH, {"name": "ERP", "abilities": ["read"], **more})
    return made


async def _tokens(workspace: Workspace) -> list[Json]:
    data: list[Json] = (await workspace.get(PATH))["data"]
    return data


async def _sessions(client: httpx.AsyncClient, **headers: str) -> list[Json]:
    answer = await client.get(SESSIONS, headers=headers)
    assert answer.status_code == 200
    data: list[Json] = answer.json()["data"]
    return data


async def _login(workspace: Workspace, agent: str) -> Json:
    body = {"email": workspace.email, "password": PASSWORD}
    answer = await workspace.client.post("/v1/auth/login", json=body, headers={"User-Agent": agent})
    made: Json = answer.json()["data"]
    return made


# -- integrations -----------------------------------------------------------------------------------------------------


@pytest.mark.spec(18)
@pytest.mark.spec(19)
@pytest.mark.spec(20)
@pytest.mark.spec(21)
@pytest.mark.spec(22)
async def test_a_token_is_shown_once_and_listed_by_its_prefix(workspace: Workspace) -> None:
    assert await _tokens(workspace) == []
    made = await _create(workspace, name=" ERP ", abilities=["write", "read", "read"], expires_in_days=30)
    shown, token = {name: value for name, value in made.items() if name != "token"}, made["token"]
    assert await _tokens(workspace) == [shown]
    assert (shown["name"], shown["abilities"]) == ("api:ERP", ["read", "write"])
    assert len(shown["hash_prefix"]) == 8
    assert token not in str(shown)
    lasts = datetime.fromisoformat(shown["expires_at"]) - datetime.fromisoformat(shown["created_at"])
    assert timedelta(days=29.99) < lasts <= timedelta(days=30)
    assert (await workspace.client.get("/v1/labels", headers=bearer(token))).status_code == 200
    second = await _create(workspace)
    assert [each["id"] for each in await _tokens(workspace)] == [second["id"], made["id"]]
    assert second["expires_at"] is None


@pytest.mark.spec(24)
async def test_what_is_wrong_with_a_token_is_said_at_once(workspace: Workspace) -> None:
    wrong = {"name": "x" * 61, "abilities": [], "expires_in_days": 366}
    error = refused(await workspace.client.post(PATH, json=wrong), 422, "VALIDATION_FAILED")
    assert set(error["details"]) == {"name", "abilities", "expires_in_days"}
    for abilities in (["admin"], ["*"], "read", None):
        body = {"name": "x", "abilities": abilities, "expires_in_days": 0}
        refused(await workspace.client.post(PATH, json=body), 422, "VALIDATION_FAILED")
    error = refused(await workspace.client.post(PATH, json={}), 422, "VALIDATION_FAILED")
    assert set(error["details"]) == {"name", "abilities"}


@pytest.mark.spec(23)
@pytest.mark.spec(25)
async def test_a_revoked_token_is_no_good_at_once_and_others_are(
    workspace: Workspace, neighbour: Workspace, node: Node
) -> None:
    first, second = await _create(workspace), await _create(workspace)
    agent = await people.agent(node, workspace)
    path = f"{PATH}/{first['id']}"
    refused(await neighbour.client.delete(path), 404, "NOT_FOUND")
    refused(await workspace.client.delete(path, headers={"Authorization": agent.bearer}), 403, "FORBIDDEN")
    refused(await workspace.client.get(PATH, headers={"Authorization": agent.bearer}), 403, "FORBIDDEN")
    mine = workspace.token.partition("|")[0]
    refused(await workspace.client.delete(f"{PATH}/{mine}"), 404, "NOT_FOUND")  # a session is no API token
    assert (await workspace.client.delete(path)).status_code == 204
    refused(await workspace.client.get("/v1/labels", headers=bearer(first["token"])), 401, "UNAUTHENTICATED")
    assert (await workspace.client.get("/v1/labels", headers=bearer(second["token"]))).status_code == 200
    refused(await workspace.client.delete(path), 404, "NOT_FOUND")
    assert [each["id"] for each in await _tokens(workspace)] == [second["id"]]


@pytest.mark.spec(23)
async def test_a_plan_without_tokens_takes_none_and_an_expired_one_is_no_good(
    database_url: str, simulator: Phones, tmp_path: Path
) -> None:
    async with (
        later_node(database_url, simulator.url, tmp_path) as later,
        harness.registered(later.node.services.public_url) as workspace,
    ):
        short, long = await _create(workspace, expires_in_days=1), await _create(workspace)
        later.forward(hours=23, minutes=59)
        assert (await workspace.client.get("/v1/labels", headers=bearer(short["token"]))).status_code == 200
        later.forward(minutes=2)
        refused(await workspace.client.get("/v1/labels", headers=bearer(short["token"])), 401, "UNAUTHENTICATED")
        assert [each["id"] for each in await _tokens(workspace)] == [long["id"]]
        later.forward(days=14)
        for answer in (
            await workspace.client.post(PATH, json={"name": "x", "abilities": ["read"]}),
            await workspace.client.delete(f"{PATH}/{long['id']}"),
            await workspace.client.get("/v1/labels", headers=bearer(long["token"])),
        ):
            refused(answer, 403, "API_ACCESS_PLAN_REQUIRED")


async def test_a_repeated_request_gives_the_same_token_and_the_plain_one_is_stored_nowhere(
    workspace: Workspace, tables: Tables
) -> None:
    body, headers = {"name": "ERP", "abilities": ["read"]}, {"Idempotency-Key": "once"}
    answers = [await workspace.client.post(PATH, json=body, headers=headers) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert len(await _tokens(workspace)) == 1
    secret = answers[0].json()["data"]["token"].partition("|")[2]
    everything = str(await tables.dump())
    assert secret not in everything
    assert secret.encode().hex() not in everything


async def test_the_tokens_of_somebody_who_was_removed_are_no_good(workspace: Workspace, node: Node) -> None:
    agent = await people.agent(node, workspace)
    reads = await people.token(node, workspace, ["read"], agent.user_id)
    assert (await workspace.client.delete(f"/v1/team/members/{agent.user_id}")).status_code == 204
    for header in (agent.bearer, reads):
        answer = await workspace.client.get("/v1/labels", headers={"Authorization": header})
        refused(answer, 401, "UNAUTHENTICATED")


async def test_when_a_token_was_last_used_is_noted_at_most_once_a_minute(workspace: Workspace, tables: Tables) -> None:
    made = await _create(workspace)
    assert made["last_used_at"] is None
    seen = set()
    for _ in range(5):
        await workspace.client.get("/v1/labels", headers=bearer(made["token"]))
    with trio.fail_after(5):
        while not (await _tokens(workspace))[0]["last_used_at"]:  # noqa: ASYNC110  # a row has no event
            await trio.sleep(0.02)
    for _ in range(5):
        await workspace.client.get("/v1/labels", headers=bearer(made["token"]))
        seen.add((await _tokens(workspace))[0]["last_used_at"])
    assert len(seen) == 1
    assert len(await tables.rows("select * from token_uses where token_id = $1", made["id"])) == 1


# -- sessions ---------------------------------------------------------------------------------------------------------


async def test_a_member_sees_their_own_sessions_and_which_is_this_one(workspace: Workspace, node: Node) -> None:
    agent = await people.agent(node, workspace)
    await _create(workspace)
    other = await _login(workspace, "Phone/1.0 <b>")
    sessions = await _sessions(workspace.client)
    assert [each["current"] for each in sessions] == [False, True]
    assert (sessions[0]["user_agent"], sessions[0]["address"]) == ("Phone/1.0 <b>", "127.0.0.1")
    assert f"{sessions[0]['id']}|" in other["token"]
    assert len(await _sessions(workspace.client, Authorization=agent.bearer)) == 1


async def test_a_session_ends_alone_or_with_all_others(workspace: Workspace, node: Node, neighbour: Workspace) -> None:
    agent = await people.agent(node, workspace)
    phone, tablet, tv = [(await _login(workspace, each))["token"] for each in ("phone", "tablet", "tv")]
    integration = (await _create(workspace))["token"]
    path = f"{SESSIONS}/{phone.partition('|')[0]}"
    refused(await workspace.client.delete(path, headers={"Authorization": agent.bearer}), 404, "NOT_FOUND")
    refused(await neighbour.client.delete(path), 404, "NOT_FOUND")
    refused(await workspace.client.delete(f"{SESSIONS}/{integration.partition('|')[0]}"), 404, "NOT_FOUND")
    assert (await workspace.client.delete(path)).status_code == 204
    assert await _good(workspace, phone, tablet, tv) == [False, True, True]
    assert (await workspace.client.delete(SESSIONS, headers=bearer(tv))).status_code == 204
    assert await _good(workspace, tablet, tv, workspace.token, integration) == [False, True, False, True]
    assert (await workspace.client.get("/v1/me", headers={"Authorization": agent.bearer})).status_code == 200


async def _good(workspace: Workspace, *tokens: str) -> list[bool]:
    answers = [await workspace.client.get("/v1/me", headers=bearer(token)) for token in tokens]
    assert {answer.status_code for answer in answers} <= {200, 401, 403}
    return [answer.status_code != 401 for answer in answers]
