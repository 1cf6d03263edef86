"""Passwords and e-mail addresses: changed, forgotten, proven."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import trio
from tests.harness import PASSWORD, Json, Phones, Workspace
from tests.http import people
from tests.http.mails import mailed
from tests.http.second_factor import Desk, open_desk, refused
from tests.http.tables import Tables

from plixa.compose import Node
from plixa.engine.errors import RateLimited
from plixa.http.api import auth
from plixa.http.api.limits import Limits

NEW = "another horse 8"
AGAIN = {"password": NEW, "password_confirmation": NEW}


@pytest.fixture
async def desk(database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[Desk]:
    """An owner, and time to spare."""
    async with open_desk(database_url, simulator.url, tmp_path) as desk:
        yield desk


async def _login(workspace: Workspace, password: str, email: str | None = None) -> httpx.Response:
    body = {"email": email or workspace.email, "password": password}
    return await workspace.client.post("/v1/auth/login", json=body)


async def _forgot(client: httpx.AsyncClient, email: str) -> httpx.Response:
    return await client.post("/v1/auth/password/forgot", json={"email": email}, headers={"Authorization": ""})


async def _link(node: Node, tag: str, to: str, count: int = 1) -> str:
    """The secret of the newest mail's link."""
    newest = (await mailed(node, count, tag=tag, to=to))[0]
    return newest.text.partition("?token=")[2].split()[0]


async def _reset(client: httpx.AsyncClient, token: str, **more: str) -> httpx.Response:
    return await client.post("/v1/auth/password/reset", json={"token": token, **AGAIN, **more})


# -- changing it ------------------------------------------------------------------------------------------------------


async def test_a_password_is_changed_by_who_knows_it_and_other_sessions_end(workspace: Workspace, node: Node) -> None:
    other = await people.token(node, workspace, ["*"])
    integration = await people.token(node, workspace, ["read"])
    body = {"current_password": "wrong", **AGAIN}
    error = refused(await workspace.client.put("/v1/me/password", json=body), 422, "VALIDATION_FAILED")
    assert error["details"] == {"current_password": ["The password is incorrect."]}
    body = {"current_password": PASSWORD, "password": "short", "password_confirmation": "shorter"}
    error = refused(await workspace.client.put("/v1/me/password", json=body), 422, "VALIDATION_FAILED")
    assert set(error["details"]) == {"password", "password_confirmation"}
    body = {"current_password": PASSWORD, **AGAIN}
    assert (await workspace.client.put("/v1/me/password", json=body)).status_code == 204
    assert (await _login(workspace, PASSWORD)).status_code == 401
    assert (await _login(workspace, NEW)).status_code == 200
    statuses = [
        (await workspace.client.get("/v1/labels", headers={"Authorization": header})).status_code
        for header in (other, integration, f"Bearer {workspace.token}")
    ]
    assert statuses == [401, 200, 200]
    assert await mailed(node, tag="password_changed", to=workspace.email)


async def test_a_password_that_is_asked_again_cannot_be_guessed_at_leisure(workspace: Workspace, node: Node) -> None:
    second = await people.token(node, workspace, ["*"])
    body = {"current_password": "wrong", **AGAIN}
    first = [(await workspace.client.put("/v1/me/password", json=body)).status_code for _ in range(6)]
    headers = {"Authorization": second}
    setup = "/v1/me/2fa/setup"
    more = [(await workspace.client.post(setup, json={"password": "x"}, headers=headers)).status_code for _ in range(6)]
    assert first + more == [422] * 10 + [429] * 2  # by account, whatever the session and the route


# -- forgetting it ----------------------------------------------------------------------------------------------------


async def test_a_link_in_a_mail_sets_a_new_password_once(workspace: Workspace, node: Node) -> None:
    challenged = await people.token(node, workspace, ["*"])
    answer = await _forgot(workspace.client, workspace.email.upper())
    assert (answer.status_code, answer.json()["meta"]) == (202, None)
    token = await _link(node, "password_reset", workspace.email)
    short = await _reset(workspace.client, token, password="short", password_confirmation="short")
    assert list(refused(short, 422, "VALIDATION_FAILED")["details"]) == ["password"]
    assert (await _reset(workspace.client, token)).status_code == 204
    assert (await _login(workspace, NEW)).status_code == 200
    assert (await _login(workspace, PASSWORD)).status_code == 401
    for header in (challenged, f"Bearer {workspace.token}"):
        refused(await workspace.client.get("/v1/me", headers={"Authorization": header}), 401, "UNAUTHENTICATED")
    used, unknown = await _reset(workspace.client, token), await _reset(workspace.client, "x" * 40)
    assert (used.status_code, used.content) == (422, unknown.content)
    assert refused(unknown, 422, "VALIDATION_FAILED")["details"] == {
        "token": ["This link is not good any more. Ask for a new one."]
    }


