"""The README's ten minutes, step by step, as somebody walks them who has never seen it."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from tests.browser.conftest import Opens, Shop, at, sign_in, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
NAME = "Novata Curiosa"


def _go(page: Any, *links: str) -> Any:
    for link in links:
        page.get_by_role("link", name=re.compile(f"^{link}")).first.click()  # a count may follow
    return page


def _opened(page: Any) -> Any:
    page.get_by_role("list", name="Conversations").get_by_role("listitem").filter(has_text=NAME).get_by_role(
        "button"
    ).click()
    return page.get_by_role("list", name="Messages")


def test_the_readme_s_ten_minutes(shop: Shop, opened: Opens) -> None:
    phone = shop.customer()
    page = sign_in(opened(width=1440, height=900))
    rows = page.get_by_role("list", name="Conversations").get_by_role("listitem")
    rows.filter(has_text="Bia Fernandes").wait_for()  # the week before
    # 1-3: the phone, the flow, the AI, a person
    shop.writes(phone, "oi", name=NAME)
    until(lambda: any("Padaria Aurora" in each for each in shop.answers(phone)))
    shop.writes(phone, "quanto custa o bolo de chocolate?", name=NAME)
    until(lambda: any("R$ 80" in each for each in shop.answers(phone)))
    shop.writes(phone, "atendente", name=NAME)
    messages = _opened(page)
    messages.get_by_text("atendente", exact=True).wait_for()
    page.get_by_role("textbox", name="Message").fill("Oi! Sou a Aurora.")
    page.get_by_role("textbox", name="Message").press("Enter")
    until(lambda: "Oi! Sou a Aurora." in shop.answers(phone))
    mine = messages.get_by_role("listitem").filter(has_text="Oi! Sou a Aurora.")
    mine.get_by_role("img", name=re.compile("Delivered|Read")).wait_for()
    # 4: a label
    at(_go(page, "Settings", "Labels"), "Labels")
    page.get_by_role("button", name="New label").click()
    page.get_by_label("Name").fill("Casamento")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Casamento").first.wait_for()
    _opened(_go(page, "Inbox"))
    page.get_by_role("group", name="Labels").get_by_role("button", name="Casamento").click()
    rows.filter(has_text=NAME).get_by_text("Casamento").wait_for()
    # 5: a colleague
    at(_go(page, "Settings", "Team"), "Team")
    page.get_by_role("button", name="Invite somebody").click()
    page.get_by_label("E-mail").fill("primeira@plixa.example")
    page.get_by_role("button", name="Send the invitation").click()
    page.get_by_label("Link for them").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("list").filter(has_text="primeira@plixa.example").wait_for()
    # 6: a flow, rehearsed
    at(_go(page, "Automations"), "Automations")
    page.get_by_role("link", name=re.compile("Recepção")).first.click()
    picture = page.get_by_role("group", name="Picture of the flow")
    picture.get_by_role("button", name=re.compile("^Message")).first.click()
    page.get_by_label("Text", exact=True).fill("Pode perguntar, estou ouvindo!")
    rehearsal = page.get_by_role("region", name="Rehearsal").last
    rehearsal.get_by_label("Write something").fill("oi")
    rehearsal.get_by_label("Write something").press("Enter")
    rehearsal.get_by_text(re.compile("Aqui é a Padaria Aurora")).first.wait_for()
    rehearsal.get_by_role("button", name="Tirar uma dúvida").click()
    rehearsal.get_by_text("Pode perguntar, estou ouvindo!").wait_for()
    page.get_by_text("Saved, not published").wait_for()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    page.get_by_text("Published", exact=True).wait_for()
    shop.writes(other := shop.customer(), "oi", name="Outra Novata")
    until(partial(shop.answers, other))
    shop.writes(other, "dúvida", name="Outra Novata")
    until(lambda: "Pode perguntar, estou ouvindo!" in shop.answers(other))
    # 7: an appointment
    at(_go(page, "Agenda"), "Agenda")
    page.get_by_role("button", name="Book", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Service", exact=True).select_option(label="Degustação de bolos")
    dialog.get_by_role("radio").first.check()
    dialog.get_by_role("button", name="Book").click()
    dialog.wait_for(state="detached")
    page.get_by_role("button", name=re.compile("Degustação de bolos")).first.click()
    drawer = page.get_by_role("dialog", name="Appointment")
    drawer.get_by_role("region", name="What happened and why").get_by_text(re.compile("Aurora")).first.wait_for()
    page.keyboard.press("Escape")
    drawer.wait_for(state="detached")
    # 8: reports that are not empty
    at(_go(page, "Reports", "Volume"), "Reports").get_by_role("figure", name="Messages").wait_for()
    _go(page, "Appointments")
    page.get_by_role("region", name="Appointments").get_by_text("Degustação de bolos").first.wait_for()
    # 9: why
    _opened(_go(page, "Inbox"))
    _go(page, "Go through time")
    page.get_by_role("slider", name="Time").wait_for()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Help").get_by_text("Everything that happened in this conversation").wait_for()
