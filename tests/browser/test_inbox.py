"""The inbox as its people use it: what a customer writes, what goes back, and what a bad network does to it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import zip_longest
from typing import Any

import pytest

from tests.browser.conftest import Opens, Shop, at, at_inbox, sign_in, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
CUT = "Failed to load resource: net::ERR_INTERNET_DISCONNECTED"


def row(page: Any, text: str) -> Any:
    """The row of the list that shows this."""
    return page.get_by_role("list", name="Conversations").get_by_role("listitem").filter(has_text=text)


def messages(page: Any) -> Any:
    return page.get_by_role("list", name="Messages")


def composer(page: Any) -> Any:
    return page.get_by_role("textbox", name="Message")


def test_a_customer_writes_and_is_answered_and_the_ticks_come_back(shop: Shop, page: Any) -> None:
    phone = shop.customer()
    shop.writes(phone, "atendente, tem bolo hoje?", name="Rosa do Browser")
    row(page, "Rosa do Browser").get_by_role("button").click()
    messages(page).get_by_text("atendente, tem bolo hoje?", exact=True).wait_for()
    composer(page).fill("Tem sim, de chocolate.")
    composer(page).press("Enter")
    until(lambda: "Tem sim, de chocolate." in shop.answers(phone))
    mine = messages(page).get_by_role("listitem").filter(has_text="Tem sim, de chocolate.")
    mine.get_by_role("img", name=re.compile("Delivered|Read")).wait_for()


def test_two_people_see_each_other_s_doing(shop: Shop, opened: Opens) -> None:
    phone = shop.customer()
    shop.writes(phone, "oi de novo", name="Vista por dois")
    one, other = at_inbox(opened(token=shop.token)), at_inbox(opened(token=shop.token))
    for page in (one, other):
        row(page, "Vista por dois").get_by_role("button").click()
        messages(page).get_by_text("oi de novo", exact=True).wait_for()
    composer(one).fill("Escrito no primeiro.")
    composer(one).press("Enter")
    messages(other).get_by_text("Escrito no primeiro.", exact=True).wait_for()
    other.get_by_role("button", name="Resolve", exact=True).click()
    one.get_by_role("button", name="Reopen").wait_for()


def test_a_short_loss_of_the_network_is_over_when_it_is_over(shop: Shop, opened: Opens) -> None:
    page = at_inbox(opened(token=shop.token, forgive=CUT))
    phone = shop.customer()
    shop.writes(phone, "antes da queda", name="Sem Rede")
    row(page, "Sem Rede").get_by_role("button").click()
    page.context.set_offline(True)
    page.get_by_text("Offline", exact=True).wait_for()
    composer(page).fill("Escrito sem rede.")
    composer(page).press("Enter")
    page.get_by_role("img", name="Not sent").wait_for()
    page.context.set_offline(False)
    page.get_by_text("Live", exact=True).wait_for()
    until(lambda: shop.answers(phone).count("Escrito sem rede.") == 1)
    shop.writes(phone, "depois da queda")  # any sooner, it would have to be read before something is sent
    messages(page).get_by_text("depois da queda", exact=True).wait_for()


def test_a_long_loss_of_the_network_is_made_up_for_in_every_tab(shop: Shop, opened: Opens) -> None:
    """A minute and a half, by the page's clock: the sockets are given up, and tried again in vain."""
    lost = ("Failed to load resource: net::ERR_", "WebSocket connection", CONFLICT)
    first = opened("/healthz", token=shop.token, forgive=lost)
    first.context.clock.install()
    phone = shop.customer()
    shop.writes(phone, "antes do apagão", name="Sem Luz")
    pages = [first, first.context.new_page()]
    for page in pages:
        page.goto(f"{shop.url}/panel/")
        row(at_inbox(page), "Sem Luz").get_by_role("button").click()
        messages(page).get_by_text("antes do apagão", exact=True).wait_for()
    first.context.set_offline(True)
    composer(first).fill("Escrito no escuro.")
    composer(first).press("Enter")
    shop.writes(phone, "no meio do apagão")
    first.context.clock.run_for(90_000)
    for page in pages:
        page.locator(".live-state.offline").wait_for()
    first.context.set_offline(False)
    for page in pages:
        page.get_by_text("Live", exact=True).wait_for()
        messages(page).get_by_text("no meio do apagão", exact=True).wait_for()
    first.get_by_role("button", name="Send it anyway").click()  # it was written before that was read
    messages(pages[1]).get_by_text("Escrito no escuro.", exact=True).wait_for()
    until(lambda: shop.answers(phone).count("Escrito no escuro.") == 1)


