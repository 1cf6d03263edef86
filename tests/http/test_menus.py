"""A flow's menu from the log to the customer's thumb and back: buttons, lists, and the numbers where there are none."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.harness import Json
from tests.http.chat import Chat
from tests.http.tables import Tables
from tests.http.test_flows import live, until
from tests.http.webhooks import CUSTOMER

from plixa.actors.conversation import sending
from plixa.compose import Node
from plixa.engine.clock import ManualClock
from plixa.http.whatsapp import menus
from plixa.http.whatsapp.evolution.errors import GatewayUncertain
from plixa.http.whatsapp.parts import GATEWAY

BODY = "Como posso ajudar?\n\n1. Preços\n2. Outra coisa"
TAPPED = "*Como posso ajudar?*\n\n1. Preços\n2. Outra coisa"


def graph(*labels: str, shown_as: str = "buttons") -> Json:
    """A menu, then a question, then an end that says what was answered to both."""
    labels = labels or ("Preços", "Outra coisa")
    options = [{"id": f"o{at}", "label": label} for at, label in enumerate(labels, start=1)]
    nodes = [
        {"id": "s", "type": "start", "data": {"trigger": "first_message"}},
        {"id": "m", "type": "menu", "data": {"text": "Como posso ajudar?", "options": options, "as": shown_as}},
        *(
            {"id": f"n{at}", "type": "set_field", "data": {"field": "flow.chosen", "value": label}}
            for at, label in enumerate(labels, start=1)
        ),
        {"id": "q", "type": "capture", "data": {"text": "De qual bolo?", "field": "flow.cake"}},
        {"id": "e", "type": "end", "data": {"text": "{{flow.chosen}}: {{flow.cake}}."}},
    ]
    ways = [("s", None, "m"), ("q", None, "e")]
    ways += [("m", f"o{at}", f"n{at}") for at, _ in enumerate(labels, start=1)]
    ways += [(f"n{at}", None, "q") for at, _ in enumerate(labels, start=1)]
    edges = [{"id": str(at), "source": a, "target": b, "condition": way} for at, (a, way, b) in enumerate(ways)]
    return {"nodes": nodes, "edges": edges}


async def bubble(chat: Chat, text: str) -> Json:
    """Wait for a text on the customer's screen."""

    async def found() -> Json | None:
        screen = await chat.simulator.screen(CUSTOMER)
        return next((each for each in reversed(screen) if each["text"] == text), None)

    shown: Json = await until(found, text)
    return shown


async def tap(chat: Chat, menu: Json, label: str, **fields: Any) -> Json:
    """The customer taps an option of that bubble."""
    choice = next(option["id"] for option in menu["options"] if option["label"] == label)
    return await chat.write("", type="tap", to=menu["id"], choice=choice, **fields)


async def menu_message(chat: Chat, status: str = "delivered") -> Json:
    """The menu as the inbox has it, once it has this status."""
    message = await chat.inbox.message(body=BODY)
    return await chat.ticked(message["id"], status)


async def from_business(chat: Chat) -> list[str]:
    """What the customer has got, oldest first."""
    return [each["text"] for each in await chat.simulator.screen(CUSTOMER) if each["from"] == "business"]


async def timeline(chat: Chat, conversation_id: int) -> list[str]:
    entries = (await chat.workspace.get(f"/v1/conversations/{conversation_id}/timeline"))["data"]
    return [entry["text"] for entry in entries]


# -- buttons and lists ------------------------------------------------------------------------------------------------


@pytest.mark.spec(160)
async def test_a_customer_taps_a_button_and_the_flow_goes_on(chat: Chat) -> None:
    flow = await live(chat, graph())
    await chat.written("oi", timestamp=int(time.time()) - 60)
    menu = await bubble(chat, TAPPED)
    assert [option["label"] for option in menu["options"]] == ["Preços", "Outra coisa"]
    message = await menu_message(chat)
    assert message["evolution_message_id"] == menu["id"]
    shown = message["extra"]["menu"]
    assert (shown["shown"], [each["label"] for each in shown["options"]]) == ("buttons", ["Preços", "Outra coisa"])
    await tap(chat, menu, "Outra coisa")
    await bubble(chat, "De qual bolo?")
    await chat.write("cenoura")
    await bubble(chat, "Outra coisa: cenoura.")
    assert await from_business(chat) == [TAPPED, "De qual bolo?", "Outra coisa: cenoura."]
    await chat.inbox.agrees()
    renamed = {"definition": graph("Outra coisa", "Preços")}  # held against a draft, it is the same option, too
    report = await chat.workspace.post(f"/v1/flows/{flow['id']}/check", renamed)
    assert report["checked"][0]["path"][:4] == ["s", "m", "n2", "q"]


async def test_four_options_are_a_list_and_a_row_is_understood(chat: Chat) -> None:
    await live(chat, graph("Pão", "Bolo", "Salgado", "Outra coisa"))
    await chat.written("oi")
    menu = await bubble(chat, "*Como posso ajudar?*\n\n1. Pão\n2. Bolo\n3. Salgado\n4. Outra coisa")
    await tap(chat, menu, "Salgado")
    await bubble(chat, "De qual bolo?")
    await chat.write("coxinha")
    await bubble(chat, "Salgado: coxinha.")


