"""The inbox as its people use it: what a customer writes, what goes back, and what a bad network does to it."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from tests.browser.conftest import Opens, Shop, at_inbox, sign_in, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
CUT = "Failed to load resource: net::ERR_INTERNET_DISCONNECTED"


def _row(page: Any, text: str) -> Any:
    """The row of the list that shows this."""
    return page.get_by_role("list", name="Conversations").get_by_role("listitem").filter(has_text=text)


def _messages(page: Any) -> Any:
    return page.get_by_role("list", name="Messages")


def _composer(page: Any) -> Any:
    return page.get_by_role("textbox", name="Message")


def test_a_customer_writes_and_is_answered_and_the_ticks_come_back(shop: Shop, page: Any) -> None:
    phone = shop.customer()
    shop.writes(phone, "atendente, tem bolo hoje?", name="Rosa do Browser")
    _row(page, "Rosa do Browser").get_by_role("button").click()
    _messages(page).get_by_text("atendente, tem bolo hoje?", exact=True).wait_for()
    _composer(page).fill("Tem sim, de chocolate.")
    _composer(page).press("Enter")
    until(lambda: "Tem sim, de chocolate." in shop.answers(phone))
    mine = _messages(page).get_by_role("listitem").filter(has_text="Tem sim, de chocolate.")
    mine.get_by_role("img", name=re.compile("Delivered|Read")).wait_for()


def test_two_people_see_each_other_s_doing(shop: Shop, opened: Opens) -> None:
    phone = shop.customer()
    shop.writes(phone, "oi de novo", name="Vista por dois")
    one, other = at_inbox(opened(token=shop.token)), at_inbox(opened(token=shop.token))
    for page in (one, other):
        _row(page, "Vista por dois").get_by_role("button").click()
        _messages(page).get_by_text("oi de novo", exact=True).wait_for()
    _composer(one).fill("Escrito no primeiro.")
    _composer(one).press("Enter")
    _messages(other).get_by_text("Escrito no primeiro.", exact=True).wait_for(timeout=5000)
    other.get_by_role("button", name="Resolve", exact=True).click()
    one.get_by_role("button", name="Reopen").wait_for(timeout=5000)


def test_a_short_loss_of_the_network_is_over_when_it_is_over(shop: Shop, opened: Opens) -> None:
    page = at_inbox(opened(token=shop.token, forgive=CUT))
    phone = shop.customer()
    shop.writes(phone, "antes da queda", name="Sem Rede")
    _row(page, "Sem Rede").get_by_role("button").click()
    page.context.set_offline(True)
    page.get_by_text("Offline", exact=True).wait_for()
    _composer(page).fill("Escrito sem rede.")
    _composer(page).press("Enter")
    page.get_by_role("img", name="Not sent").wait_for()
    page.context.set_offline(False)
    page.get_by_text("Live", exact=True).wait_for(timeout=10_000)
    shop.writes(phone, "depois da queda")
    _messages(page).get_by_text("depois da queda", exact=True).wait_for()
    until(lambda: shop.answers(phone).count("Escrito sem rede.") == 1)


def test_the_list_is_in_the_api_s_order_whatever_was_read(shop: Shop, opened: Opens) -> None:
    for n in range(6):
        shop.writes(shop.customer(), f"fila {n}", name=f"Fila {n}")
    until(lambda: len(shop.api.get("/v1/conversations", params={"q": "Fila"}).json()["data"]) == 6)
    page = at_inbox(opened(token=shop.token))
    _row(page, "Fila 2").get_by_role("button").click()
    until(lambda: _row(page, "Fila 2").get_by_text("unread").count() == 0)

    def same() -> bool:
        listed = shop.api.get("/v1/conversations", params={"limit": 20, "status": "open"}).json()["data"]
        drawn = page.locator(".row-name").all_inner_texts()
        return [each["contact_name"] for each in listed if each["contact_name"]] == drawn[: len(listed)]

    until(same)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_conversation_with_pictures_opens_at_its_end_and_is_read(shop: Shop, opened: Opens, width: int) -> None:
    phone = shop.customer()
    for n in range(12):
        shop.writes(phone, f"foto {n}", name=f"Fotos {width}", type="image")
    conversation = shop.conversation(phone)
    until(lambda: shop.api.get(f"/v1/conversations/{conversation['id']}").json()["data"]["unread_count"] >= 12)
    for _ in range(3):
        page = at_inbox(opened(token=shop.token, width=width))
        _row(page, f"Fotos {width}").get_by_role("button").click()
        _messages(page).get_by_text("foto 11", exact=True).wait_for()
        until(partial(_at_end, page), 5)
        page.context.close()
    path = f"/v1/conversations/{conversation['id']}"
    until(lambda: shop.api.get(path).json()["data"]["unread_by_me"] == 0)


def _at_end(page: Any) -> bool:
    script = """() => { const l = document.querySelector('.messages'), s = l.closest('.scroll') ?? l.parentElement;
                return s.scrollHeight - s.scrollTop - s.clientHeight < 4; }"""
    return bool(page.evaluate(script))


def test_a_paste_that_is_too_long_is_not_cut_in_silence(shop: Shop, page: Any) -> None:
    shop.writes(shop.customer(), "leia isto", name="Texto Longo")
    _row(page, "Texto Longo").get_by_role("button").click()
    _composer(page).fill("x" * 5000)
    assert len(_composer(page).input_value()) == 5000
    assert page.get_by_role("form", name="Answer").get_by_text(re.compile("904")).is_visible()


def test_whoever_may_not_delete_is_not_offered_it(shop: Shop, opened: Opens) -> None:
    email = "agente@plixa.example"
    invited = shop.api.post("/v1/team/invitations", json={"email": email, "role": "agent"})
    assert invited.is_success, invited.text
    token = invited.json()["data"]["accept_url"].partition("token=")[2]
    body = {"token": token, "name": "Agente", "password": "uma senha bem longa 7"}
    assert shop.api.post("/v1/team/invitations/accept", json=body).is_success
    shop.writes(shop.customer(), "apague-me", name="Para Apagar")
    for page, offered in ((sign_in(opened(), email, body["password"]), 0), (at_inbox(opened(token=shop.token)), 1)):
        _row(page, "Para Apagar").get_by_role("button").click()
        page.get_by_label("More", exact=True).click()
        page.get_by_text("Rename the contact").wait_for()
        assert page.get_by_text("Delete the conversation").count() == offered


def test_names_and_words_of_strangers_stay_words(shop: Shop, page: Any) -> None:
    name = "<img src=x onerror=alert(1)>"
    shop.writes(shop.customer(), "<script>alert(1)</script>\"'&amp;", name=name)
    _row(page, name).get_by_role("button").click()
    _messages(page).get_by_text("<script>alert(1)</script>\"'&amp;", exact=True).wait_for()


def test_a_page_that_there_is_not_says_so(opened: Opens) -> None:
    page = opened("/panel/nope", forgive="Failed to load resource")
    page.get_by_role("link", name="To the inbox").click()
    page.get_by_role("button", name="Sign in", exact=True).first.wait_for()
