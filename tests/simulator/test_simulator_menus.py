"""Buttons and lists through the simulator: sent, on the customer's screen, tapped, refused."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_harness import CUSTOMER, Gateway, Receiver, message_of
from test_simulator_shapes import assert_like

BUTTONS = {
    "title": "Como posso ajudar?",
    "description": "1. Segunda via\n2. Pessoa",
    "footer": "Ou responda.",
    "buttons": [
        {"type": "reply", "displayText": "Segunda via", "id": "copy"},
        {"type": "reply", "displayText": "Pessoa", "id": "person"},
    ],
}
ROWS = [
    {"title": "Segunda via", "rowId": "copy", "description": "Emitir agora"},
    {"title": "Pessoa", "rowId": "person"},
]
LIST = {
    "title": "Como posso ajudar?",
    "description": "Escolha",
    "footerText": "Acme",
    "buttonText": "Ver opções",
    "sections": [{"title": "Opções", "rows": ROWS}],
}
TAPPABLE = [
    {"id": "copy", "label": "Segunda via", "description": ""},
    {"id": "person", "label": "Pessoa", "description": ""},
]


async def sent(gateway: Gateway, call: str, body: dict[str, Any], **more: Any) -> str:
    answer = await gateway.client.post(f"/message/{call}/acme", json={"number": CUSTOMER, **body, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"]["id"])


async def test_buttons_are_on_the_customers_screen(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    key = await sent(gateway, "sendButtons", BUTTONS)
    [bubble] = await gateway.screen()
    assert (bubble["id"], bubble["text"]) == (key, "*Como posso ajudar?*\n\n1. Segunda via\n2. Pessoa")
    assert (bubble["options"], bubble["footer"]) == (TAPPABLE, "Ou responda.")
    [record] = await receiver.wait_for("send.message")
    assert (record["messageType"], record["status"]) == ("viewOnceMessage", "PENDING")


async def test_a_list_is_on_the_customers_screen(gateway: Gateway) -> None:
    await gateway.link()
    await sent(gateway, "sendList", LIST)
    [bubble] = await gateway.screen()
    assert (bubble["text"], bubble["footer"]) == ("*Como posso ajudar?*\n\nEscolha", "Acme")
    assert [(one["id"], one["description"]) for one in bubble["options"]] == [("copy", "Emitir agora"), ("person", "")]


async def test_a_text_has_nothing_to_tap(gateway: Gateway) -> None:
    await gateway.link()
    await gateway.send("Olá")
    assert (await gateway.screen())[0]["options"] == []


@pytest.mark.parametrize(
    ("fixture", "call", "body", "fields"),
    [
        ("messages-upsert.list-reply", "sendList", LIST, {}),
        ("messages-upsert.button-reply", "sendButtons", BUTTONS, {"reply_as": "buttons"}),
        ("messages-upsert.interactive-reply", "sendButtons", BUTTONS, {}),
        ("messages-upsert.template-button-reply", "sendButtons", BUTTONS, {"reply_as": "template", "source": "ios"}),
    ],
)
async def test_a_tap_comes_back_as_the_contract_shows(
    gateway: Gateway, receiver: Receiver, fixture: str, call: str, body: dict[str, Any], fields: dict[str, Any]
) -> None:
    await gateway.link()
    key = await sent(gateway, call, body)
    record = await gateway.write(type="tap", name="Ana", to=key, choice="copy", **fields)
    assert record["contextInfo"]["stanzaId"] == key
    assert (await gateway.screen())[-1]["text"] == "Segunda via"
    await assert_like(receiver, fixture)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [({"choice": "gone"}, "no option 'gone'"), ({"to": "nothing", "choice": "copy"}, "no message 'nothing'")],
)
async def test_what_is_not_there_cannot_be_tapped(gateway: Gateway, fields: dict[str, Any], problem: str) -> None:
    await gateway.link()
    key = await sent(gateway, "sendButtons", BUTTONS)
    body = {"instance": "acme", "type": "tap", "to": key, **fields}
    answer = await gateway.client.post(f"/sim/customers/{CUSTOMER}/messages", json=body)
    assert answer.status_code == 404
    assert problem in message_of(answer)


BUTTON = BUTTONS["buttons"][0]


@pytest.mark.parametrize(
    ("call", "body", "problem"),
    [
        ("sendButtons", {**BUTTONS, "buttons": []}, ["At least one button is required"]),
        ("sendButtons", {**BUTTONS, "buttons": [BUTTON] * 4}, ["Maximum of 3 reply buttons allowed"]),
        ("sendButtons", {**BUTTONS, "buttons": [{"type": "x"}]}, None),
        ("sendList", {**LIST, "sections": [{"rows": ROWS}]}, [['sections[0] requires property "title"']]),
        ("sendList", {**LIST, "footerText": 7}, [["footerText is not of a type(s) string"]]),
    ],
)
async def test_what_the_gateway_does_not_take(
    gateway: Gateway, call: str, body: dict[str, Any], problem: list[Any] | None
) -> None:
    await gateway.link()
    answer = await gateway.client.post(f"/message/{call}/acme", json={"number": CUSTOMER, **body})
    assert answer.status_code == 400
    assert problem is None or message_of(answer) == problem
    assert await gateway.screen() == []


@pytest.mark.parametrize(("call", "body"), [("sendButtons", BUTTONS), ("sendList", LIST)])
async def test_a_release_without_buttons_and_lists_says_so_and_sends_texts(
    gateway: Gateway, call: str, body: dict[str, Any]
) -> None:
    await gateway.link()
    await gateway.faults(no_menus=1)
    answer = await gateway.client.post(f"/message/{call}/acme", json={"number": CUSTOMER, **body})
    assert (answer.status_code, message_of(answer)) == (400, ["Method not available on WhatsApp Business API"])
    assert (await gateway.send()).status_code == 201
    assert len(await gateway.screen()) == 1