def test_the_list_is_in_the_api_s_order_whatever_was_read(shop: Shop, opened: Opens) -> None:
    """Also with messages that were long on their way: from somebody new, and from somebody who has written since."""
    phones = {f"Fila {n}": shop.customer() for n in range(6)}
    for name, phone in phones.items():
        shop.writes(phone, name.lower(), name=name)
    until(lambda: len(shop.api.get("/v1/conversations", params={"q": "Fila"}).json()["data"]) == 6)
    page = at_inbox(opened(token=shop.token))
    for name, phone in (("Fila 3", phones["Fila 3"]), ("Fila 6", shop.customer())):
        shop.writes(phone, "chegou tarde", name=name, timestamp=int(time.time()) - 86_400)
        row(page, name).get_by_text("chegou tarde").wait_for()
    row(page, "Fila 2").get_by_role("button").click()
    until(lambda: row(page, "Fila 2").get_by_text("unread").count() == 0)

    def differing() -> list[tuple[str | None, str]]:
        """Each place of the list where the API has another one. Who has no name is shown by their number."""
        listed = shop.api.get("/v1/conversations", params={"limit": 20, "status": "open"}).json()["data"]
        drawn = page.locator(".row-name").all_inner_texts()[: len(listed)]
        both = zip_longest((each["contact_name"] for each in listed), drawn, fillvalue="")
        return [(name, shown) for name, shown in both if name and name != shown]

    last = list[list[tuple[str | None, str]]]()
    with suppress(AssertionError):
        until(lambda: last.append(differing()) or not last[-1])  # once is enough: the flow's answers move them again
    assert last[-1] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_a_conversation_with_pictures_opens_at_its_end_and_is_read(shop: Shop, opened: Opens, width: int) -> None:
    phone = shop.customer()
    for n in range(12):
        shop.writes(phone, f"foto {n}", name=f"Fotos {width}", type="image")
    conversation = shop.conversation(phone)
    path = f"/v1/conversations/{conversation['id']}"
    until(lambda: shop.api.get(path).json()["data"]["unread_count"] >= 12)
    for each in shop.api.get(f"{path}/messages").json()["data"]:
        if each["media"]:
            until(lambda file=f"{path}/messages/{each['id']}/media": shop.api.get(file).is_success)
    page = at_inbox(opened(token=shop.token, width=width))
    for turn in range(10):
        if turn % 3 == 2:  # nothing is kept, as on the first one
            page.reload()
        row(at_inbox(page), f"Fotos {width}").get_by_role("button").click()
        messages(page).get_by_text("foto 11", exact=True).wait_for()
        until(partial(_at_end, page))
        page.evaluate(CHANGE_PLACES)
        until(partial(_at_end, page))
        page.evaluate("location.hash = '#/'")
        messages(page).wait_for(state="detached")
    until(lambda: shop.api.get(path).json()["data"]["unread_by_me"] == 0)


CHANGE_PLACES = """async () => {
  const all = [...document.querySelectorAll(".messages > .message")], first = all[0], last = all.at(-1);
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  first.style.minHeight = "600px";
  await frames();
  first.style.minHeight = "";
  last.style.minHeight = "600px";
  await frames();
}"""
"""What stood for a picture further up goes and was larger, and the last one comes: the browser scrolls by itself."""


def _at_end(page: Any) -> bool:
    """And the pictures that are in sight are drawn."""
    script = """() => { const l = document.querySelector('.messages'), s = l.closest('.scroll') ?? l.parentElement;
                const drawn = [...l.querySelectorAll('.media a img')].some((img) => img.complete && img.naturalWidth);
                return drawn && s.scrollHeight - s.scrollTop - s.clientHeight < 4; }"""
    return bool(page.evaluate(script))


def test_a_paste_that_is_too_long_is_not_cut_in_silence(shop: Shop, page: Any) -> None:
    shop.writes(shop.customer(), "leia isto", name="Texto Longo")
    row(page, "Texto Longo").get_by_role("button").click()
    composer(page).fill("x" * 5000)
    assert len(composer(page).input_value()) == 5000
    page.get_by_role("form", name="Answer").get_by_text(re.compile("904")).wait_for()