async def test_an_earlier_link_and_one_of_more_than_an_hour_ago_are_no_good(desk: Desk) -> None:
    workspace, node = desk.workspace, desk.later.node
    tokens: list[str] = []
    for count in (1, 2):
        await _forgot(workspace.client, workspace.email)
        tokens.append(await _link(node, "password_reset", workspace.email, count))
    assert len(set(tokens)) == 2
    assert (await _reset(workspace.client, tokens[0])).status_code == 422
    desk.later.forward(minutes=61)
    assert (await _reset(workspace.client, tokens[1])).status_code == 422
    assert (await _login(workspace, PASSWORD)).status_code == 200


async def test_of_many_who_use_one_link_at_once_one_does(workspace: Workspace, node: Node) -> None:
    await _forgot(workspace.client, workspace.email)
    token, statuses = await _link(node, "password_reset", workspace.email), []

    async def reset(n: int) -> None:
        password = f"correct horse {n}"
        answer = await _reset(workspace.client, token, password=password, password_confirmation=password)
        statuses.append(answer.status_code)

    async with trio.open_nursery() as nursery:
        for n in range(6):
            nursery.start_soon(reset, n)
    assert sorted(statuses) == [204] + [422] * 5


async def test_who_asks_for_a_link_does_not_learn_who_is_known(workspace: Workspace, node: Node) -> None:
    known, unknown = (
        await _forgot(workspace.client, workspace.email),
        await _forgot(workspace.client, "no@plixa.example"),
    )
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    names = {
        name for name in (*known.headers, *unknown.headers) if known.headers.get(name) != unknown.headers.get(name)
    }
    assert names <= {"x-request-id", "date"}
    times: dict[str, list[float]] = {workspace.email: [], "no@plixa.example": []}
    for _ in range(3):
        for email, taken in times.items():
            began = time.perf_counter()
            await _forgot(workspace.client, email)
            taken.append(time.perf_counter() - began)
    assert abs(median(times[workspace.email]) - median(times["no@plixa.example"])) < 0.1
    assert min(map(min, times.values())) >= 0.25
    await mailed(node, 4, tag="password_reset")


@pytest.mark.parametrize("known", [True, False])
async def test_nobodys_mailbox_is_filled_with_links(known: bool, workspace: Workspace) -> None:
    email = workspace.email if known else "no@plixa.example"
    answers = [await _forgot(workspace.client, email) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]


async def test_a_second_factor_stays_on_through_a_reset(desk: Desk) -> None:
    app, _ = await desk.enrol()
    waiting = (await desk.login())["token"]
    await _forgot(desk.client, desk.workspace.email)
    token = await _link(desk.later.node, "password_reset", desk.workspace.email)
    assert (await _reset(desk.client, token)).status_code == 204
    refused(await desk.challenge(waiting, code=app.code()), 401, "UNAUTHENTICATED")
    asked = (await _login(desk.workspace, NEW)).json()["data"]
    assert (await desk.challenge(asked["token"], code=app.code())).status_code == 200


# -- e-mail addresses -------------------------------------------------------------------------------------------------


async def _me(workspace: Workspace) -> Json:
    user: Json = (await workspace.get("/v1/me"))["data"]["user"]
    return user