async def test_what_is_too_long_for_a_button_is_numbered_and_the_author_was_told(chat: Chat) -> None:
    flow = await live(chat, graph("Falar com o financeiro", "Não"))
    assert flow["problems"] == []
    assert [(hint["node_id"], hint["field"]) for hint in flow["hints"]] == [("m", "options.0.label")]
    await chat.written("oi")
    menu = await bubble(chat, "Como posso ajudar?\n\n1. Falar com o financeiro\n2. Não")
    assert menu["options"] == []
    played = await chat.workspace.post(f"/v1/flows/{flow['id']}/simulate", {"steps": [{"say": "oi"}, {"choose": "o2"}]})
    assert played["steps"][0]["menu"]["shown"] == "numbers"


# -- late taps --------------------------------------------------------------------------------------------------------


async def test_a_late_tap_is_not_taken_for_the_answer_to_the_question_that_waits(chat: Chat) -> None:
    await live(chat, graph())
    await chat.written("oi")
    menu = await bubble(chat, TAPPED)
    await tap(chat, menu, "Preços")
    await bubble(chat, "De qual bolo?")
    await tap(chat, menu, "Outra coisa")  # thought better of it
    await until(lambda: _count(chat, "De qual bolo?", 2), "the question again")
    await chat.write("cenoura")
    await bubble(chat, "Outra coisa: cenoura.")


async def _count(chat: Chat, text: str, wanted: int) -> bool:
    return (await from_business(chat)).count(text) >= wanted


async def test_a_tap_on_the_menu_of_an_older_version_is_still_understood(chat: Chat) -> None:
    flow = await live(chat, graph())
    await chat.written("oi")
    old = await bubble(chat, TAPPED)
    conversation = next(iter(chat.inbox.conversations.values()))
    await chat.change(conversation["id"], status="resolved")
    changed = {"draft_definition": graph("Outra coisa", "Preços")}  # the same ids, in another order of labels
    await chat.workspace.put(f"/v1/flows/{flow['id']}", changed)
    await chat.workspace.post(f"/v1/flows/{flow['id']}/publish")
    await chat.write("oi de novo")
    await bubble(chat, "*Como posso ajudar?*\n\n1. Outra coisa\n2. Preços")
    await tap(chat, old, "Outra coisa")  # its id is that of the second option, which the author has renamed
    await bubble(chat, "De qual bolo?")
    await chat.write("cenoura")
    await bubble(chat, "Preços: cenoura.")


# -- gateways without buttons -----------------------------------------------------------------------------------------


async def test_a_gateway_without_buttons_gets_the_numbers_once(chat: Chat) -> None:
    await live(chat, graph())
    await chat.simulator.faults(no_menus=1)
    first = await chat.written("oi")
    assert (await bubble(chat, BODY))["options"] == []
    message = await menu_message(chat)
    await chat.inbox.stays()
    assert await from_business(chat) == [BODY]
    assert [each["body"] for each in chat.inbox.having(direction="outbound")] == [BODY]
    assert message["extra"]["menu"]["shown"] == "numbers"
    [why] = [line for line in await timeline(chat, first["conversation_id"]) if "as numbers" in line]
    assert "Method not available on WhatsApp Business API" in why
    await chat.inbox.agrees()
    await chat.write("2")
    await bubble(chat, "De qual bolo?")