def test_whoever_may_not_delete_is_not_offered_it(shop: Shop, opened: Opens) -> None:
    email = "agente@plixa.example"
    invited = shop.api.post("/v1/team/invitations", json={"email": email, "role": "agent"})
    assert invited.is_success, invited.text
    token = invited.json()["data"]["accept_url"].partition("token=")[2]
    body = {"token": token, "name": "Agente", "password": "uma senha bem longa 7"}
    assert shop.api.post("/v1/team/invitations/accept", json=body).is_success
    shop.writes(shop.customer(), "apague-me", name="Para Apagar")
    for page, offered in ((sign_in(opened(), email, body["password"]), 0), (at_inbox(opened(token=shop.token)), 1)):
        row(page, "Para Apagar").get_by_role("button").click()
        page.get_by_label("More", exact=True).click()
        page.get_by_text("Rename the contact").wait_for()
        assert page.get_by_text("Delete the conversation").count() == offered


def test_what_is_pressed_is_not_drawn_anew_under_the_press(shop: Shop, page: Any) -> None:
    phone = shop.customer()
    shop.writes(phone, "atendente", name="Sob o Dedo")
    row(page, "Sob o Dedo").get_by_role("button").click()
    more = page.get_by_label("More", exact=True)
    more.hover()
    page.mouse.down()
    shop.writes(phone, "mais uma coisa")
    messages(page).get_by_text("mais uma coisa", exact=True).wait_for()
    page.wait_for_timeout(300)  # after which the head would have been drawn, too
    page.mouse.up()
    page.get_by_text("Rename the contact").wait_for()


def test_names_and_words_of_strangers_stay_words(shop: Shop, page: Any) -> None:
    name = "<img src=x onerror=alert(1)>"
    shop.writes(shop.customer(), "<script>alert(1)</script>\"'&amp;", name=name)
    row(page, name).get_by_role("button").click()
    messages(page).get_by_text("<script>alert(1)</script>\"'&amp;", exact=True).wait_for()


def test_a_page_that_there_is_not_says_so(opened: Opens) -> None:
    page = opened("/panel/nope", forgive="Failed to load resource")
    page.get_by_role("link", name="To the inbox").click()
    page.get_by_role("button", name="Sign in", exact=True).first.wait_for()


def test_a_second_tab_and_a_reload_are_signed_in_and_signing_out_ends_both(shop: Shop, opened: Opens) -> None:
    first = sign_in(opened())
    assert first.evaluate("sessionStorage.length + document.cookie.split('plixa_session').length - 1") == 0
    second = first.context.new_page()
    second.goto(f"{shop.url}/panel/#/settings")
    at(second, "Settings")
    first.reload()
    at_inbox(first)
    first.get_by_label("Account of").click()
    first.get_by_role("button", name="Sign out", exact=True).click()
    for page in (first, second):
        page.get_by_role("button", name="Sign in", exact=True).first.wait_for()


def test_what_was_begun_to_be_written_outlives_a_reload(shop: Shop, page: Any) -> None:
    shop.writes(shop.customer(), "e o rascunho?", name="Com Rascunho")
    row(page, "Com Rascunho").get_by_role("button").click()
    composer(page).fill("Ainda não acabei de esc")
    page.reload()
    at_inbox(page)
    until(lambda: composer(page).input_value() == "Ainda não acabei de esc")


def test_who_else_looks_and_writes_is_seen_and_a_newer_message_is_read_first(shop: Shop, opened: Opens) -> None:
    phone = shop.customer()
    shop.writes(phone, "oi, tudo bem?", name="A Quatro Mãos")
    email, password = "colega@plixa.example", "uma senha bem longa 8"
    invited = shop.api.post("/v1/team/invitations", json={"email": email, "role": "agent"}).json()["data"]
    body = {"token": invited["accept_url"].partition("token=")[2], "name": "Colega", "password": password}
    assert shop.api.post("/v1/team/invitations/accept", json=body).is_success
    owner, colleague = at_inbox(opened(token=shop.token, forgive=CONFLICT)), sign_in(opened(), email, password)
    for page in (owner, colleague):
        row(page, "A Quatro Mãos").get_by_role("button").click()
        messages(page).get_by_text("oi, tudo bem?", exact=True).wait_for()
    owner.get_by_text("Colega is looking at this, too").wait_for()
    composer(colleague).press_sequentially("Já respondo")
    owner.get_by_text("Colega is writing…").wait_for()
    owner.route("**/v1/conversations/*/messages", partial(_held_until_they_write, shop, phone))
    composer(owner).fill("Respondido tarde demais.")
    composer(owner).press("Enter")
    owner.get_by_text("the customer has written meanwhile").wait_for()
    owner.unroute("**/v1/conversations/*/messages")
    owner.get_by_role("button", name="Send it anyway").click()
    until(lambda: shop.answers(phone).count("Respondido tarde demais.") == 1)


