"""Our client's menus against the simulator: what goes out, what its echo is known by, what a tap brings back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from simulator_harness import CUSTOMER, JID, KEY, Receiver, Start

from plixa.actors.conversation.state import Pending
from plixa.actors.flows.menus import Offer, menu_of
from plixa.actors.flows.words import Choice
from plixa.actors.whatsapp.gateway import Menu, MessageSeen
from plixa.http.whatsapp.evolution.client import EvolutionClient
from plixa.http.whatsapp.evolution.errors import MenuRefused
from plixa.http.whatsapp.evolution.webhook import translate

TEXT = "Como posso ajudar?\n\n1. Segunda via\n2. Pessoa"


def offered(*labels: str) -> Menu:
    choices = tuple(Choice(f"o{at}", label) for at, label in enumerate(labels))
    menu = menu_of(Offer(50, "ask:me", choices, "pt-BR"), 77, TEXT)
    assert menu is not None
    return menu


@pytest.mark.parametrize(
    ("menu", "shown"), [(offered("Segunda via", "Pessoa"), "buttons"), (offered("a", "b", "c", "d"), "list")]
)
@pytest.mark.parametrize("reply_as", ["interactive", "buttons", "template"])
async def test_our_menu_goes_out_its_echo_names_it_and_a_tap_brings_its_id(
    start: Start, receiver: Receiver, menu: Menu, shown: str, reply_as: str
) -> None:
    gateway = await start()
    await gateway.link()
    async with EvolutionClient(str(gateway.client.base_url), KEY) as client:
        sent = await client.send_menu("acme", CUSTOMER, TEXT, menu)
    assert (menu.shown, sent.remote_jid) == (shown, JID)
    await receiver.wait_for("send.message")
    echo = await seen(receiver, "send.message")
    assert (echo.key_id, echo.from_me, echo.via) == (sent.key_id, True, "api")
    assert Pending(77, "another mark", "sending").is_said_by(echo.content)
    assert not Pending(78, "another mark", "sending").is_said_by(echo.content)
    chosen = menu.options[1]
    await gateway.write(type="tap", to=sent.key_id, choice=chosen.id, reply_as=reply_as)
    tapped = await seen(receiver, "messages.upsert")
    assert (tapped.content.choice, tapped.content.body) == (chosen.id, chosen.label)
    assert tapped.quoted_key_id == sent.key_id


async def seen(receiver: Receiver, event: str) -> MessageSeen:
    """The only event of this name, as our translator reads it."""
    await receiver.wait_for(event)
    [body] = [body for body in receiver.bodies if body["event"] == event]
    [found] = translate(body, now=datetime.fromtimestamp(body["data"]["messageTimestamp"], UTC))
    assert isinstance(found, MessageSeen)
    return found


async def test_our_client_hears_that_a_release_has_none(start: Start) -> None:
    gateway = await start()
    await gateway.link()
    await gateway.faults(no_menus=1)
    async with EvolutionClient(str(gateway.client.base_url), KEY) as client:
        with pytest.raises(MenuRefused, match="Method not available"):
            await client.send_menu("acme", CUSTOMER, TEXT, offered("Sim", "Não"))
    assert await gateway.screen() == []