async def _verify(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/v1/auth/email/verify", json={"token": token}, headers={"Authorization": ""})


async def test_an_address_is_verified_by_the_link_that_registering_sends(workspace: Workspace, node: Node) -> None:
    assert not (await _me(workspace))["email_verified"]
    first = await _link(node, "email_verification", workspace.email)
    await workspace.post("/v1/me/email/verification")
    second = await _link(node, "email_verification", workspace.email, 2)
    refused(await _verify(workspace.client, first), 422, "VALIDATION_FAILED")
    verified = await _verify(workspace.client, second)
    assert verified.json()["data"] == {"email": workspace.email, "verified": True, "pending_email": None}
    refused(await _verify(workspace.client, second), 422, "VALIDATION_FAILED")
    assert (await _me(workspace))["email_verified"]
    refused(await workspace.client.post("/v1/me/email/verification"), 409, "EMAIL_VERIFIED")


async def test_a_new_address_is_ones_own_once_it_is_verified(workspace: Workspace, node: Node, tables: Tables) -> None:
    old, new = workspace.email, f"new.{workspace.email}"
    await mailed(node, tag="email_verification", to=old)
    body = {"email": new.upper(), "password": "wrong"}
    refused(await workspace.client.put("/v1/me/email", json=body), 422, "VALIDATION_FAILED")
    shown = (await workspace.put("/v1/me/email", {"email": new.upper(), "password": PASSWORD}))["pending_email"]
    assert shown == new
    assert (await _me(workspace))["email"] == old
    assert (await _login(workspace, PASSWORD, new)).status_code == 401
    assert (await _verify(workspace.client, await _link(node, "email_verification", new))).status_code == 200
    me = await _me(workspace)
    assert (me["email"], me["email_verified"]) == (new, True)
    assert (await _login(workspace, PASSWORD, new)).status_code == 200
    assert (await _login(workspace, PASSWORD, old)).status_code == 401
    assert await mailed(node, tag="email_changed", to=old)
    assert [
        row["email"] for row in await tables.rows("select email from members where tenant_id = $1", workspace.tenant)
    ] == [new]


async def test_a_change_can_be_called_off_and_its_link_is_void(workspace: Workspace, node: Node) -> None:
    new = f"new.{workspace.email}"
    await workspace.put("/v1/me/email", {"email": new, "password": PASSWORD})
    token = await _link(node, "email_verification", new)
    shown = await workspace.put("/v1/me/email", {"email": workspace.email, "password": PASSWORD})
    assert shown["pending_email"] is None
    refused(await _verify(workspace.client, token), 422, "VALIDATION_FAILED")
    assert (await _me(workspace))["email"] == workspace.email


async def test_one_address_is_one_members_also_when_two_want_it(
    workspace: Workspace, neighbour: Workspace, node: Node
) -> None:
    body = {"email": neighbour.email, "password": PASSWORD}
    error = refused(await workspace.client.put("/v1/me/email", json=body), 422, "VALIDATION_FAILED")
    assert error["details"] == {"email": ["The email has already been taken."]}
    new, tokens = f"new.{workspace.email}", []
    for count, each in enumerate((workspace, neighbour), 1):
        await each.put("/v1/me/email", {"email": new, "password": PASSWORD})
        tokens.append(await _link(node, "email_verification", new, count))
    statuses = [(await _verify(workspace.client, token)).status_code for token in tokens]
    assert statuses == [200, 422]
    assert (await _me(neighbour))["email"] == neighbour.email


async def test_the_secrets_of_links_are_nowhere_but_sealed(
    workspace: Workspace, node: Node, tables: Tables, capfd: pytest.CaptureFixture[str]
) -> None:
    await _forgot(workspace.client, workspace.email)
    secrets = [await _link(node, tag, workspace.email) for tag in ("password_reset", "email_verification")]
    dump, logs = await tables.dump(), "".join(capfd.readouterr())
    for secret in secrets:
        assert len(secret) == 40
        for found in (str(dump), logs):
            assert secret not in found
            assert secret.encode().hex() not in found


# -- found by mutation ------------------------------------------------------------------------------------------------


async def test_a_link_does_not_outlive_a_change_of_the_password(workspace: Workspace, node: Node) -> None:
    await _forgot(workspace.client, workspace.email)
    token = await _link(node, "password_reset", workspace.email)
    body = {"current_password": PASSWORD, **AGAIN}
    assert (await workspace.client.put("/v1/me/password", json=body)).status_code == 204
    again = await _reset(workspace.client, token, password="a third horse 9", password_confirmation="a third horse 9")
    assert list(refused(again, 422, "VALIDATION_FAILED")["details"]) == ["token"]
    assert (await _login(workspace, NEW)).status_code == 200


async def test_one_address_guesses_at_so_many_accounts_and_no_more() -> None:
    services: Any = SimpleNamespace(limits=Limits())

    async def guess(account: int, address: str) -> None:
        call: Any = SimpleNamespace(services=services, address=address)
        await auth.count_guess(call, str(account))

    for account in range(60):
        await guess(account, "203.0.113.7")
    with pytest.raises(RateLimited):
        await guess(60, "203.0.113.7")
    await guess(60, "203.0.113.8")
