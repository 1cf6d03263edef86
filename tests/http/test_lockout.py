"""Nobody's wrong passwords keep the right person out, and no session, factor or page is open for too long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from tests import harness
from tests.doors import opened
from tests.harness import PASSWORD, Phones, Workspace
from tests.http.later import LaterClock
from tests.http.second_factor import Desk, bearer, open_desk, refused
from tests.http.tables import Tables

from plixa.actors.places import is_country, zone_of
from plixa.compose import Node, open_node
from plixa.engine.errors import Overloaded
from plixa.http.api import hashing
from plixa.http.api.hashing import KNOWN, OF_A_SOURCE, WAITING, Lanes
from plixa.http.panel.pages import policy

HOME, CAFE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
async def proxied(database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[Node]:
    """A node behind a proxy, which says where who comes from."""
    async with opened(harness.settings(database_url, simulator.url, tmp_path, TRUSTED_PROXIES="1")) as node:
        yield node


@pytest.fixture
async def ana(proxied: Node) -> AsyncIterator[Workspace]:
    """An owner."""
    async with harness.registered(proxied.services.public_url) as workspace:
        yield workspace


async def login(of: Workspace, address: str, password: str = PASSWORD, path: str = "login") -> int:
    body = {"email": of.email} | ({"password": password} if path == "login" else {})
    headers = {"Authorization": "", "X-Forwarded-For": address}
    return (await of.client.post(f"/v1/auth/{path}", json=body, headers=headers)).status_code


# -- wrong passwords of others ----------------------------------------------------------------------------------------


async def test_wrong_passwords_from_anywhere_keep_nobody_out_who_comes_from_where_they_were(ana: Workspace) -> None:
    assert await login(ana, HOME) == 200
    guesses = [await login(ana, f"192.0.2.{source}", "wrong horse") for source in range(4) for _ in range(10)]
    assert guesses.count(401) == 29  # all strangers together, of whom Ana was the first
    assert await login(ana, CAFE) == 429
    assert await login(ana, HOME) == 200


async def test_one_strangers_wrong_passwords_are_their_own(ana: Workspace) -> None:
    assert [await login(ana, "192.0.2.1", "wrong horse") for _ in range(12)] == [401] * 10 + [429] * 2
    assert await login(ana, CAFE) == 200


async def test_not_even_where_somebody_was_may_they_guess_for_ever(ana: Workspace) -> None:
    assert await login(ana, HOME) == 200
    assert [await login(ana, HOME, "wrong horse") for _ in range(10)] == [401] * 9 + [429]


async def test_links_that_others_ask_for_keep_nobody_from_theirs(ana: Workspace) -> None:
    assert await login(ana, HOME) == 200
    asked = [await login(ana, f"192.0.2.{source}", path="password/forgot") for source in range(3) for _ in range(5)]
    assert asked == [202] * 10 + [429] * 5
    assert await login(ana, HOME, path="password/forgot") == 202


@pytest.mark.parametrize("known", [True, False])
async def test_a_household_of_ipv6_is_one_source_everywhere(ana: Workspace, known: bool) -> None:
    """Of every brake that counts by address: passwords, links, tokens that are no good, public routes."""
    of = ana if known else replace(ana, email="no@plixa.example")
    guesses = [await login(of, f"2001:db8:7:7::{n:x}", "wrong horse") for n in range(11)]
    assert guesses == [401] * 10 + [429]
    asked = [await login(of, f"2001:db8:7:7::{n:x}", path="password/forgot") for n in range(6)]
    assert asked == [202] * 5 + [429]
    tokens = [
        await ana.client.get("/v1/me", headers={"Authorization": "Bearer 1|x", "X-Forwarded-For": f"2001:db8::{n:x}"})
        for n in range(301)
    ]
    assert [each.status_code for each in tokens] == [401] * 300 + [429]
    waiting = [
        await ana.client.post("/v1/waitlist", json={}, headers={"X-Forwarded-For": f"2001:db8::{n:x}"})
        for n in range(40)
    ]
    assert waiting[-1].status_code == 429


# -- lanes ------------------------------------------------------------------------------------------------------------


async def test_strangers_take_turns_by_source_and_those_who_are_known_wait_for_none(autojump_clock: object) -> None:
    lanes, order = Lanes(), list[str]()

    async def hash_for(source: str | None) -> None:
        async with lanes.turn(source):
            await trio.sleep(1)
            order.append(source or "known")

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(hash_for, "flood")
        await trio.sleep(0.1)
        nursery.start_soon(hash_for, "ana")
        nursery.start_soon(hash_for, KNOWN)
    assert order[:3] == ["flood", "known", "ana"] or order[:4] == ["flood", "known", "flood", "ana"]
    assert order.count("flood") == 8


async def test_what_waits_is_bounded(autojump_clock: object) -> None:
    lanes, turned_away = Lanes(), list[str]()

    async def wait(source: str) -> None:
        try:
            async with lanes.turn(source):
                await trio.sleep(1)
        except Overloaded:
            turned_away.append(source)

    async with trio.open_nursery() as nursery:
        for _ in range(OF_A_SOURCE + 3):
            nursery.start_soon(wait, "flood")
        for source in range(WAITING):
            nursery.start_soon(wait, f"source {source}")
        await trio.sleep(0.5)
        assert turned_away.count("flood") == 3
        assert len(turned_away) == 3 + OF_A_SOURCE
        async with lanes.turn(KNOWN):
            pass
    assert lanes._waiting == {}


@pytest.mark.own_door("who signs in is known where it comes in, and once more at home")
async def test_a_flood_of_strangers_is_in_another_lane_than_whoever_is_known(
    ana: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes: list[str | None] = []
    true = hashing._hashed

    async def hashed(work: Any, source: str | None) -> Any:
        lanes.append(source)
        return await true(work, source)

    monkeypatch.setattr(hashing, "_hashed", hashed)
    await login(ana, HOME)
    await login(ana, HOME)
    await login(replace(ana, email="no@plixa.example"), CAFE)
    await ana.client.post("/v1/admin/auth/login", json={"email": "a@plixa.example", "password": "x"})
    await ana.client.post("/v1/me/2fa/setup", json={"password": "wrong"})
    bad = {"token": "x" * 40, "password": "another horse 8", "password_confirmation": "another horse 8"}
    await ana.client.post("/v1/auth/password/reset", json=bad)  # a link that is no good costs no hash
    assert lanes == [HOME, KNOWN, CAFE, "127.0.0.1", KNOWN]


# -- sessions ---------------------------------------------------------------------------------------------------------


async def test_a_session_that_nobody_uses_ends_and_so_does_one_that_is_old(
    database_url: str, simulator: Phones, tmp_path: Path
) -> None:
    clock = LaterClock()
    settings = harness.settings(database_url, simulator.url, tmp_path, SESSION_IDLE_HOURS="48", SESSION_DAYS="5")
    async with (
        open_node(settings, clock) as node,
        harness.registered(node.services.public_url) as workspace,
    ):
        tables = Tables(node.services.database)

        async def later(hours: float) -> int:
            clock.shift = clock.shift.__class__(hours=hours)
            status = (await workspace.client.get("/v1/me")).status_code
            node.services.limits.__init__()  # type: ignore[misc]  # windows are of the machine's own minutes
            return status

        async def used(hours: float) -> None:
            with trio.fail_after(5):
                while not await tables.rows(  # noqa: ASYNC110  # rows have no event
                    "select 1 from token_uses where used_at > now() + make_interval(mins => $1)", int(hours * 60) - 1
                ):
                    await trio.sleep(0.02)

        for hours in (0, 40, 80, 110):
            assert await later(hours) == 200
            await used(hours)
        assert await later(121) == 401  # five days
        fresh = await workspace.client.post(
            "/v1/auth/login", json={"email": workspace.email, "password": PASSWORD}, headers={"Authorization": ""}
        )
        token = bearer(fresh.json()["data"]["token"])
        assert (await workspace.client.get("/v1/me", headers=token)).status_code == 200
        await used(121)
        shown = (await workspace.client.get("/v1/me/sessions", headers=token)).json()["data"]
        assert len(shown) == 1
        clock.shift = clock.shift.__class__(hours=121 + 49)
        assert (await workspace.client.get("/v1/me", headers=token)).status_code == 401


async def test_a_token_of_an_integration_has_no_end_of_that_kind(desk: Desk) -> None:
    made = await desk.workspace.post("/v1/api-tokens", {"name": "shop", "abilities": ["read"]})
    desk.later.forward(days=400)
    headers = bearer(made["token"])
    answer = await desk.client.get("/v1/labels", headers=headers)
    assert answer.status_code in (200, 403)  # the trial is over, the token is not


# -- a second factor --------------------------------------------------------------------------------------------------


@pytest.fixture
async def desk(database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[Desk]:
    """An owner, and time to spare."""
    async with open_desk(database_url, simulator.url, tmp_path) as desk:
        yield desk


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/v1/me/2fa"), ("POST", "/v1/me/2fa/recovery-codes")])
async def test_an_open_session_and_the_password_are_not_enough_against_a_second_factor(
    desk: Desk, method: str, path: str
) -> None:
    app, codes = await desk.enrol()

    async def ask(**proof: str) -> httpx.Response:
        return await desk.client.request(method, path, json={"password": PASSWORD, **proof})

    desk.later.forward(minutes=6)
    assert list(refused(await ask(), 422, "VALIDATION_FAILED")["details"]) == ["code"]
    assert list(refused(await ask(code=app.wrong()), 422, "VALIDATION_FAILED")["details"]) == ["code"]
    assert list(refused(await ask(recovery_code="no"), 422, "VALIDATION_FAILED")["details"]) == ["recovery_code"]
    assert (await desk.workspace.get("/v1/me/2fa"))["data"]["enabled"]
    assert (await ask(recovery_code=codes[0])).is_success


async def test_who_signed_in_with_a_code_a_moment_ago_need_not_give_another_one(desk: Desk) -> None:
    app, _ = await desk.enrol()
    desk.later.forward(minutes=6)
    session = (await desk.challenge((await desk.login())["token"], code=app.code())).json()["data"]["token"]
    again = {"json": {"password": PASSWORD}}
    assert (await desk.client.request("DELETE", "/v1/me/2fa", **again)).status_code == 422  # another session
    assert (await desk.client.request("DELETE", "/v1/me/2fa", headers=bearer(session), **again)).status_code == 204


# -- passwords, pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["12345678", "Password1", "qwertyuiop", "aaaaaaaaaaaa", "abababababab"])
async def test_a_password_that_is_tried_first_is_taken_nowhere(workspace: Workspace, password: str) -> None:
    twice = {"password": password, "password_confirmation": password}
    founder = {"name": "A", "email": "b@plixa.example", "company_name": "B", "country_code": "BR"}
    changed = {"current_password": PASSWORD}
    for method, path, body in (
        ("POST", "/v1/auth/register", founder),
        ("PUT", "/v1/me/password", changed),
        ("POST", "/v1/auth/password/reset", {"token": "x"}),
        ("POST", "/v1/team/invitations/accept", {"token": "x", "name": "A"}),
    ):
        answer = await workspace.client.request(method, path, json={**body, **twice})
        assert list(refused(answer, 422, "VALIDATION_FAILED")["details"]) == ["password"], path


@pytest.mark.parametrize(
    ("env", "token", "sent", "status"),
    [
        ("development", "", "", 200),
        ("production", "", "", 404),
        ("production", "s3cret", "", 401),
        ("production", "s3cret", "Bearer other", 401),
        ("production", "s3cret", "Bearer s3cret", 200),
        ("development", "s3cret", "", 401),
    ],
)
async def test_how_we_are_is_told_to_nobody_in_production_who_has_not_its_token(
    database_url: str, simulator: Phones, tmp_path: Path, env: str, token: str, sent: str, status: int
) -> None:
    known = harness.settings(database_url, simulator.url, tmp_path, METRICS_TOKEN=token)
    async with open_node(replace(known, env=env)) as node, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{node.services.public_url}/metrics", headers={"Authorization": sent})
        assert answer.status_code == status


async def test_a_port_of_its_own_asks_for_the_token_too(database_url: str, simulator: Phones, tmp_path: Path) -> None:
    port = harness.free_port()
    known = harness.settings(
        database_url, simulator.url, tmp_path, METRICS_TOKEN="s3cret", METRICS_PORT=str(port), PLIXA_ENV="development"
    )
    async with open_node(known), httpx.AsyncClient(trust_env=False) as client:
        for sent, status in (("", 401), ("Bearer s3cret", 200)):
            answer = await client.get(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": sent})
            assert answer.status_code == status


async def test_a_page_may_speak_to_its_own_host_and_nobody_else(workspace: Workspace) -> None:
    for page in ("/panel/", "/v1/docs"):
        sent = (await workspace.client.get(page)).headers["content-security-policy"]
        host = workspace.client.base_url.netloc.decode()
        [rule] = [each.split() for each in sent.split("; ") if each.startswith("connect-src")]
        assert rule[1:] == ["'self'", f"ws://{host}", f"wss://{host}"]
    assert "connect-src 'self';" in policy("evil; script-src *")


# -- places -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("America/Sao_Paulo", "America/Sao_Paulo"),
        ("Europe/Stockholm", "Europe/Stockholm"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("US/Eastern", "America/New_York"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Brazil/East", "America/Sao_Paulo"),
        ("Japan", "Asia/Tokyo"),
        *[(name, None) for name in ("Etc/GMT+3", "EST", "EST5EDT", "CET", "GMT", "localtime", "posixrules", "", "X/Y")],
        ("../etc/passwd", None),
    ],
)
def test_a_zone_is_a_places_and_has_one_name(name: str, zone: str | None) -> None:
    assert zone_of(name) == zone


@pytest.mark.parametrize(("code", "is_one"), [("BR", True), ("PT", True), ("ZZ", False), ("XX", False), ("br", False)])
def test_a_country_is_one_of_iso_3166(code: str, is_one: bool) -> None:
    assert is_country(code) == is_one


@pytest.mark.spec(68)
@pytest.mark.spec(314)
async def test_zones_and_countries_are_real_ones_wherever_they_are_given(workspace: Workspace) -> None:
    config = (await workspace.get("/v1/workspace-config"))["data"]
    body = {name: config[name] for name in ("timezone", "locale", "currency")}
    for zone in ("Etc/GMT+3", "EST", "Mars/X"):
        answer = await workspace.client.put("/v1/workspace-config", json={**body, "timezone": zone})
        assert list(refused(answer, 422, "VALIDATION_FAILED")["details"]) == ["timezone"]
    stored = await workspace.put("/v1/workspace-config", {**body, "timezone": "US/Eastern"})
    assert stored["timezone"] == "America/New_York"
    founder = {"name": "A", "email": "b@plixa.example", "company_name": "B", "country_code": "ZZ"}
    founder |= {"password": PASSWORD, "password_confirmation": PASSWORD}
    answer = await workspace.client.post("/v1/auth/register", json=founder)
    assert list(refused(answer, 422, "VALIDATION_FAILED")["details"]) == ["country_code"]
