"""A second factor, from setting it up to turning it off, and signing in with it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
import trio
from tests.harness import PASSWORD, Phones
from tests.http import people
from tests.http.mails import mailed
from tests.http.second_factor import Desk, bearer, open_desk, refused
from tests.http.sockets import signed_in
from tests.http.tables import Tables

from plixa import features
from plixa.features import kinds, schema
from plixa.http.people.second_factor import step_of
from plixa.http.server import app as app_module
from plixa.storage.tools.rebuild import Rebuilder

ROUTES = features.routes()
PATH = "/v1/me/2fa"
AGAIN = {"password": PASSWORD}


@pytest.fixture
async def desk(database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[Desk]:
    """An owner, and time to spare."""
    async with open_desk(database_url, simulator.url, tmp_path) as desk:
        yield desk


async def _status(desk: Desk) -> tuple[bool, bool, int]:
    data = (await desk.workspace.get(PATH))["data"]
    return data["enabled"], data["configured"], data["recovery_codes_remaining"]


async def _turn_off(desk: Desk, password: str = PASSWORD, **headers: str) -> int:
    answer = await desk.client.request("DELETE", PATH, json={"password": password}, headers=headers)
    return answer.status_code


async def _types(desk: Desk) -> list[str]:
    tables = Tables(desk.later.node.services.database)
    rows = await tables.rows("select type from events where type like 'member.%' order by tenant_id, position")
    return [row["type"] for row in rows]


# -- setting it up ----------------------------------------------------------------------------------------------------


@pytest.mark.spec(285)
@pytest.mark.spec(286)
@pytest.mark.spec(287)
@pytest.mark.spec(288)
async def test_a_second_factor_is_on_once_its_first_code_was_right(desk: Desk) -> None:
    assert await _status(desk) == (False, False, 0)
    refused(await desk.client.post(f"{PATH}/confirm", json={"code": "123456"}), 422, "VALIDATION_FAILED")
    wrong = refused(await desk.client.post(f"{PATH}/setup", json={"password": "wrong"}), 422, "VALIDATION_FAILED")
    assert wrong["details"] == {"password": ["The password is incorrect."]}
    first = await desk.workspace.post(f"{PATH}/setup", AGAIN)
    second = await desk.workspace.post(f"{PATH}/setup", AGAIN)
    assert first["secret"] != second["secret"]
    assert second["otpauth_url"].startswith("otpauth://totp/Plixa:")
    assert second["secret"] in second["otpauth_url"]
    assert second["qr"].startswith("data:image/svg+xml")
    assert await _status(desk) == (False, True, 0)
    refused(await desk.client.post(f"{PATH}/confirm", json={"code": "12345a"}), 422, "VALIDATION_FAILED")
    assert not (await desk.workspace.get("/v1/me"))["data"]["user"]["two_factor_enabled"]
    _, codes = await desk.enrol()
    assert len(set(codes)) == 10
    assert await _status(desk) == (True, True, 10)
    assert (await desk.workspace.get("/v1/me"))["data"]["user"]["two_factor_enabled"]
    refused(await desk.client.post(f"{PATH}/setup", json=AGAIN), 409, "TWO_FACTOR_ENABLED")
    assert await mailed(desk.later.node, tag="two_factor_enabled", to=desk.workspace.email)


async def test_two_who_confirm_at_once_get_one_list_of_codes(desk: Desk) -> None:
    await desk.workspace.post(f"{PATH}/setup", AGAIN)
    made = await desk.workspace.post(f"{PATH}/setup", AGAIN)
    step = int(desk.later.clock.now().timestamp()) // 30
    codes = [_code(made["secret"], step), _code(made["secret"], step + 1)]
    statuses: list[int] = []

    async def confirm(code: str) -> None:
        statuses.append((await desk.client.post(f"{PATH}/confirm", json={"code": code})).status_code)

    async with trio.open_nursery() as nursery:
        for code in codes:
            nursery.start_soon(confirm, code)
    assert sorted(statuses) == [200, 409]
    assert await _status(desk) == (True, True, 10)


def _code(secret: str, step: int) -> str:
    return pyotp.TOTP(secret).generate_otp(step)


def test_a_code_is_good_for_one_step_before_and_after_its_own() -> None:
    secret, at = "JBSWY3DPEHPK3PXP" * 2, datetime(2026, 5, 25, 12, 0, 15, tzinfo=UTC)
    now = int(at.timestamp()) // 30
    assert [step_of(secret, _code(secret, now + n), at) for n in range(-2, 3)] == [None, now - 1, now, now + 1, None]
    assert step_of(secret, "²23456", at) is None
    code = _code(secret, now)
    for written in (f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}", f"\u200e{code[:3]}\u00a0{code[3:]}\u200e"):
        assert step_of(secret, written, at) == now
    assert step_of(secret, "", at) is None


async def test_other_sessions_end_when_it_is_turned_on(desk: Desk) -> None:
    other = await people.token(desk.later.node, desk.workspace, ["*"])
    integration = await people.token(desk.later.node, desk.workspace, ["read"])
    await desk.enrol()
    assert (await desk.client.get("/v1/me", headers={"Authorization": other})).status_code == 401
    assert (await desk.client.get("/v1/labels", headers={"Authorization": integration})).status_code == 200
    assert (await desk.client.get("/v1/me")).status_code == 200


# -- signing in -------------------------------------------------------------------------------------------------------


@pytest.mark.spec(72)
async def test_signing_in_takes_a_code_and_the_challenge_is_spent_by_it(desk: Desk) -> None:
    app, _ = await desk.enrol()
    asked = await desk.login()
    assert set(asked) == {"two_factor_required", "token"}
    assert asked["two_factor_required"] is True
    answer = await desk.challenge(asked["token"], code=app.code())
    assert answer.status_code == 200
    signed_in = answer.json()["data"]
    me = (await desk.client.get("/v1/me", headers=bearer(signed_in["token"]))).json()["data"]
    assert me == {"user": signed_in["user"], "tenant": signed_in["tenant"], "acting": None}
    refused(await desk.challenge(asked["token"], code=app.code()), 401, "UNAUTHENTICATED")


@pytest.mark.spec(72)
async def test_a_code_is_good_once(desk: Desk) -> None:
    app, _ = await desk.enrol()
    used = app.at(app.last)
    token = (await desk.login())["token"]
    refused(await desk.challenge(token, code=used), 422, "VALIDATION_FAILED")  # it confirmed the set-up
    code = app.code()
    assert (await desk.challenge(token, code=code)).status_code == 200
    for old in (code, app.at(app.last - 1)):
        refused(await desk.challenge((await desk.login())["token"], code=old), 422, "VALIDATION_FAILED")


@pytest.mark.spec(72)
@pytest.mark.spec(73)
async def test_a_recovery_code_is_good_once_however_it_is_written(desk: Desk) -> None:
    _, codes = await desk.enrol()
    written = codes[0].upper().replace("-", " ")
    assert (await desk.challenge((await desk.login())["token"], recovery_code=written)).status_code == 200
    token = (await desk.login())["token"]
    error = refused(await desk.challenge(token, recovery_code=codes[0]), 422, "VALIDATION_FAILED")
    assert list(error["details"]) == ["recovery_code"]
    refused(await desk.challenge(token, code=codes[1]), 422, "VALIDATION_FAILED")
    refused(await desk.challenge(token), 422, "VALIDATION_FAILED")
    assert (await desk.challenge(token, recovery_code=codes[1])).status_code == 200
    assert await _status(desk) == (True, True, 8)


async def test_many_who_use_one_code_at_once_are_one_session(desk: Desk) -> None:
    app, codes = await desk.enrol()
    code, token = app.code(), (await desk.login())["token"]
    statuses: list[int] = []

    async def go(**body: str) -> None:
        statuses.append((await desk.challenge(token, **body)).status_code)

    async with trio.open_nursery() as nursery:
        for body in ({"code": code}, {"code": code}, {"recovery_code": codes[0]}, {"recovery_code": codes[0]}):
            nursery.start_soon(lambda body=body: go(**body))
    assert statuses.count(200) == 1


async def test_five_wrong_codes_spend_the_challenge_also_when_they_come_at_once(desk: Desk) -> None:
    app, _ = await desk.enrol()
    token, statuses = (await desk.login())["token"], []

    async def guess() -> None:
        statuses.append((await desk.challenge(token, code=app.wrong())).status_code)

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(guess)
    assert sorted(statuses) == [401] * 3 + [422] * 5
    refused(await desk.challenge(token, code=app.code()), 401, "UNAUTHENTICATED")


async def test_a_challenge_lives_ten_minutes(desk: Desk) -> None:
    app, _ = await desk.enrol()
    early, late = [(await desk.login())["token"] for _ in range(2)]
    desk.later.forward(minutes=9)
    assert (await desk.challenge(early, code=app.code())).status_code == 200
    desk.later.forward(minutes=1)
    refused(await desk.challenge(late, code=app.code()), 401, "UNAUTHENTICATED")


async def test_a_challenge_is_good_for_nothing_else_and_nothing_else_for_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "STRANGER_RATE", "10000/minute")  # there are more routes than tries a minute
    app, _ = await desk.enrol()
    token = (await desk.login())["token"]
    for route in ROUTES:
        if route.who != "public" and route.ability != "challenge":
            path = re.sub(r"{\w+}", "1", route.path)
            refused(await desk.client.request(route.method, path, headers=bearer(token)), 401, "UNAUTHENTICATED")
    refused(await desk.challenge(desk.workspace.token, code=app.code()), 401, "UNAUTHENTICATED")
    integration = await people.token(desk.later.node, desk.workspace, ["read", "write"])
    refused(await desk.challenge(integration.removeprefix("Bearer "), code=app.code()), 401, "UNAUTHENTICATED")
    assert (await desk.challenge(token, code=app.code())).status_code == 200


async def test_codes_cannot_be_guessed_at_leisure_with_ever_new_challenges(desk: Desk) -> None:
    app, _ = await desk.enrol()
    statuses: list[int] = []
    for _ in range(3):
        token = (await desk.login())["token"]
        statuses += [(await desk.challenge(token, code=app.wrong())).status_code for _ in range(4)]
    assert statuses.count(422) < 12
    assert statuses[-1] == 429


# -- recovery codes ---------------------------------------------------------------------------------------------------


@pytest.mark.spec(285)
@pytest.mark.spec(289)
async def test_new_recovery_codes_replace_all_earlier_ones(desk: Desk) -> None:
    refused(await desk.client.post(f"{PATH}/recovery-codes", json=AGAIN), 409, "TWO_FACTOR_NOT_ENABLED")
    _, old = await desk.enrol()
    refused(await desk.client.post(f"{PATH}/recovery-codes", json={"password": "wrong"}), 422, "VALIDATION_FAILED")
    new = (await desk.workspace.post(f"{PATH}/recovery-codes", AGAIN))["recovery_codes"]
    assert len({*old, *new}) == 20
    token = (await desk.login())["token"]
    refused(await desk.challenge(token, recovery_code=old[0]), 422, "VALIDATION_FAILED")
    assert (await desk.challenge(token, recovery_code=new[0])).status_code == 200


@pytest.mark.spec(285)
@pytest.mark.spec(291)
@pytest.mark.spec(292)
@pytest.mark.spec(293)
async def test_one_recovery_code_is_revoked_and_the_others_stay_good(desk: Desk) -> None:
    _, codes = await desk.enrol()
    path = f"{PATH}/recovery-codes/revoke"
    wrong = await desk.client.post(path, json={"password": "wrong", "code": codes[0]})
    assert list(refused(wrong, 422, "VALIDATION_FAILED")["details"]) == ["password"]
    assert await desk.workspace.post(path, {**AGAIN, "code": codes[0]}) == {"remaining": 9}
    again = await desk.client.post(path, json={**AGAIN, "code": codes[0]})
    assert list(refused(again, 422, "VALIDATION_FAILED")["details"]) == ["code"]
    token = (await desk.login())["token"]
    refused(await desk.challenge(token, recovery_code=codes[0]), 422, "VALIDATION_FAILED")
    assert (await desk.challenge(token, recovery_code=codes[1])).status_code == 200
    assert "member.recovery_code_revoked" in await _types(desk)


# -- turning it off ---------------------------------------------------------------------------------------------------


@pytest.mark.spec(285)
@pytest.mark.spec(290)
async def test_turned_off_it_is_gone_with_its_codes(desk: Desk) -> None:
    _, codes = await desk.enrol()
    asked = await desk.login()
    assert await _turn_off(desk, "wrong") == 422
    assert await _turn_off(desk) == 204
    assert await _turn_off(desk) == 409
    assert await _status(desk) == (False, False, 0)
    assert "two_factor_required" not in await desk.login()
    refused(await desk.challenge(asked["token"], recovery_code=codes[0]), 422, "VALIDATION_FAILED")
    assert await mailed(desk.later.node, tag="two_factor_disabled", to=desk.workspace.email)
    assert (await _types(desk))[-3:] == [
        "member.two_factor_enabled",
        "member.recovery_codes_made",
        "member.two_factor_disabled",
    ]
    await desk.enrol()
    assert await _status(desk) == (True, True, 10)


@pytest.mark.spec(267)
@pytest.mark.spec(268)
async def test_a_workspace_that_demands_it_opens_only_with_it(desk: Desk) -> None:
    agent = await people.agent(desk.later.node, desk.workspace)
    as_agent = {"Authorization": agent.bearer}
    demand = {"require_two_factor": True}
    refused(await desk.client.put("/v1/security-config", json=demand), 409, "OWN_TWO_FACTOR_REQUIRED")
    await desk.enrol()
    async with signed_in(desk.later.node, agent.bearer.removeprefix("Bearer ")) as socket:
        await socket.resume(0)
        await desk.workspace.put("/v1/security-config", demand)
        assert await socket.closed() == 4403
    refused(await desk.client.get("/v1/labels", headers=as_agent), 403, "TWO_FACTOR_REQUIRED")
    assert (await desk.client.get("/v1/labels")).status_code == 200
    assert await _turn_off(desk) == 204
    refused(await desk.client.get("/v1/labels"), 403, "TWO_FACTOR_REQUIRED")
    for path in ("/v1/me", PATH):
        assert (await desk.client.get(path)).status_code == 200
        assert (await desk.client.get(path, headers=as_agent)).status_code == 200
    await desk.enrol()
    await desk.workspace.put("/v1/security-config", {"require_two_factor": False})
    assert (await desk.client.get("/v1/labels", headers=as_agent)).status_code == 200
    assert (await desk.client.post("/v1/auth/logout", headers=as_agent)).status_code == 204


# -- what is kept -----------------------------------------------------------------------------------------------------


async def test_no_secret_is_anywhere_but_sealed_or_hashed_in_the_vault(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    made = await desk.workspace.post(f"{PATH}/setup", AGAIN)
    app, codes = await desk.enrol()
    codes += (await desk.workspace.post(f"{PATH}/recovery-codes", AGAIN))["recovery_codes"]
    asked = await desk.login()
    signed_in = (await desk.challenge(asked["token"], code=app.code())).json()["data"]
    tokens = [token.partition("|")[2] for token in (asked["token"], signed_in["token"], desk.workspace.token)]
    secrets = [PASSWORD, made["secret"], app.secret, *codes, *(code.replace("-", "") for code in codes), *tokens]
    tables = Tables(desk.later.node.services.database)
    dump, logs = await tables.dump(), "".join(capfd.readouterr())
    everything = "\n".join(line for lines in dump.values() for line in lines)
    assert dump["events"]
    for secret in secrets:
        for found in (everything, logs):
            assert secret not in found
            assert secret.encode().hex() not in found


async def test_the_state_after_a_rebuild_and_a_restart_is_the_same(
    database_url: str, simulator: Phones, tmp_path: Path
) -> None:
    async with open_desk(database_url, simulator.url, tmp_path) as desk:
        await desk.enrol()
        services = desk.later.node.services
        tables = Tables(services.database)
        before = await tables.rows("select * from members")
        rebuilder = Rebuilder(services.store.keyring, kinds(), schema())
        await services.database.run(rebuilder.run)
        assert await tables.rows("select * from members") == before
    async with open_desk(database_url, simulator.url, tmp_path) as again:
        again.workspace.email = desk.workspace.email
        assert (await again.login())["two_factor_required"] is True
