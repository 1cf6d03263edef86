"""The panel's pages beside the inbox, each as somebody uses it once."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Opens, Shop, at, at_inbox, there, until
from tests.browser.pictures import addresses

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def _at(shop: Shop, opened: Opens, path: str, heading: str, **more: Any) -> Any:
    return at(opened(f"/panel/#{path}", token=shop.token, **more), heading)


def _get(shop: Shop, path: str, **params: Any) -> Any:
    return shop.api.get(path, params=params).json()["data"]


def test_a_label_is_made_changed_and_removed_by_its_declaration(shop: Shop, opened: Opens) -> None:
    page = _at(shop, opened, "/settings/labels", "Labels")
    page.get_by_role("button", name="New label").click()
    page.get_by_label("Name").fill("Orçamento")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Change: Orçamento").click()
    page.get_by_label("Name").fill("Orçamento grande")
    page.get_by_role("button", name="Save").click()
    until(lambda: "Orçamento grande" in [each["name"] for each in _get(shop, "/v1/labels")])
    page.get_by_role("button", name="Remove: Orçamento grande").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    until(lambda: "Orçamento grande" not in [each["name"] for each in _get(shop, "/v1/labels")])


def test_what_is_wrong_stands_beside_its_field_and_a_limit_is_the_declaration_s(shop: Shop, opened: Opens) -> None:
    page = _at(shop, opened, "/settings/labels", "Labels", forgive="Failed to load resource")
    page.get_by_role("button", name="New label").click()
    assert page.get_by_label("Name").get_attribute("maxlength") == "40"
    page.get_by_label("Name").fill("Encomenda")
    page.get_by_role("button", name="Save").click()
    page.locator(".field-error:not(:empty), .form-error:not(:empty)").wait_for()


def test_a_setting_is_saved_and_taken_back(shop: Shop, opened: Opens) -> None:
    page = _at(shop, opened, "/settings/targets", "Reply targets")
    page.get_by_label("First answer within (minutes)").fill("7")
    page.get_by_role("button", name="Save").click()
    until(lambda: _get(shop, "/v1/sla-config")["first_response_seconds"] == 420)
    page.get_by_role("button", name="Undo").click()
    until(lambda: _get(shop, "/v1/sla-config")["first_response_seconds"] != 420)


def test_a_closed_day_is_in_the_calendar(shop: Shop, opened: Opens) -> None:
    day = datetime.now(UTC).strftime("%Y-%m-15")
    made = shop.api.post("/v1/scheduling/closures", json={"date": day, "reason": "Balanço"})
    page = _at(shop, opened, "/settings/hours", "Opening hours")
    page.get_by_role("table").get_by_text("Balanço").wait_for()
    shop.api.delete(f"/v1/scheduling/closures/{made.json()['data']['id']}")
    page.get_by_role("table").get_by_text("Balanço").wait_for(state="detached")


def test_somebody_is_invited(shop: Shop, opened: Opens) -> None:
    page = _at(shop, opened, "/settings/team", "Team")
    page.get_by_role("button", name="Invite somebody").click()
    page.get_by_label("E-mail").fill("nova@plixa.example")
    page.get_by_role("button", name="Send the invitation").click()
    until(lambda: "token=" in page.get_by_label("Link for them").input_value())
    until(lambda: "nova@plixa.example" in [each["email"] for each in _get(shop, "/v1/team/invitations")])


def test_a_contact_is_found_labelled_and_renamed(shop: Shop, opened: Opens) -> None:
    phone = shop.customer()
    shop.writes(phone, "oi", name="Contato Achado")
    contact = until(lambda: next(iter(_get(shop, "/v1/contacts", q=phone)), None))
    page = _at(shop, opened, "/contacts", "Contacts")
    page.get_by_label("Search by name or number").fill("Contato Ach")
    page.get_by_role("link", name="Contato Achado").click()
    card = page.get_by_role("article", name="Contato Achado")
    card.get_by_role("button", name="Encomenda").click()
    card.get_by_role("button", name="Encomenda", pressed=True).wait_for()
    card.get_by_label("Name").fill("Contato Renomeado")
    card.get_by_role("button", name="Save").first.click()
    until(lambda: _get(shop, f"/v1/contacts/{contact['id']}")["contact_name"] == "Contato Renomeado")
    page.get_by_role("article", name="Contato Renomeado").wait_for()


def test_a_file_is_mapped_imported_and_reported(shop: Shop, opened: Opens, tmp_path: Path) -> None:
    file = tmp_path / "clientes.csv"
    file.write_text("Quem;Zap;Observação\nImportada Silva;11 98111-2233;gosta de bolo\nSem Número;12;x\n")
    page = _at(shop, opened, "/contacts/import", "Import contacts")
    page.locator("input[type=file]").set_input_files(str(file))
    page.get_by_label("What “Zap” is").select_option("phone")
    page.get_by_label("What “Quem” is").select_option("name")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("region", name="What was wrong", exact=True).last.get_by_text("3", exact=True).wait_for()
    [made] = _get(shop, "/v1/contacts", q="Importada")
    assert (made["contact_phone"], made["notes"]) == ("5511981112233", "gosta de bolo")


def _service(shop: Shop, **more: Any) -> int:
    me = shop.api.get("/v1/me").json()["data"]["user"]["id"]
    body = {"name": "Degustação", "duration_minutes": 60, "provider_ids": [me], **more}
    shop.api.put("/v1/scheduling/default-schedule", json={"timezone": "America/Sao_Paulo", "rules": _all_week()})
    return int(shop.api.post("/v1/scheduling/services", json=body).json()["data"]["id"])


def _all_week() -> list[dict[str, Any]]:
    return [{"weekday": day, "start_time": "08:00", "end_time": "20:00"} for day in range(7)]


def test_an_appointment_is_booked_dragged_and_explained(shop: Shop, opened: Opens) -> None:
    service = _service(shop)
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%d")
    page = _at(shop, opened, f"/agenda?on={tomorrow}", "Agenda")
    page.get_by_role("button", name="Book", exact=True).click()
    page.get_by_label("Service", exact=True).select_option(str(service))
    page.get_by_role("radio", name="10:00").check()
    page.get_by_role("dialog").get_by_role("button", name="Book").click()
    block = page.get_by_role("button", name=re.compile("10:00 Degustação"))
    block.wait_for()
    block.evaluate("(node) => node.scrollIntoView({ block: 'nearest' })")  # the day may be drawn anew meanwhile
    hours = page.get_by_role("region", name="Hours")
    hours.evaluate("(node) => { node.scrollTop = 40; }")
    box = until(block.bounding_box)
    page.mouse.move(box["x"] + 30, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 30, box["y"] + 66, steps=6)
    page.mouse.up()
    page.get_by_role("button", name=re.compile("11:00 Degustação")).click()
    assert hours.evaluate("(node) => node.scrollTop") == 40  # where one had looked
    drawer = page.get_by_role("dialog", name="Appointment")
    drawer.get_by_text("What happened and why").wait_for()
    drawer.get_by_text(re.compile("Moved|moved")).first.wait_for()


def test_what_changes_while_a_page_looks_for_the_first_time_shows_by_itself(shop: Shop, opened: Opens) -> None:
    day = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%d")
    service = _service(shop)
    flow = {"name": "Só Agora", "draft_definition": {"nodes": [{"id": "s", "type": "start", "data": {}}], "edges": []}}
    booked = {"service_id": service, "start": f"{day}T15:00:00"}
    known = {"contact_phone": shop.customer(), "contact_name": "Ana Agora"}
    asked = {"subject": "Pergunta de agora", "body": "Como?"}
    people = {"source": "manual", "recipients": [{"phone": shop.customer()}], "scheduled_at": f"{day}T15:00"}
    changes: list[tuple[str, str, dict[str, Any], str]] = [
        (f"/agenda?on={day}", "scheduling/appointments", booked, "15:00"),
        ("/contacts?q=Agora", "contacts", known, "Ana Agora"),
        ("/flows", "flows", flow, "Só Agora"),
        ("/settings/labels", "labels", {"name": "De Agora", "color": "#aabbcc"}, "De Agora"),
        ("/broadcasts", "broadcasts", {"name": "A Todos Agora", "body": "Oi", **people}, "A Todos Agora"),
        ("/support", "support/tickets", asked, "Pergunta de agora"),
    ]
    page = at_inbox(opened(token=shop.token, width=390))
    for address, path, body, seen in changes:
        _hold_first(page, f"{shop.url}/v1/{path}", partial(_made, shop, f"/v1/{path}", body))
        page.goto(f"{shop.url}/panel/#{address}")
        page.get_by_role("listitem").filter(has_text=seen).first.wait_for()


def _made(shop: Shop, path: str, body: dict[str, Any]) -> None:
    answer = shop.api.post(path, json=body)
    assert answer.is_success, answer.text


def _hold_first(page: Any, address: str, act: Callable[[], None]) -> None:
    """The first answer from there reaches the page only after somebody did something, and after it was told of that."""

    def there(url: str) -> bool:
        return url.partition("?")[0] == address

    def held(route: Any) -> None:
        answer = route.fetch()
        act()
        time.sleep(0.5)  # the live push needs a tenth of it; there is nothing to wait for while the page is held
        route.fulfill(response=answer)

    page.route(there, held, times=1)


def test_a_list_is_not_drawn_anew_under_a_press(shop: Shop, opened: Opens) -> None:
    frames: list[str] = []
    page = opened("/healthz", token=shop.token)
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    page.goto(f"{shop.url}/panel/#/settings/labels")
    at_inbox(at(page, "Labels")).get_by_role("button", name="Change: Encomenda").hover()
    page.mouse.down()
    _made(shop, "/v1/labels", {"name": "Sob o Dedo", "color": "#aabbcc"})
    until(lambda: page.wait_for_timeout(50) or any("Sob o Dedo" in each for each in frames))
    page.wait_for_timeout(500)  # after which it would have been drawn
    page.mouse.up()
    page.get_by_role("dialog", name="Encomenda").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Change: Sob o Dedo").wait_for()


def test_a_report_is_a_picture_and_a_table(shop: Shop, opened: Opens) -> None:
    page = _at(shop, opened, "/reports/volume", "Reports")
    figure = page.get_by_role("figure", name="Messages")
    figure.get_by_role("img").wait_for()
    figure.get_by_role("button", name="As a table").click()
    until(lambda: figure.get_by_role("table").get_by_role("row").count() == 31)


def test_today_says_what_needs_somebody(shop: Shop, opened: Opens) -> None:
    shop.writes(shop.customer(), "atendente", name="Precisa de Gente")
    page = _at(shop, opened, "/reports", "Reports")
    page.get_by_role("link", name=re.compile("Precisa de Gente")).wait_for()


def test_whoever_is_no_owner_is_refused_nothing_that_a_page_asks_for(shop: Shop, opened: Opens) -> None:
    invited = shop.api.post("/v1/team/invitations", json={"email": "leitora@plixa.example", "role": "agent"}).json()
    body = {"name": "Leitora", "password": "uma senha bem longa 9"}
    token = {"token": invited["data"]["accept_url"].partition("token=")[2]}
    session = shop.api.post("/v1/team/invitations/accept", json={**body, **token}).json()["data"]
    page = at(opened("/panel/#/settings", token=session["token"]), "Settings")
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(f"{page.url} {answer.url}") if answer.status >= 400 else None)
    for name, address in addresses():
        if name != "keys":
            page.goto(f"{shop.url}/panel/#{address}")
            there(page)
    assert refused == []


def test_a_conversation_is_gone_through_in_time(shop: Shop, opened: Opens) -> None:
    phone = shop.customer()
    shop.writes(phone, "atendente", name="Vista No Tempo")
    conversation = shop.conversation(phone)["id"]
    until(lambda: len(_get(shop, f"/v1/conversations/{conversation}/timeline")) > 3)
    page = _at(shop, opened, f"/conversations/{conversation}/why", "What happened and why")
    slider = page.get_by_role("slider", name="Time")
    seen = page.get_by_role("log", name="What the customer saw then")
    seen.get_by_text("atendente").wait_for()
    lines = page.get_by_role("list", name="What happened, and why").get_by_role("listitem")
    assert lines.count() > 3
    slider.fill("0")
    page.locator(".why-lines > :first-child[aria-current]").wait_for()
    assert page.locator(".why-lines > [aria-current]").count() == 1


def test_a_flow_is_changed_rehearsed_and_published(shop: Shop, opened: Opens) -> None:
    made = shop.api.post("/v1/flows", json={"name": "Ensaio", "template": "reception"}).json()["data"]
    page = _at(shop, opened, f"/flows/{made['id']}", "Ensaio")
    page.get_by_role("group", name="Picture of the flow").get_by_role(
        "button", name=re.compile("^Message")
    ).first.click()
    page.get_by_label("Text", exact=True).fill("Bom dia da Padaria!")
    phone = page.get_by_role("region", name="Rehearsal").last
    phone.get_by_label("Write something").fill("oi")
    phone.get_by_label("Write something").press("Enter")
    phone.get_by_text("Bom dia da Padaria!").wait_for()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    until(lambda: "Bom dia da Padaria!" in str(_get(shop, f"/v1/flows/{made['id']}")["definition"]))


def test_what_is_wrong_with_a_flow_is_marked_at_its_step(shop: Shop, opened: Opens) -> None:
    nodes = [{"id": "start", "type": "start", "data": {}}, {"id": "m", "type": "message", "data": {}}]
    edges = [{"id": "e", "source": "start", "target": "m"}]
    draft = {"nodes": nodes, "edges": edges}
    made = shop.api.post("/v1/flows", json={"name": "Falho", "draft_definition": draft}).json()["data"]
    page = _at(shop, opened, f"/flows/{made['id']}", "Falho")
    page.get_by_role("button", name=re.compile("^Message: .*problem")).click()
    page.get_by_role("button", name="Publish").click()
    page.get_by_text(re.compile("in the way")).wait_for()


def test_the_api_is_tried_by_the_session_from_the_page_that_uses_it(shop: Shop, opened: Opens) -> None:
    page = _at(shop, opened, "/settings/labels", "Labels")
    href = page.get_by_role("link", name="The API of this page").get_attribute("href")
    page.goto(f"{shop.url}{href}")
    card = page.get_by_role("article", name=re.compile("^List.*labels", re.IGNORECASE)).first
    card.get_by_text("Try it").click()
    card.get_by_role("button", name="Send").click()
    card.get_by_role("status").get_by_text("200", exact=True).wait_for()  # in the answer it may stand as well
    card.get_by_role("status").get_by_text("Cliente fiel").wait_for()


def test_a_plan_is_bought_and_its_bill_opened(shop: Shop, opened: Opens) -> None:
    page = _at(
        shop, opened, "/settings/plan", "Plan and payments", forgive="Failed to load resource"
    )  # Stripe's own mark
    page.get_by_role("button", name="Professional").click()
    page.get_by_role("button", name=re.compile("Pay|Subscribe", re.IGNORECASE)).first.click()
    at(page, "Plan and payments")
    until(lambda: _get(shop, "/v1/billing/subscription")["because"] == "subscription")
    page.reload()
    page.get_by_text(re.compile("Professional")).first.wait_for()
    bill = until(lambda: next(iter(_get(shop, "/v1/billing/invoices")), None))
    page.reload()
    page.get_by_text(bill["number"] or bill["invoice"]).wait_for()


def test_an_account_is_connected_a_deposit_comes_in_and_goes_back(shop: Shop, opened: Opens) -> None:
    page = _at(shop, opened, "/settings/plan", "Plan and payments", forgive="Failed to load resource")
    page.get_by_text("Not connected: customers cannot pay deposits.").wait_for()
    page.get_by_role("button", name="Connect Stripe").click()
    page.get_by_role("button", name="Finish", exact=True).click()  # at Stripe
    at(page, "Plan and payments")
    page.get_by_text("Ready to take deposits.").wait_for()
    service = _service(shop, price_cents=9000, deposit_cents=3000, currency="BRL")
    start = f"{datetime.now(UTC) + timedelta(days=4):%Y-%m-%d}T15:00:00-03:00"
    booked = shop.api.post("/v1/scheduling/appointments", json={"service_id": service, "start": start}).json()["data"]
    link = shop.api.post(f"/v1/scheduling/appointments/{booked['id']}/payment-link").json()["data"]["url"]
    customer = opened("/panel/", width=390, forgive="Failed to load resource")
    customer.goto(link)
    customer.get_by_role("button", name=re.compile("^Pay 3000")).click()
    until(lambda: any(each["status"] == "paid" for each in _get(shop, "/v1/payments")))
    page.reload()
    row = page.get_by_role("listitem").filter(has_text=f"Appointment {booked['id']}")
    row.get_by_text(re.compile(r"30\.00, paid")).wait_for()
    assert "→" in row.locator("[title]").first.get_attribute("title")  # the session and the payment at Stripe
    row.get_by_role("button", name="Give it back").click()
    page.get_by_role("dialog").get_by_role("button", name="Give it back").click()
    until(lambda: [each["status"] for each in _get(shop, "/v1/payments")] == ["refunded"])


def test_what_is_being_written_in_a_form_stays_when_everything_is_fetched_anew(shop: Shop, opened: Opens) -> None:
    page = opened("/healthz", token=shop.token, forgive="WebSocket connection")
    sockets: list[Any] = []

    def through(socket: Any) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket("**/v1/ws", through)
    page.goto(f"{shop.url}/panel/#/settings/targets")
    field = at(page, "Reply targets").get_by_label("First answer within (minutes)")
    page.get_by_text("Live", exact=True).wait_for()
    field.fill("13")
    with page.expect_response("**/v1/sla-config"):
        sockets[-1].close(code=4409, reason="away for too long")
    until(lambda: page.get_by_text("Live", exact=True).is_visible() and len(sockets) > 1)
    assert field.input_value() == "13"
