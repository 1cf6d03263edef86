"""Every page fits a phone, is readable in dark, and breaks no rule of accessibility that matters."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import trio

from plixa.http.clients.google.port import Addresses, Google
from plixa.http.google_simulator import GoogleApp, GoogleSettings
from tests.browser.conftest import Opens, Shop

ROOM = 1200  # from here on the details are beside the conversation
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def broken(page: Any) -> list[str]:
    """Rules that are broken seriously, and where."""
    from axe_playwright_python.sync_playwright import Axe

    axe: Any = Axe()
    found = axe.run(page).response["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in serious]


def too_wide(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_the_inbox_fits(shop: Shop, opened: Opens, scheme: str) -> None:
    name, phone = f"Larga {scheme}", shop.customer()
    shop.writes(phone, "uma-palavra-" * 40, name=name)
    address = f"/panel/#/conversations/{shop.conversation(phone)['id']}"
    page = opened(address, token=shop.token, color_scheme=scheme)
    for width in (1600, 1280, 768, 390):
        page.set_viewport_size({"width": width, "height": 800})
        if width < ROOM:
            page.reload()
        page.get_by_role("list", name="Messages").get_by_text("uma-palavra-").wait_for()
        assert not too_wide(page)
        assert broken(page) == []
        if width < ROOM:
            page.get_by_role("button", name="Details: labels").click()
            page.get_by_role("group", name="Labels").wait_for()
            assert not too_wide(page)
            assert broken(page) == []


@pytest.mark.parametrize("path", ["/panel/", "/v1/docs", "/dev/mail"])
def test_other_pages_fit(opened: Opens, scheme: str, path: str) -> None:
    page = opened(path, width=390, color_scheme=scheme)
    page.wait_for_load_state("networkidle")
    assert not too_wide(page)
    assert broken(page) == []


@pytest.mark.parametrize("language", ["en", "pt-BR", "es"])
def test_the_simulated_googles_pages_fit_a_phone(chromium: Any, language: str) -> None:
    """Asked straight: no server is needed for it."""
    app, email = GoogleApp(GoogleSettings()), f"{'a-long-name-' * 4}@clinic.example"
    app.world.change(app.world.account(email), {**EVENT, "summary": "Uma-palavra-muito-comprida-" * 5})
    google = Google("simulator.apps.example", "simulator-secret", Addresses.at("http://google.test"))
    consent = urlsplit(google.consent_url("http://127.0.0.1/back", "state", "verifier", email))
    for target in (f"{consent.path}?{consent.query}", "/"):
        status, body, *_ = trio.run(app.answer, "GET", target, {"accept-language": language}, b"")
        assert status == 200
        page = chromium.new_page(viewport={"width": 390, "height": 800})
        page.set_content(body.decode())
        assert not too_wide(page)
        assert broken(page) == []
        page.close()


TIME = {"dateTime": "2026-12-01T10:00:00Z"}
EVENT = {"id": "own1", "status": "confirmed", "start": TIME, "end": TIME}
