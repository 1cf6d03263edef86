"""A flow's menu in a conversation: what goes out to be tapped, what a tap does, and what its echo is known by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.actors.given import NOON, Given
from tests.actors.test_automation import QUIET, fire, fresh
from tests.actors.test_conversation import PEER, take

from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.configs.csat import CsatConfig
from plixa.actors.conversation.explain import explain
from plixa.actors.conversation.view import show
from plixa.actors.flows.library import Flow
from plixa.actors.whatsapp.gateway import Content, Menu, MessageKind, MessageSeen, Option
from plixa.engine.actor import EffectDone, EffectStarting, EffectUncertain
from plixa.engine.events import Recorded
from plixa.http.whatsapp.evolution.content import content_of
from plixa.http.whatsapp.evolution.sends import offering

BODY = "Bom dia!\n\nComo posso ajudar?\n\n1. Preços\n2. Pessoa"
MEDIA = {"kind": "image", "url": "https://files.example/menu.jpg"}


def flow(
    *, id_: int = 50, media: dict[str, str] | None = None, shown_as: str = "buttons", greeting: str = "Bom dia!"
) -> Flow:
    options = [{"id": "a", "label": "Preços"}, {"id": "b", "label": "Pessoa"}]
    hello = {"text": greeting, **({"media": media} if media else {})}
    nodes = [
        {"id": "s", "type": "start", "data": {"trigger": "first_message"}},
        {"id": "hello", "type": "message", "data": hello},
        {"id": "m", "type": "menu", "data": {"text": "Como posso ajudar?", "options": options, "as": shown_as}},
        {"id": "q", "type": "capture", "data": {"text": "De qual bolo?", "field": "flow.cake"}},
        {"id": "p", "type": "end", "data": {"text": "{{flow.cake}} custa 30 reais."}},
        {"id": "h", "type": "handoff", "data": {"text": "Já chamo alguém."}},
    ]
    ways = ["s - hello", "hello - m", "m a q", "m b h", "q - p"]
    edges = [
        {"id": way, "source": one, "target": other, "condition": None if branch == "-" else branch}
        for way in ways
        for one, branch, other in [way.split()]
    ]
    graph = msgspec.json.encode({"nodes": nodes, "edges": edges}).decode()
    return Flow(id=id_, name="Recepção", version=1, versions={1: graph}, enabled=True)


def queued(events: Any) -> list[ev.MessageQueued]:
    return [event for event in events if isinstance(event, ev.MessageQueued)]


def asked(**of_flow: Any) -> tuple[Given, ev.MessageQueued]:
    """A conversation whose flow has put its menu."""
    conversation = fresh(flows={50: flow(**of_flow)}, inbox=QUIET, csat=CsatConfig(enabled=True))
    conversation.when(take("A", "oi"))
    return conversation, queued(fire(conversation, "answer"))[-1]


def tapped(key: str, choice: str, body: str = "Preços") -> cmd.TakeMessage:
    content = Content(MessageKind.TEXT, body, "interactiveResponseMessage", choice=choice)
    return cmd.TakeMessage(seen=MessageSeen(key, PEER, False, "contact", content, NOON), contact_id=5, number_id=3)


def answered(conversation: Given, command: cmd.TakeMessage) -> list[str | None]:
    conversation.when(command)
    return [event.content.body for event in queued(fire(conversation, "answer"))]


def echo(menu: Menu, text: str = BODY, key: str = "K") -> cmd.TakeMessage:
    """What the gateway tells of a menu that went out, by way of the translator."""
    call, body = offering(text, menu)
    if call.endswith("sendList"):
        message: dict[str, object] = {"listMessage": body}
    else:
        native = [
            {"buttonParamsJson": msgspec.json.encode({"display_text": each.label, "id": each.id}).decode()}
            for each in menu.options
        ]
        interactive = {"body": {"text": f"*{body['title']}*"}, "nativeFlowMessage": {"buttons": native}}
        message = {"viewOnceMessage": {"message": {"interactiveMessage": interactive}}}
    seen = MessageSeen(key, PEER, True, "api", content_of(message), NOON)
    return cmd.TakeMessage(seen=seen, contact_id=5, number_id=3)


# -- what goes out ----------------------------------------------------------------------------------------------------


def test_one_message_says_all_and_lets_the_customer_tap() -> None:
    _, message = asked()
    prefix = f"plixa:{message.message_id}:50:m:"
    assert message.content.body == BODY
    assert message.content.menu == Menu(
        "buttons",
        (Option(f"{prefix}a", "Preços"), Option(f"{prefix}b", "Pessoa")),
        "See the options",
        "Or write your answer.",
    )


def test_a_menu_that_is_numbered_says_the_same_and_no_more() -> None:
    _, message = asked(shown_as="numbers")
    assert (message.content.body, message.content.menu) == (BODY, None)


@pytest.mark.parametrize("shown_as", ["buttons", "numbers"])
@pytest.mark.parametrize("greeting", ["Preço. " * 580 + "Fim!", "Olá!\n\n" + "x" * 4090])
def test_what_is_too_long_for_one_message_is_several_and_the_options_are_not_cut_off(
    shown_as: str, greeting: str
) -> None:
    conversation = fresh(flows={50: flow(shown_as=shown_as, greeting=greeting)}, inbox=QUIET)
    conversation.when(take("A", "oi"))
    said = queued(fire(conversation, "answer"))
    bodies = [event.content.body or "" for event in said]
    assert max(map(len, bodies)) <= 4096
    assert "\n\n".join(bodies) == f"{greeting}\n\nComo posso ajudar?\n\n1. Preços\n2. Pessoa"
    assert [event.content.menu is not None for event in said] == [False] * (len(said) - 1) + [shown_as == "buttons"]


@pytest.mark.parametrize(
    ("shown_as", "kinds"),
    [("buttons", [MessageKind.IMAGE, MessageKind.TEXT]), ("numbers", [MessageKind.TEXT, MessageKind.IMAGE])],
)
def test_the_buttons_stand_last_after_the_files(shown_as: str, kinds: list[MessageKind]) -> None:
    conversation = fresh(flows={50: flow(media=MEDIA, shown_as=shown_as)}, inbox=QUIET)
    conversation.when(take("A", "oi"))
    assert [event.content.kind for event in queued(fire(conversation, "answer"))] == kinds


def test_the_timeline_and_the_inbox_tell_of_the_buttons() -> None:
    conversation, message = asked()
    house = conversation.workspace
    assert explain(message, house) == "A flow sent a text with buttons (“Recepção”)."
    recorded = Recorded(1, 1, "conversation-9", 1, NOON, "system", None, message)
    shown = show(recorded)
    assert shown is not None
    menu = shown["message"]["extra"]["menu"]
    assert (menu["shown"], [option["label"] for option in menu["options"]]) == ("buttons", ["Preços", "Pessoa"])
    numbered = ev.MessageNumbered(message_id=message.message_id, why="The gateway refused the buttons. (400)")
    assert (
        explain(numbered, house) == "Its options go out as numbers in the text. The gateway refused the buttons. (400)"
    )


# -- a tap ------------------------------------------------------------------------------------------------------------


def test_a_tap_is_understood_by_its_id_and_not_by_its_words() -> None:
    conversation, message = asked()
    assert message.content.menu is not None
    assert answered(conversation, tapped("B", message.content.menu.options[1].id, "Preços")) == ["Já chamo alguém."]


def test_a_late_tap_is_not_the_answer_to_another_question() -> None:
    conversation, message = asked()
    assert message.content.menu is not None
    prices = message.content.menu.options[0].id
    assert answered(conversation, tapped("B", prices)) == ["De qual bolo?"]
    assert answered(conversation, tapped("C", prices, "Chocolate")) == ["De qual bolo?"]
    assert conversation.state.flow.fields == {}
    assert answered(conversation, take("D", "Chocolate")) == ["Chocolate custa 30 reais."]


def test_a_tap_on_the_menu_of_another_flow_is_none_on_a_node_of_the_same_name() -> None:
    conversation, _ = asked()
    assert answered(conversation, tapped("B", "plixa:7:51:m:a", "Preços")) == [
        "Como posso ajudar?\n\n1. Preços\n2. Pessoa"
    ]


def test_a_button_of_another_program_is_what_its_words_say() -> None:
    conversation, _ = asked()
    assert answered(conversation, tapped("B", "a", "pessoa")) == ["Já chamo alguém."]


def test_a_late_tap_rates_nothing() -> None:
    conversation, message = asked()
    assert message.content.menu is not None
    conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    events = conversation.when(tapped("B", message.content.menu.options[0].id, "5"), after=60)
    assert "csat.rated" not in [event.type for event in events]
    assert conversation.state.status == "open"


# -- its echo ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", ["buttons", "list"])
def test_the_echo_of_a_menu_settles_it_and_is_not_shown_twice(shown: Any) -> None:
    conversation, message = asked()
    assert message.content.menu is not None
    effect = f"send-{message.message_id}"
    conversation.when(EffectStarting(effect_id=effect))
    came_back = conversation.when(echo(msgspec.structs.replace(message.content.menu, shown=shown)))
    assert came_back == [ev.MessageSent(message_id=message.message_id, key_id="K", how="echo")]
    assert conversation.when(EffectDone(effect_id=effect, result={"key_id": "K"})) == []


def test_the_echo_of_the_numbers_that_a_menu_fell_back_to_settles_it_too() -> None:
    conversation, message = asked()
    conversation.when(EffectStarting(effect_id=f"send-{message.message_id}"))
    why = "The gateway refused the buttons."
    fallen = conversation.when(cmd.SendNumbered(message_id=message.message_id, why=why))
    assert fallen == [ev.MessageNumbered(message_id=message.message_id, why=why)]
    plain = MessageSeen("K", PEER, True, "api", Content(MessageKind.TEXT, BODY, "conversation"), NOON)
    [settled] = conversation.when(cmd.TakeMessage(seen=plain, contact_id=5, number_id=3))
    assert settled == ev.MessageSent(message_id=message.message_id, key_id="K", how="echo")
    assert conversation.when(cmd.SendNumbered(message_id=message.message_id, why=why)) == []


def test_the_menu_of_another_message_is_not_its_echo() -> None:
    conversation, message = asked()
    conversation.when(EffectStarting(effect_id=f"send-{message.message_id}"))
    other = Menu("buttons", (Option("plixa:1:50:m:a", "Preços"),), "", "")
    [event, *_] = conversation.when(echo(other))
    assert isinstance(event, ev.MessageEchoed)


def test_a_menu_in_doubt_is_settled_by_its_echo() -> None:
    conversation, message = asked()
    assert message.content.menu is not None
    effect = f"send-{message.message_id}"
    conversation.when(EffectStarting(effect_id=effect))
    conversation.when(EffectUncertain(effect_id=effect, reason="no answer"))
    conversation.at += timedelta(minutes=1)
    [settled] = conversation.when(echo(message.content.menu))
    assert isinstance(settled, ev.MessageSent)
