"""Buttons and lists: how they go out, what a refusal is, and what the gateway's record of one says."""

from __future__ import annotations

from typing import Any

import pytest
from evolution_server import Gateway, Step, hang_up, reply

from plixa.actors.whatsapp.gateway import Menu, Option
from plixa.http.whatsapp.evolution.client import EvolutionClient, Sent
from plixa.http.whatsapp.evolution.content import content_of
from plixa.http.whatsapp.evolution.errors import (
    GatewayDown,
    GatewayError,
    GatewayNotFound,
    GatewayUncertain,
    MenuRefused,
    NotOnWhatsApp,
)
from plixa.http.whatsapp.evolution.sends import headed

TO = "5511900004431"
SENT = {"key": {"remoteJid": f"{TO}@s.whatsapp.net", "fromMe": True, "id": "3EB0"}, "status": "PENDING"}
TEXT = "Como posso ajudar?\n\n1. Preços\n2. Pessoa"
BUTTONS = Menu("buttons", (Option("m:a", "Preços"), Option("m:b", "Pessoa")), "Ver as opções", "Ou responda.")
LIST = Menu("list", BUTTONS.options, BUTTONS.opens, BUTTONS.footer)


async def test_buttons_go_out_as_the_contract_says(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(201, SENT))
    assert await client.send_menu("a", TO, TEXT, BUTTONS, quoted="3AF4") == Sent("3EB0", f"{TO}@s.whatsapp.net")
    (asked,) = gateway.asked
    assert (asked.method, asked.target) == ("POST", "/message/sendButtons/a")
    assert asked.body == {
        "number": TO,
        "title": "Como posso ajudar?",
        "description": "1. Preços\n2. Pessoa",
        "footer": "Ou responda.",
        "buttons": [
            {"type": "reply", "displayText": "Preços", "id": "m:a"},
            {"type": "reply", "displayText": "Pessoa", "id": "m:b"},
        ],
        "quoted": {"key": {"id": "3AF4"}},
    }


async def test_a_list_goes_out_as_the_contract_says(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(201, SENT))
    await client.send_menu("a", TO, TEXT, LIST)
    (asked,) = gateway.asked
    assert asked.target == "/message/sendList/a"
    assert asked.body == {
        "number": TO,
        "title": "Como posso ajudar?",
        "description": "1. Preços\n2. Pessoa",
        "footerText": "Ou responda.",
        "buttonText": "Ver as opções",
        "sections": [
            {
                "title": "Ver as opções",
                "rows": [{"title": "Preços", "rowId": "m:a"}, {"title": "Pessoa", "rowId": "m:b"}],
            }
        ],
    }


@pytest.mark.parametrize(
    ("text", "title", "description"),
    [
        ("One line", "One line", ""),
        ("Hello *Bia*!\n\nHow?\n1. A", "Hello Bia!", "How?\n1. A"),
        ("***\nHow?", "***", "How?"),
        ("\n\nHow?\n", "How?", ""),
    ],
)
def test_the_first_line_is_the_title(text: str, title: str, description: str) -> None:
    assert headed(text) == (title, description)


NOT_HERE = {"response": {"message": ["Method not available on WhatsApp Business API"]}}


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (reply(400, NOT_HERE), MenuRefused),
        (reply(400, {"response": {"message": [['instance requires property "description"']]}}), MenuRefused),
        (reply(404, {"response": {"message": ["Cannot POST /message/sendButtons/a"]}}), MenuRefused),
        (reply(403, {"response": {"message": "Forbidden"}}), MenuRefused),
        (reply(400, {"response": {"message": [{"exists": False, "jid": "x", "number": TO}]}}), NotOnWhatsApp),
        (reply(404, {"response": {"message": ['The "a" instance does not exist']}}), GatewayNotFound),
        (reply(500, {"response": {"message": "Connection Closed"}}), GatewayDown),
        (reply(503, {"error": "service not activated"}), GatewayDown),
        (reply(400, {"response": {"message": ["TypeError: Cannot read properties of undefined"]}}), GatewayUncertain),
        (reply(400, {"response": {"message": ["[object Object]"]}}), GatewayUncertain),
        (reply(500, {"response": {"message": "Internal"}}), GatewayUncertain),
        (reply(201, {"key": {}}), GatewayUncertain),
        (hang_up, GatewayUncertain),
    ],
)
@pytest.mark.parametrize("menu", [BUTTONS, LIST])
async def test_only_what_certainly_did_not_go_out_is_a_refusal(
    gateway: Gateway, client: EvolutionClient, menu: Menu, step: Step, error: type[GatewayError]
) -> None:
    gateway.will(step)
    with pytest.raises(GatewayError) as caught:
        await client.send_menu("a", TO, TEXT, menu)
    assert type(caught.value) is error
    assert len(gateway.asked) == 1


async def test_a_refusal_says_what_the_gateway_said(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(400, NOT_HERE))
    with pytest.raises(MenuRefused) as caught:
        await client.send_menu("a", TO, TEXT, BUTTONS)
    assert caught.value.answered == 400
    said = "The gateway refuses buttons (400: Method not available on WhatsApp Business API)."
    assert caught.value.message == said


NATIVE = {"name": "quick_reply", "buttonParamsJson": '{"display_text":"Preços","id":"m:a"}'}
ROWS = [{"title": "Preços", "rowId": "m:a"}, {"title": "Pessoa", "rowId": "m:b"}]


@pytest.mark.parametrize(
    ("message", "labels", "ids"),
    [
        (
            {"viewOnceMessage": {"message": {"interactiveMessage": {"nativeFlowMessage": {"buttons": [NATIVE]}}}}},
            ["Preços"],
            ["m:a"],
        ),
        ({"listMessage": {"sections": [{"rows": ROWS}]}}, ["Preços", "Pessoa"], ["m:a", "m:b"]),
        (
            {"buttonsMessage": {"buttons": [{"buttonId": "m:a", "buttonText": {"displayText": "Preços"}}]}},
            ["Preços"],
            ["m:a"],
        ),
        ({"listMessage": {"sections": [{"rows": [{"title": "Preços", "rowId": 7}]}]}}, ["Preços"], None),
    ],
)
def test_the_record_of_a_menu_tells_its_ids(message: Any, labels: list[str], ids: list[str] | None) -> None:
    extra = content_of(message).extra
    assert extra is not None
    assert (extra["options"], extra.get("option_ids")) == (labels, ids)
