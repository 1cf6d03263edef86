"""Every page of the panel, as its routes have them: fits, can be read, speaks each language, and has one heading."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.browser.conftest import Opens, Shop, there, until
from tests.browser.pictures import addresses
from tests.browser.test_look import broken, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PAGES = list(addresses())
WIDTHS = (390, 768, 1280, 1600)
UNTRANSLATED = """() => {
  const found = [], names = ["aria-label", "placeholder", "title", "alt"];
  const foreign = (text) => /[\\p{L}]{2}/u.test(text.replaceAll(/⟦[^⟦⟧]*⟧/g, "").replaceAll(/⟦[^⟧]*⟧|⟧/g, ""));
  const all = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT);
  while (all.nextNode()) {
    const node = all.currentNode;
    if (node.closest("[data-own], script, noscript, svg, time, kbd, option, .avatar, .tint-0")) continue;
    const own = [...node.childNodes].filter((each) => each.nodeType === 3).map((each) => each.data).join("").trim();
    if (own && foreign(own)) found.push(own);
    for (const name of names) {
      const text = node.getAttribute(name);
      if (text && foreign(text)) found.push(text);
    }
  }
  return found.filter((each) => !/^(Plixa|https?:.*|Português|Español|English)$/.test(each));
}"""


HOSTILE = "<img src=x onerror=console.error(1)>'&amp;"
"""Where it were taken for markup, the console would have something in it, which `opened` does not forgive."""


@pytest.fixture(scope="module", autouse=True)
def hostile(shop: Shop) -> None:
    """All that people name is called so."""
    phone = shop.customer()
    shop.writes(phone, HOSTILE, name=HOSTILE)
    me = shop.api.get("/v1/me").json()["data"]["user"]["id"]
    later = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}T15:00"
    service = {"name": HOSTILE, "duration_minutes": 30, "provider_ids": [me]}
    for path, body in {
        "labels": {"name": HOSTILE[:40], "color": "#aabbcc"},
        "sectors": {"name": HOSTILE},
        "saved-replies": {"label": HOSTILE, "body": HOSTILE},
        "flows": {"name": HOSTILE, "template": "reception"},
        "scheduling/services": service,
        "custom-field-definitions": {"name": HOSTILE, "type": "text"},
        "contacts": {"contact_phone": shop.customer(), "contact_name": HOSTILE},
        "support/tickets": {"subject": HOSTILE, "body": HOSTILE},
        "broadcasts": {"name": HOSTILE, "body": HOSTILE, "scheduled_at": later, **_to(phone)},
        "team/invitations": {"email": "hostil@plixa.example", "role": "agent"},
    }.items():
        made = shop.api.post(f"/v1/{path}", json=body)
        assert made.is_success, (path, made.text)
        if path == "scheduling/services":
            booked = {"service_id": made.json()["data"]["id"], "start": f"{later}:00", "notes": HOSTILE}
            assert shop.api.post("/v1/scheduling/appointments", json=booked).is_success


def _to(phone: str) -> dict[str, Any]:
    return {"source": "manual", "recipients": [{"phone": phone, "name": HOSTILE}]}


CUT_OFF = """() => [...document.querySelectorAll(".rail-short")]
  .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_can_be_read(shop: Shop, opened: Opens, scheme: str) -> None:
    page = opened(token=shop.token, color_scheme=scheme)
    wrong: dict[str, Any] = {}
    for name, address in PAGES:
        page.goto(f"{shop.url}/panel/#{address}")
        found = [each for width in WIDTHS for each in _wrong(there(page), width)]
        if found:
            wrong[name] = found
    assert wrong == {}


def _wrong(page: Any, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 800})
    found = broken(page) if width in (390, 1280) else []
    if too_wide(page):
        found.append("too wide")
    if page.locator("h1").count() != 1:
        found.append("not one heading")
    return [f"{width} px: {each}" for each in found]


def test_every_word_is_of_the_catalogues(shop: Shop, opened: Opens) -> None:
    shop.writes(shop.customer(), "oi", name="Nome De Gente")
    page = opened("/panel/?lang=xx", token=shop.token)
    wrong: dict[str, Any] = {}
    for name, address in PAGES:
        page.goto(f"{shop.url}/panel/?lang=xx#{address}")
        there(page)
        if found := page.evaluate(UNTRANSLATED):
            wrong[name] = found
    assert wrong == {}


@pytest.mark.parametrize("language", ["pt-BR", "es"])
def test_every_page_fits_in_every_language(shop: Shop, opened: Opens, language: str) -> None:
    page = opened(token=shop.token, width=390, locale=language)
    wide: list[str] = []
    for name, address in PAGES:
        page.goto(f"{shop.url}/panel/#{address}")
        there(page)
        assert page.evaluate("document.documentElement.lang") == language
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if too_wide(page):
                wide.append(f"{name} at {width} px")
    assert wide == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.locator(".rail-short").first.is_visible()
    assert page.evaluate(CUT_OFF) == []  # the bar at the bottom


def test_an_address_that_leads_nowhere_says_so(shop: Shop, opened: Opens) -> None:
    page = opened("/panel/#/nope", token=shop.token)
    page.get_by_role("heading", name="There is no such page").wait_for()
    page.get_by_role("link", name="To the inbox").click()
    page.get_by_role("navigation", name="Inbox").wait_for(state="attached")


def test_keys_lead_everywhere_and_the_palette_does(shop: Shop, opened: Opens) -> None:
    page = there(opened("/panel/#/settings", token=shop.token))
    until(partial(_broadcasts, page))
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Help").get_by_role("link", name="Keyboard shortcuts").click()
    page.get_by_role("heading", level=1, name="Keyboard shortcuts").wait_for()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("numb")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="WhatsApp numbers").wait_for()


def _broadcasts(page: Any) -> bool:
    """By two keys, which are two where one follows the other within a second."""
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_timeout(200)
    return bool(page.get_by_role("heading", level=1, name="Broadcasts").is_visible())


def test_the_inbox_counts_what_is_mine_and_takes_no_other_page_s_search_for_its_own(shop: Shop, opened: Opens) -> None:
    shop.writes(shop.customer(), "quem cuida de mim?", name="Ainda Sem Dono")
    page = there(opened("/panel/#/contacts?q=ninguem-assim", token=shop.token))
    page.get_by_role("link", name="Inbox").click()
    page.get_by_role("list", name="Conversations").get_by_text("Ainda Sem Dono").wait_for()
    tab = page.get_by_role("group", name="Which conversations").get_by_role("button", name="Unassigned")
    tab.locator(".count").filter(has_text=re.compile(r"[1-9]")).wait_for()
