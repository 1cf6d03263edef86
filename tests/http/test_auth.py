"""Who signs in: staff apart from members, and one member an e-mail address."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
import trio
from tests import harness
from tests.harness import PASSWORD, Program, Workspace
from tests.http.second_factor import bearer, refused
from tests.http.tables import Tables

from plixa import features
from plixa.compose import Node
from plixa.http.api import auth
from plixa.http.api.limits import Limits
from plixa.http.server import app as app_module
from plixa.storage.staff import admins

ROUTES = features.routes()
STAFF = "staff horse 42"
EMAIL = "rita@plixa.example"
LOGIN = "/v1/admin/auth/login"


async def _add(node: Node, password: str = STAFF) -> None:
    await node.services.database.run(admins.add_admin, EMAIL, "Rita", await auth.hash_password(password))


async def _login(client: httpx.AsyncClient, email: str = EMAIL, password: str = STAFF) -> httpx.Response:
    return await client.post(LOGIN, json={"email": email, "password": password}, headers={"Authorization": ""})


@pytest.mark.spec(37)
@pytest.mark.spec(38)
@pytest.mark.spec(39)
async def test_staff_sign_in_with_tokens_of_their_own_kind(
    database_url: str, tmp_path: Path, workspace: Workspace, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "STRANGER_RATE", "10000/minute")  # there are more routes than tries a minute
    refused(await _login(workspace.client), 401, "INVALID_CREDENTIALS")
    env = harness.environment(database_url, "", tmp_path, ADMIN_PASSWORD=STAFF)
    program = Program("plixa", "staff", "add", "Rita@Plixa.Example", log=tmp_path / "admin.log", env=env)
    await trio.to_thread.run_sync(program.run)
    signed_in = (await _login(workspace.client, EMAIL.upper())).json()["data"]
    assert (signed_in["admin"]["email"], signed_in["admin"]["name"]) == (EMAIL, "rita")
    token = signed_in["token"]
    for route in ROUTES:
        path = re.sub(r"{\w+}", "1", route.path)
        if route.who == "admin":
            refused(await workspace.client.request(route.method, path), 401, "UNAUTHENTICATED")
        elif route.who != "public":
            refused(await workspace.client.request(route.method, path, headers=bearer(token)), 401, "UNAUTHENTICATED")
    out = await workspace.client.post("/v1/admin/auth/logout", headers=bearer(token))
    assert (out.status_code, out.content) == (204, b"")
    again = await workspace.client.post("/v1/admin/auth/logout", headers=bearer(token))
    refused(again, 401, "UNAUTHENTICATED")
    everything = str(await tables.dump())
    assert STAFF not in everything
    assert token.partition("|")[2] not in everything


@pytest.mark.spec(39)
async def test_staff_are_not_told_apart_from_nobody_and_members_are_no_staff(node: Node, workspace: Workspace) -> None:
    await _add(node)
    wrong, unknown = await _login(workspace.client, password="x"), await _login(workspace.client, "no@plixa.example")
    assert (wrong.status_code, wrong.content) == (401, unknown.content)
    refused(await _login(workspace.client, workspace.email, PASSWORD), 401, "INVALID_CREDENTIALS")
    error = refused(await workspace.client.post(LOGIN, json={"email": "rita"}), 422, "VALIDATION_FAILED")
    assert set(error["details"]) == {"email", "password"}
    answers = [(await _login(workspace.client, password="x")).status_code for _ in range(10)]
    assert answers == [401] * 9 + [429]


async def test_a_new_password_of_staff_ends_their_sessions(node: Node, workspace: Workspace) -> None:
    await _add(node)
    token = (await _login(workspace.client)).json()["data"]["token"]
    await _add(node, "other horse 4711")
    refused(await workspace.client.post("/v1/admin/auth/logout", headers=bearer(token)), 401, "UNAUTHENTICATED")
    assert (await _login(workspace.client)).status_code == 401
    assert (await _login(workspace.client, password="other horse 4711")).status_code == 200


@pytest.mark.slow
@pytest.mark.spec(63)
@pytest.mark.spec(65)
async def test_of_fifty_who_register_one_email_at_once_one_gets_it(node: Node, tables: Tables) -> None:
    founder = {"name": "Ana", "email": "ana@plixa.example", "company_name": "Padaria", "country_code": "BR"}
    founder |= {"password": PASSWORD, "password_confirmation": PASSWORD}
    statuses: list[int] = []

    async def register(client: httpx.AsyncClient) -> None:
        statuses.append((await client.post("/v1/auth/register", json=founder)).status_code)

    node.services.limits = Limits(enabled=False)  # all come from one address here
    url = node.services.public_url
    async with httpx.AsyncClient(base_url=url, timeout=50, trust_env=False) as client, trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(register, client)
    assert sorted(statuses) == [201] + [422] * 49
    assert len(await tables.rows("select * from workspaces")) == 1
    assert len(await tables.rows("select * from credentials")) == 1
    assert len(await tables.rows("select * from tokens")) == 1


async def test_an_address_that_registers_too_often_is_told_to_wait(node: Node, workspace: Workspace) -> None:
    answers = [await workspace.client.post("/v1/auth/register", json={}) for _ in range(31)]
    assert [answer.status_code for answer in answers].count(422) == 29
    refused(answers[-1], 429, "RATE_LIMITED")
