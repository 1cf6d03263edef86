"""A browser's session: a cookie that no script reads, and is worth nothing without the key that belongs to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie

import httpx
import pytest
from tests.harness import PASSWORD, Workspace

from plixa.http.api import cookies

HEADER = cookies.HEADER
NAME = "plixa_session"


@pytest.fixture
async def browser(workspace: Workspace) -> AsyncIterator[httpx.AsyncClient]:
    """Has the cookie of a session of its own, and shows the key with each request."""
    made = await workspace.client.post("/v1/auth/session")
    assert made.status_code == 200, made.text
    async with httpx.AsyncClient(base_url=workspace.client.base_url, trust_env=False) as client:
        client.cookies.set(NAME, made.cookies[NAME].strip('"'))
        client.headers[HEADER] = made.json()["data"]["csrf"]
        yield client


async def test_the_cookie_is_for_no_script_and_no_other_site(workspace: Workspace) -> None:
    answer = await workspace.client.post("/v1/auth/session")
    told = [SimpleCookie(each) for each in answer.headers.get_list("set-cookie")]
    kept, key = (each[name] for each, name in zip(told, (NAME, cookies.KEY), strict=True))
    assert (kept["httponly"], key["httponly"]) == (True, "")
    for each in (kept, key):
        assert (each["samesite"], each["path"], each["max-age"]) == ("Strict", "/", str(90 * cookies.DAY))
    assert key.value == answer.json()["data"]["csrf"]


async def test_a_request_by_the_cookie_counts_with_its_key_alone(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/v1/me")).status_code == 200
    changed = await browser.patch("/v1/me", json={"locale": "es"})
    assert changed.status_code == 200, changed.text
    for key in ("", "0" * 32, "x" * 5000):
        for method, path in (("GET", "/v1/me"), ("PATCH", "/v1/me"), ("POST", "/v1/auth/logout")):
            answer = await browser.request(method, path, headers={HEADER: key})
            assert answer.status_code == 401, (method, path, key)


async def test_the_key_of_another_session_is_no_good(workspace: Workspace, browser: httpx.AsyncClient) -> None:
    own = {"email": workspace.email, "password": PASSWORD}
    other = (await workspace.client.post("/v1/auth/login", json=own)).json()["data"]["token"]
    kept = await workspace.client.post("/v1/auth/session", headers={"Authorization": f"Bearer {other}"})
    assert kept.status_code == 200
    key = kept.json()["data"]["csrf"]
    assert (await browser.get("/v1/me", headers={HEADER: key})).status_code == 401


async def test_a_wrong_bearer_is_not_made_good_by_the_cookie(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/v1/me", headers={"Authorization": "Bearer 1|nonsense"})
    assert answer.status_code == 401


async def test_signing_out_ends_it_and_takes_the_cookie_back(browser: httpx.AsyncClient) -> None:
    kept, key = browser.cookies[NAME], browser.headers[HEADER]
    out = await browser.post("/v1/auth/logout")
    assert out.status_code == 204
    assert all("Max-Age=0" in each for each in out.headers.get_list("set-cookie"))
    browser.cookies.clear()
    again = await browser.get("/v1/me", headers={"Cookie": f"{NAME}={kept}", HEADER: key})
    assert again.status_code == 401


async def test_no_page_of_another_origin_is_allowed_to_send_it(workspace: Workspace) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Headers": HEADER}
    answer = await workspace.client.options("/v1/me", headers=asked)
    assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers
