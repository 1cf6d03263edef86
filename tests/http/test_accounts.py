"""Registering, signing in, one's own account, and the workspace's WhatsApp numbers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import trio
from tests import harness
from tests.harness import PASSWORD, Json, Phones, Workspace, pair
from tests.http.chat import Chat
from tests.http.tables import Tables

from plixa.compose import Node

FOUNDER = {
    "name": "Ana",
    "email": "Ana.Souza@Plixa.Example",
    "password": PASSWORD,
    "password_confirmation": PASSWORD,
    "company_name": "Padaria São José",
    "country_code": "br",
}


async def _register(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post("/v1/auth/register", json={**FOUNDER, **changes})


def _details(answer: httpx.Response) -> Json:
    assert answer.status_code == 422, answer.text
    details: Json = answer.json()["errors"][0]["details"]
    return details


# -- registering and signing in ---------------------------------------------------------------------------------------


@pytest.mark.spec(63)
@pytest.mark.spec(64)
@pytest.mark.spec(66)
@pytest.mark.spec(68)
async def test_registering_makes_workspace_owner_and_token(workspace: Workspace) -> None:
    answer = await _register(workspace.client)
    assert answer.status_code == 201
    made = answer.json()["data"]
    assert made["user"]["email"] == "ana.souza@plixa.example"
    assert made["user"]["role"] == "owner"
    tenant = made["tenant"]
    assert (tenant["name"], tenant["country_code"], tenant["timezone"]) == ("Padaria São José", "BR", "UTC")
    number, _, secret = made["token"].partition("|")
    assert number.isdigit()
    assert len(secret) == 40
    me = await workspace.client.get("/v1/me", headers={"Authorization": f"Bearer {made['token']}"})
    assert me.json()["data"] == {"user": made["user"], "tenant": tenant, "acting": None}


@pytest.mark.spec(63)
@pytest.mark.spec(65)
async def test_an_email_that_is_taken_makes_nothing(workspace: Workspace, tables: Tables) -> None:
    await tables.settled()
    before = await tables.dump()
    before.pop("heads")  # an empty log has a head, whoever it was opened for
    details = _details(await _register(workspace.client, email=workspace.email.upper()))
    assert details == {"email": ["The email has already been taken."]}
    after = await tables.dump()
    assert {name: after[name] for name in before} == before


async def test_of_many_who_register_one_email_at_once_one_gets_it(workspace: Workspace) -> None:
    statuses: list[int] = []

    async def register() -> None:
        statuses.append((await _register(workspace.client)).status_code)

    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(register)
    assert sorted(statuses) == [201, 422, 422, 422]


@pytest.mark.spec(67)
@pytest.mark.spec(68)
async def test_all_that_is_wrong_with_a_registration_is_said_at_once(workspace: Workspace) -> None:
    required = {"name", "email", "password", "password_confirmation", "company_name", "country_code"}
    assert set(_details(await workspace.client.post("/v1/auth/register", json={}))) == required
    wrong = {"email": "nobody", "password": "short", "country_code": "BRA", "timezone": "Mars/Base", "locale": "tlh"}
    assert set(_details(await _register(workspace.client, **wrong))) == {*wrong, "password_confirmation"}


@pytest.mark.spec(69)
@pytest.mark.spec(70)
@pytest.mark.spec(71)
async def test_signing_in_does_not_tell_who_is_known(workspace: Workspace) -> None:
    async def login(email: str, password: str) -> httpx.Response:
        return await workspace.client.post("/v1/auth/login", json={"email": email, "password": password})

    good = await login(workspace.email.upper(), PASSWORD)
    assert good.status_code == 200
    assert good.json()["data"]["token"] != workspace.token
    wrong_password, unknown = await login(workspace.email, "wrong"), await login("nobody@plixa.example", PASSWORD)
    assert (wrong_password.status_code, wrong_password.content) == (401, unknown.content)
    [error] = unknown.json()["errors"]
    assert error == {"code": "INVALID_CREDENTIALS", "message": "The email or password is incorrect."}


async def test_no_secret_is_in_the_log(workspace: Workspace, tables: Tables) -> None:
    rows = await tables.rows("select t::text as line from events t")
    text = "".join(row["line"] for row in rows)
    everything = str(await tables.dump())
    secret = workspace.token.partition("|")[2]
    assert PASSWORD not in everything
    assert secret not in everything
    assert "argon2" not in text


# -- oneself ----------------------------------------------------------------------------------------------------------


@pytest.mark.spec(28)
@pytest.mark.spec(29)
async def test_a_member_changes_their_name_and_language_and_nothing_else(workspace: Workspace) -> None:
    before = (await workspace.get("/v1/me"))["data"]
    for locale in ("pt-BR", "pt", "es", "en", None):
        answer = await workspace.client.patch("/v1/me", json={"locale": locale, "role": "agent", "email": "x@y.z"})
        assert answer.json()["data"]["user"] == {**before["user"], "locale": locale}
    changed = (await workspace.client.patch("/v1/me", json={"name": " Ana Maria "})).json()["data"]
    assert changed == {"user": {**before["user"], "name": "Ana Maria"}, "tenant": before["tenant"], "acting": None}
    assert (await workspace.get("/v1/me"))["data"] == changed
    wrong = await workspace.client.patch("/v1/me", json={"name": "x" * 256, "locale": "fr"})
    assert set(_details(wrong)) == {"name", "locale"}


# -- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.spec(192)
@pytest.mark.spec(193)
async def test_a_number_is_paired_by_scanning_its_code(workspace: Workspace, simulator: Phones) -> None:
    added = await workspace.post("/v1/phone-instances", {"name": "balcão"})
    assert (added["status"], added["phone"], added["name"]) == ("pending_qr", None, "balcão")
    number = await _until(workspace, added["id"], "connected")
    assert number["phone"]
    assert number["instance"] == added["instance"]
    qr = (await workspace.get(f"/v1/phone-instances/{added['id']}/qr"))["data"]
    codes = {"code": None, "image": None, "pairing_code": None}
    assert qr == {"status": "connected", "status_detail": None, "status_text": None, **codes}


@pytest.mark.spec(194)
async def test_a_plan_includes_so_many_numbers(workspace: Workspace, simulator: Phones) -> None:
    for _ in range(3):
        await pair(workspace, simulator)
    answer = await workspace.client.post("/v1/phone-instances", json={})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "PHONE_NUMBER_LIMIT_REACHED")


@pytest.mark.spec(195)
async def test_a_number_that_is_disconnected_is_logged_out_and_pairs_anew(chat: Chat) -> None:
    path = f"/v1/phone-instances/{chat.number.id}"
    await chat.workspace.post(f"{path}/disconnect")
    await _until(chat.workspace, chat.number.id, "disconnected")
    await _logged_out(chat)
    qr = (await chat.workspace.get(f"{path}/qr"))["data"]
    assert qr["code"]
    await _until(chat.workspace, chat.number.id, "connected")
    await chat.written("de volta")


@pytest.mark.spec(197)
@pytest.mark.spec(198)
async def test_a_restart_bounces_the_connection_and_keeps_the_pairing(chat: Chat) -> None:
    shown = await chat.workspace.post(f"/v1/phone-instances/{chat.number.id}/restart")
    assert shown["status"] == "pending_qr"
    await _until(chat.workspace, chat.number.id, "connected")
    await chat.written("ainda aqui")


async def test_who_is_on_another_workspaces_plan_is_their_own_business(
    node: Node, workspace: Workspace, simulator: Phones
) -> None:
    await pair(workspace, simulator)
    async with harness.registered(node.services.public_url) as other:
        assert (await other.get("/v1/phone-instances"))["data"] == []


async def _until(workspace: Workspace, number_id: int, status: str) -> Json:
    with trio.fail_after(10):
        while True:
            numbers: list[Json] = (await workspace.get("/v1/phone-instances"))["data"]
            number = next(each for each in numbers if each["id"] == number_id)
            if number["status"] == status:
                return number
            await trio.sleep(0.15)


async def _logged_out(chat: Chat) -> None:
    with trio.fail_after(5):
        while True:
            instances: list[Json] = (await chat.simulator.client.get("/sim/instances")).json()
            if [each["state"] for each in instances if each["name"] == chat.number.instance] == ["close"]:
                return
            await trio.sleep(0.05)
