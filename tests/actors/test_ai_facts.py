"""Facts in texts: what is found, what bears out what, and that a text takes time in proportion to its length."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given, strategies as st

from plixa.actors.ai.facts import facts, unsupported


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Custa R$ 49,90 ou 1.500 reais", [("money", "r$ 49,90"), ("money", "1.500 reais")]),
        ("US$ 1,234.56, 5 euros, €20", [("money", "us$ 1,234.56"), ("money", "5 euros"), ("money", "€20")]),
        ("Ligue (21) 99999-1234", [("phone", "(21) 99999-1234")]),
        ("das 8h às 18h30, 9:30am", [("time", "18h30"), ("time", "9:30am"), ("time", "8h")]),
        ("em 12/05/2026 ou 25 de maio, May 3rd", [("date", "12/05/2026"), ("date", "25 de maio"), ("date", "may 3rd")]),
        ("10% ou 5 por cento", [("percent", "10%"), ("percent", "5 por cento")]),
        ("veja evil[.]com/x e HTTPS://Foo.example/Y", [("url", "evil.com/x"), ("url", "https://foo.example/y")]),
        ("evil dot com", [("url", "evil.com")]),
        ("ａ 丸 １２ e ٣٤", [("number", "12"), ("number", "34")]),
        ("mail bia@salao.com.br", [("email", "bia@salao.com.br")]),
        ("em sete dias", [("number", "sete")]),
        ("1. corte\n2) barba", []),
        ("aberto 24/7", [("number", "24/7")]),
        ("Olá, tudo bem? Dois cafés, um chá.", []),
    ],
)
def test_facts_are_found_by_kind(text: str, found: list[tuple[str, str]]) -> None:
    assert [(fact.kind, fact.text) for fact in facts(text)] == found


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("às 18:00", "até 18h"),
        ("at 6 pm", "18:00"),
        ("9h", "das 9 às 18"),
        ("R$ 50", "50,00 reais"),
        ("R$ 1.500", "1500 reais"),
        ("R$ 50", "Corte: 50"),
        ("21 3333-4444", "+55 (21) 3333-4444"),
        ("3333-4444", "(21) 3333-4444"),
        ("25/05", "25 de maio"),
        ("May 25", "2026-05-25"),
        ("www.salao.com.br/", "https://salao.com.br"),
        ("7 dias", "sete dias"),
        ("sete dias", "7 dias"),
        ("10 por cento", "10%"),
        ("24 horas", "aberto 24/7"),
    ],
)
def test_one_fact_in_two_spellings(said: str, known: str) -> None:
    assert unsupported(facts(said), facts(known)) == []


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("18:30", "18:00"),
        ("6 am", "18:00"),
        ("R$ 50", "US$ 50"),
        ("R$ 50", "R$ 500"),
        ("R$ 18", "até as 18h"),
        ("10%", "10 reais"),
        ("21 3333-4445", "21 3333-4444"),
        ("26/05", "25/05"),
        ("salao.com", "salao.com.br"),
        ("salao.com.br.evil.net", "salao.com.br"),
        ("https://salao.com.br/pay", "https://salao.com.br"),
        ("bia@evil.com", "bia@salao.com"),
        ("oito dias", "7 dias"),
    ],
)
def test_facts_that_only_look_alike(said: str, known: str) -> None:
    assert len(unsupported(facts(said), facts(known))) == 1


def test_today_and_tomorrow_need_no_support() -> None:
    said = facts("hoje 30/11, amanhã 01/12, depois 02/12")
    assert [fact.text for fact in unsupported(said, (), date(2026, 11, 30))] == ["02/12"]


@given(st.text(alphabet="0123456789 .,:/-hR$%apmdeo@x", max_size=200))
def test_every_text_bears_out_itself(text: str) -> None:
    assert unsupported(facts(text), facts(text)) == []


@pytest.mark.parametrize("piece", ["1", "a", "1.", "a.", "a-", "1 ", "@", "a@", "R$", "9h", "ignore ", "http://", "("])
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    started = time.perf_counter()
    facts(text)
    assert time.perf_counter() - started < 3
