"""Whatever is offered on any page is done, and a keyboard is enough for it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Opens, Shop, at_inbox
from tests.browser.pictures import addresses

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
WALKING = Path(__file__).with_name("walking.js")
NEVER = (
    "sign out|delete|erase|remove|publish|^send|resolve|disconnect|restart|connect|end |give back|refund|pay|plan|"
    "cancel|merge|revoke|leave|password|turn |switch|^starter$|^professional$|^business$|stripe"
)
"""What is said to be done and cannot be taken back, or leads away from here."""
PASSWORD = "correct horse battery staple"


def _pages(shop: Shop) -> list[tuple[str, str]]:
    """Each page, those with something in them where there is something."""
    conversation, flow, contact = (
        shop.api.get(f"/v1/{each}").json()["data"][0]["id"] for each in ("conversations", "flows", "contacts")
    )
    special = {
        "flow": f"/flows/{flow}",
        "why": f"/conversations/{conversation}/why",
        "contacts": f"/contacts/{contact}",
    }
    pages = [(name, special.get(name, address)) for name, address in addresses()]
    return [*pages, ("conversation", f"/conversations/{conversation}"), ("volume", "/reports/volume")]


def _agent(shop: Shop) -> str:
    """The token of a member who is no owner."""
    email = f"agente{next(shop.numbers)}@plixa.example"
    made = shop.api.post("/v1/team/invitations", json={"email": email, "role": "agent"}).raise_for_status().json()
    token = made["data"]["accept_url"].partition("token=")[2]
    body = {"token": token, "name": "Agente", "password": PASSWORD}
    joined = shop.api.post("/v1/team/invitations/accept", json=body).raise_for_status().json()
    return str(joined["data"]["token"])


def _refused(wrong: list[str], page: Any, answer: Any) -> None:
    if answer.status >= 400:
        wrong.append(f"{answer.request.method} {answer.url} {answer.status} at {page.url.partition('#')[2]}")


def _walking(opened: Opens, token: str) -> Any:
    """A page with `walking.js` in it, at the inbox."""
    page = opened("/panel/plixa.svg", token=token)
    page.add_init_script(path=WALKING)
    page.goto(page.url.replace("/panel/plixa.svg", "/panel/"))
    return at_inbox(page)


@pytest.mark.parametrize("role", ["owner", "agent"])
def test_every_offered_action_is_done(shop: Shop, opened: Opens, role: str) -> None:
    page = _walking(opened, shop.token if role == "owner" else _agent(shop))
    wrong: list[str] = []
    page.on("response", partial(_refused, wrong, page))
    found = {
        name: page.evaluate("([address, never]) => walk(address, never)", [f"#{address}", NEVER])
        for name, address in _pages(shop)
    }
    assert wrong == []
    assert {name: each["lost"] for name, each in found.items() if each["lost"]} == {}
    assert sum(len(each["done"]) for each in found.values()) > {"owner": 80, "agent": 30}[role]


def test_a_keyboard_reaches_everything_and_that_can_be_seen(shop: Shop, opened: Opens) -> None:
    page = _walking(opened, shop.token)
    wrong: dict[str, Any] = {}
    for name, address in _pages(shop):
        page.evaluate("(address) => go(address)", f"#{address}")
        page.evaluate("() => depart()")
        found = {"over": False}
        while not found["over"]:
            for _ in range(8):
                page.keyboard.press("Tab")
            found = page.evaluate("() => journey()")
        if found["unseen"] or found["missed"]:
            wrong[name] = found
    assert wrong == {}


def test_escape_leaves_every_dialog_and_the_focus_is_where_it_was(shop: Shop, opened: Opens) -> None:
    page = _walking(opened, shop.token)
    main = page.locator("main.stage button.primary:not([type=submit])")
    left: list[str] = []
    wrong: list[str] = []
    page.on("response", partial(_refused, wrong, page))
    for name, address in _pages(shop):
        page.evaluate("(address) => go(address)", f"#{address}")
        if not main.count():
            continue
        main.first.focus()
        page.keyboard.press("Enter")
        if not page.locator("dialog[open]").count():
            continue
        page.keyboard.press("Escape")
        left.append(name)
        assert page.locator("dialog[open]").count() == 0, name
        assert main.first.evaluate("(node) => node === document.activeElement"), name
    assert wrong == []
    assert {"agenda", "team", "labels", "services"} <= set(left)