CONFLICT = "Failed to load resource: the server responded with a status of 409"


def _held_until_they_write(shop: Shop, phone: str, route: Any) -> None:
    """Let a message of ours arrive after one of theirs."""
    if route.request.method == "POST":
        shop.writes(phone, "mudei de ideia")
        found = shop.conversation(phone)
        until(lambda: "mudei de ideia" in str(shop.api.get(f"/v1/conversations/{found['id']}/messages").json()))
    route.continue_()


def test_several_are_resolved_at_once(shop: Shop, page: Any) -> None:
    """Once they were answered, and alone in the list: nothing moves between two ticks."""
    for n in range(3):
        shop.writes(phone := shop.customer(), "junto", name=f"Lote {n}")
        until(partial(shop.answers, phone))
    page.get_by_role("searchbox", name="Search").first.fill("Lote")
    rows = page.get_by_role("list", name="Conversations").get_by_role("listitem")
    until(lambda: rows.count() == 3 and rows.filter(has_text="Lote").count() == 3)
    until(lambda: rows.filter(has_text="junto").count() == 0)
    rows.nth(0).hover()
    rows.nth(0).get_by_role("checkbox").click()
    rows.nth(2).get_by_role("checkbox").click(modifiers=["Shift"])
    page.get_by_text("3 chosen").wait_for()
    page.get_by_role("toolbar").get_by_role("button", name="Resolve").click()
    page.get_by_text("3 conversations changed.").wait_for()
    until(lambda: rows.count() == 0)


def test_a_slash_offers_saved_replies_filled_in(shop: Shop, page: Any) -> None:
    made = shop.api.post("/v1/saved-replies", json={"label": "Horário", "body": "Oi {{first_name}}, abrimos às 9h."})
    assert made.is_success, made.text
    shop.writes(shop.customer(), "que horas abre?", name="Marina Prado")
    row(page, "Marina Prado").get_by_role("button").click()
    let_go = _first_held(page, "**/v1/saved-replies")
    composer(page).press_sequentially("/hor")
    offered = page.get_by_role("listbox", name="Saved replies").get_by_role("option")
    offered.filter(has_text="Horário").wait_for()
    let_go()  # the answer that was asked for by the slash alone
    assert offered.count() == 1
    composer(page).press("Enter")
    until(lambda: composer(page).input_value() == "Oi Marina, abrimos às 9h.")


def test_what_goes_out_later_is_seen_and_can_be_cancelled(shop: Shop, page: Any) -> None:
    shop.writes(shop.customer(), "me avise amanhã", name="Para Depois")
    row(page, "Para Depois").get_by_role("button").click()
    composer(page).fill("Bom dia! Está pronto.")
    let_go = _first_held(page, "**/scheduled-messages")
    page.get_by_label("Send later").click()
    page.get_by_role("button", name="In an hour").click()
    strip = page.get_by_role("list", name="What goes out later")
    strip.get_by_text("Bom dia! Está pronto.").wait_for()
    strip.get_by_role("button", name="Cancel it").click()
    strip.wait_for(state="hidden")
    let_go()
    assert strip.is_hidden()


def _first_held(page: Any, address: str) -> Callable[[], None]:
    """Hold back the first answer from there; answers what lets it go, after all others."""
    first: dict[str, Any] = {}

    def hold(route: Any) -> None:
        if route.request.method != "GET" or first.setdefault("look", route) is not route:
            route.fallback()
        else:
            first["answer"] = route.fetch()

    def let_go() -> None:
        while "answer" not in first:
            page.wait_for_timeout(20)  # in which the route goes on
        with page.expect_response(address):
            first["look"].fulfill(response=first["answer"])
        page.evaluate("new Promise((done) => setTimeout(done))")  # what is drawn by it is drawn now

    page.route(address, hold)
    return let_go
