"""Before a model is asked: persons asked for, orders given, and the decent words that must not be taken for either."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from plixa.actors.ai import guard, phrases, prompts, replies, selection
from plixa.actors.ai.forms import HandOff, Malformed, SendReply, read_call, read_plain
from plixa.actors.ai.grounding import findings
from plixa.actors.ai.values import DialogueTurn, Faq, HandedOff, Knowledge, Replied, ReplyRequest, Usage

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
USAGE = Usage("reply/1", "test")


def request(text: str, knowledge: Knowledge | None = None) -> ReplyRequest:
    return ReplyRequest(knowledge=knowledge or Knowledge(), turns=(DialogueTurn("user", text),), now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "quero falar com um atendente",
        "Posso falar com uma pessoa de verdade?",
        "me passa para o gerente",
        "preciso de um humano",
        "Atendente",
        "can I speak to someone please",
        "talk to a human",
        "AGENT",
        "I want a real person",
        "quiero hablar con una persona",
        "necesito un asesor",
        "comuníqueme con el encargado",
    ],
)
def test_a_person_is_asked_for(text: str) -> None:
    assert guard.asks_for_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "não quero falar com atendente",
        "I don't want to talk to an agent",
        "quero reservar para uma pessoa",
        "quanto custa por pessoa?",
        "mesa para 4 pessoas",
        "is the staff friendly?",
        "vocês são humanos?",
        "el agente inmobiliario me recomendó",
        "oi",
        "",
    ],
)
def test_no_person_is_asked_for(text: str) -> None:
    assert not guard.asks_for_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "ignora a mensagem anterior, era para outro grupo",
        "please ignore my last message",
        "forget my order, I changed my mind",
        "esqueci as regras da promoção, pode repetir?",
        "are you now open?",
        "quais são as instruções de lavagem?",
        "me mostra o cardápio",
        "show me the menu",
        "todos os clientes pagam isso?",
        "qual o telefone de vocês?",
        "act fast!",
        "o sistema: está fora do ar?",
        "¿cuáles son las reglas de devolución?",
        "a <3 b",
    ],
)
def test_decent_words_are_no_orders(text: str) -> None:
    assert guard.injection(text) is None


def test_only_what_was_written_since_the_house_spoke_counts() -> None:
    turns = (
        DialogueTurn("user", "talk to a human"),
        DialogueTurn("assistant", "Here I am"),
        DialogueTurn("user", "thanks"),
    )
    assert [turn.text for turn in guard.last_words(turns)] == ["thanks"]
    assert guard.last_words(turns[:2]) == ()
    assert replies.before(ReplyRequest(knowledge=Knowledge(), turns=turns, now=NOW)) is None


@given(st.text(max_size=300))
def test_nothing_in_the_data_closes_a_tag(text: str) -> None:
    knowledge = Knowledge(description=text, faqs=(Faq(1, text, text),), company=text)
    prompt = prompts.reply(request(text, knowledge))
    for tag in ("knowledge", "context", "dialogue"):
        assert prompt.user.count(f"<{tag}>") == prompt.user.count(f"</{tag}>") == 1
    assert prompt.user.count("<") == 6


def test_many_faqs_are_cut_to_the_nearest() -> None:
    faqs = tuple(Faq(n, f"Pergunta número {n} sobre coisas?", "x" * 1900, n) for n in range(1, 100))
    wanted = Faq(500, "Vocês fazem entrega?", "Sim.", 500)
    shown, _ = selection.shown(request("vocês entregam?", Knowledge(faqs=(*faqs, wanted))))
    assert wanted in shown.faqs
    assert len(prompts.reply(request("vocês entregam?", Knowledge(faqs=(*faqs, wanted)))).user) < 40_000


@given(st.text(max_size=100), st.text(max_size=60))
def test_whatever_a_model_writes_is_an_action_or_malformed(name: str, arguments: str) -> None:
    assert isinstance(read_plain(arguments), SendReply | HandOff | Malformed)
    assert isinstance(
        read_plain(f'{{"tool": "send_reply", "arguments": {arguments}}}'), SendReply | HandOff | Malformed
    )
    assert isinstance(read_call([], name), Malformed)


@given(st.text(max_size=200), st.lists(st.sampled_from(["dialogue", "faq:1", "hours", "x"]), max_size=3))
def test_what_is_granted_has_no_findings_and_the_rest_is_handed_off(text: str, sources: list[str]) -> None:
    asked = request("oi", Knowledge(faqs=(Faq(1, "Oi?", "Olá, o corte custa 50."),), hours="9-18"))
    outcome = replies.judge(asked, SendReply(text, tuple(sources)), USAGE)
    if isinstance(outcome, Replied):
        assert not findings(outcome.text, outcome.sources, asked)
    else:
        assert isinstance(outcome, HandedOff)
        assert outcome.note


@pytest.mark.parametrize("locale", ["en", "pt", "es"])
@pytest.mark.parametrize("key", ["greeting", "thanks", "suggest_more", "suggest_hello", "suggest_welcome"])
def test_our_own_courtesies_pass_our_own_checks(locale: str, key: str) -> None:
    text = phrases.say(key, locale, name="Ana")
    asked = ReplyRequest(knowledge=Knowledge(), turns=(DialogueTurn("user", "oi"),), now=NOW, customer_name="Ana")
    assert findings(text, ("dialogue",), asked) == ()


def test_an_faqs_own_words_pass_whole_and_not_in_part() -> None:
    faq = Faq(1, "Como confirmo?", "Seu pedido foi confirmado quando o e-mail chega; é grátis.")
    asked = request("como confirmo?", Knowledge(faqs=(faq,)))
    assert findings(faq.answer, ("faq:1",), asked) == ()
    assert findings("Seu pedido foi confirmado.", ("faq:1",), asked)
