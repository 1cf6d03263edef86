"""Whatever is offered on any page is done, and a keyboard is enough for it."""

from __future__ import annotations

import re
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
    page = opened(token=token)
    page.add_init_script(path=WALKING)
    page.reload()
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
    for fault in ("lost", "hasty"):
        assert {name: each[fault] for name, each in found.items() if each[fault]} == {}, fault
    assert sum(len(each["done"]) for each in found.values()) > {"owner": 80, "agent": 30}[role]


def test_a_keyboard_is_enough(shop: Shop, opened: Opens) -> None:
    """Tab reaches everything, which can be seen; Escape leaves what Enter opened, and the focus is where it was."""
    page = _walking(opened, shop.token)
    wrong: dict[str, Any] = {}
    left: set[str] = set()
    for name, address in _pages(shop):
        page.evaluate("(address) => go(address)", f"#{address}")
        found = _gone_through(page)
        if found["unseen"] or found["missed"]:
            wrong[name] = found
        if _opens_and_leaves(page):
            left.add(name)
    assert wrong == {}
    assert {"contacts", "agenda", "team", "labels", "services"} <= left


def _gone_through(page: Any) -> Any:
    """By Tab from the head of the page until it is left; answers how that went."""
    page.evaluate("() => depart()")
    found = {"over": False}
    while not found["over"]:
        for _ in range(8):
            page.keyboard.press("Tab")
        found = page.evaluate("() => journey()")
    return found


def _opens_and_leaves(page: Any) -> bool:
    """Whether the first thing to do here is a dialog: then it has been opened by Enter and left by Escape."""
    main = page.locator("main.stage button.primary:not([type=submit])")
    if not main.count() or re.search(NEVER, main.first.inner_text(), re.IGNORECASE):
        return False
    main.first.focus()
    page.keyboard.press("Enter")
    page.evaluate("() => quiet()")
    if not page.locator("dialog[open]").count():
        return False
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert main.first.evaluate("(node) => node === document.activeElement")
    return True