async def test_a_gateway_that_refused_is_not_asked_again_for_a_while(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    send_menu = node.services[GATEWAY].send_menu

    async def counted(name: str, to: str, *args: Any, **named: Any) -> Any:
        asked.append(to)
        return await send_menu(name, to, *args, **named)

    monkeypatch.setattr(node.services[GATEWAY], "send_menu", counted)
    await live(chat, graph())
    await chat.simulator.faults(no_menus=1)
    await chat.written("oi")
    await bubble(chat, BODY)
    await chat.simulator.faults()
    second = await chat.written("oi", phone="5511987650002")
    await until(lambda: _sent_to(chat, "5511987650002", BODY), "the numbers")
    assert len(asked) == 1
    [why] = [line for line in await timeline(chat, second["conversation_id"]) if "as numbers" in line]
    assert "The gateway refuses buttons" in why
    monkeypatch.setattr(node.services, "clock", ManualClock(node.services.clock.now() + menus.REFUSED_FOR))
    await chat.written("oi", phone="5511987650003")
    await until(lambda: _sent_to(chat, "5511987650003", TAPPED), "buttons again")
    assert len(asked) == 2


async def _sent_to(chat: Chat, phone: str, text: str) -> bool:
    return text in [each["text"] for each in await chat.simulator.screen(phone)]


# -- in doubt ---------------------------------------------------------------------------------------------------------


async def test_a_menu_whose_answer_was_lost_goes_out_once_and_never_as_numbers_too(chat: Chat) -> None:
    await live(chat, graph())
    await chat.simulator.faults(drop_after_send=1.0, silence=1.0)  # no answer and no echo: only a look-up can tell
    await chat.number.post(chat.workspace.client, chat.number.message(CUSTOMER, "oi", "A"))
    message = await menu_message(chat, "unknown")
    await chat.simulator.faults()
    await chat.ticked(message["id"], "sent")
    await chat.inbox.stays()
    [menu] = [each for each in await chat.simulator.screen(CUSTOMER) if each["from"] == "business"]
    assert (menu["text"], len(menu["options"])) == (TAPPED, 2)
    assert message["extra"]["menu"]["shown"] == "buttons"
    assert message["evolution_message_id"] == menu["id"]
    assert len(chat.inbox.having(direction="outbound")) == 1


async def test_a_gateway_that_fails_at_menus_is_asked_once_looked_up_and_gets_the_numbers(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    send_text = node.services[GATEWAY].send_text

    async def failing(*_: Any, **__: Any) -> Any:
        calls.append("menu")
        raise GatewayUncertain("The gateway failed on the way (400: TypeError).", answered=400)

    async def text(*args: Any, **named: Any) -> Any:
        calls.append("text")
        return await send_text(*args, **named)

    monkeypatch.setattr(node.services[GATEWAY], "send_menu", failing)
    monkeypatch.setattr(node.services[GATEWAY], "send_text", text)
    _hasten(node, monkeypatch)
    await live(chat, graph())
    first = await chat.written("oi")
    message = await menu_message(chat, "unknown")
    assert calls == ["menu"]  # and no text before it is known that nothing went out
    await chat.ticked(message["id"], "delivered")
    assert calls == ["menu", "text"]
    assert await from_business(chat) == [BODY]
    [why] = [line for line in await timeline(chat, first["conversation_id"]) if "as numbers" in line]
    assert "it did not go out" in why
    await chat.inbox.agrees()


async def test_a_send_that_our_own_end_cut_short_is_tried_again_with_its_buttons(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_menu, tries = node.services[GATEWAY].send_menu, []

    async def crashing(*args: Any, **named: Any) -> Any:
        tries.append(args)
        if len(tries) == 1:
            raise RuntimeError("as if the server had stopped")
        return await send_menu(*args, **named)

    monkeypatch.setattr(node.services[GATEWAY], "send_menu", crashing)
    _hasten(node, monkeypatch)
    await live(chat, graph())
    first = await chat.written("oi")
    await menu_message(chat, "unknown")
    await menu_message(chat)
    assert (len(tries), await from_business(chat)) == (2, [TAPPED])
    assert not any("as numbers" in line for line in await timeline(chat, first["conversation_id"]))


def _hasten(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in doubt is looked up, and tried again, in a second."""
    monkeypatch.setattr(node.services, "settings", replace(node.services.settings, send_doubt=0.5))
    monkeypatch.setattr(sending, "RETRY", timedelta(seconds=0.05))


@pytest.mark.parametrize(("faults", "shown", "notes"), [({}, "buttons", 0), ({"no_menus": 1}, "numbers", 1)])
async def test_a_menu_goes_to_the_customers_other_address_as_any_text_does(
    chat: Chat, faults: Json, shown: str, notes: int
) -> None:
    await live(chat, graph())
    await chat.simulator.faults(**faults)
    await chat.simulator.client.put(f"/sim/customers/{CUSTOMER}", json={"exists": False})  # the number; not the LID
    first = await chat.written("oi")
    message = await menu_message(chat, "sent")
    assert message["extra"]["menu"]["shown"] == shown
    assert sum("as numbers" in line for line in await timeline(chat, first["conversation_id"])) == notes


# -- what nobody should send ------------------------------------------------------------------------------------------

SECRET = "4111-1111"
FORGED = (
    f"plixa:{'9' * 19}:{'9' * 19}:m:{SECRET}",
    f"plixa:1:1:%00%ff:{SECRET}",
    f"plixa:{SECRET}" + ":" * 1000,
    f"{SECRET}\x00\ud800",
)


async def test_forged_taps_are_words_and_the_log_keeps_them_sealed(chat: Chat, tables: Tables) -> None:
    await live(chat, graph())
    conversation_id = (await chat.written("oi"))["conversation_id"]
    await menu_message(chat)
    for at, forged in enumerate(FORGED):
        body = chat.number.message(CUSTOMER, "", f"FORGED{at}")
        pressed = {"selectedButtonId": forged, "selectedDisplayText": f"hm {at}", "type": 1}
        body["data"] |= {"message": {"buttonsResponseMessage": pressed}, "messageType": "buttonsResponseMessage"}
        await chat.post(body)
        await chat.inbox.message(body=f"hm {at}")
    logged = await tables.rows("select data::text as data from events where tenant_id = $1", chat.workspace.tenant)
    assert not [row["data"] for row in logged if SECRET in row["data"]]
    await chat.write("1")
    await bubble(chat, "De qual bolo?")
    assert (await chat.workspace.client.delete(f"/v1/conversations/{conversation_id}")).status_code == 204
    left = await tables.tenant(chat.workspace.tenant)
    lines = [line for table, rows in left.items() for line in rows if "flow" not in table]
    assert not [line for line in lines if SECRET in line or "hm 0" in line]
