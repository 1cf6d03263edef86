"""What a model writes in Markdown leaves in WhatsApp's marks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from plixa.actors.ai.forms import SendReply
from plixa.actors.ai.marks import whatsapp_marks
from plixa.actors.ai.replies import judge
from plixa.actors.ai.shaping import suggestions
from plixa.actors.ai.values import DialogueTurn, Faq, Knowledge, Replied, ReplyRequest, unused

CASES = [
    (
        "**Bolo de chocolate** custa R$ 30.\n# Horário\n- das 8h às 18h\nVeja [nosso site](https://padaria.example/bolos).",
        "*Bolo de chocolate* custa R$ 30.\n*Horário*\n- das 8h às 18h\nVeja nosso site: https://padaria.example/bolos",
    ),
    ("__Aberto__ das ~~7h~~ 8h", "*Aberto* das ~7h~ 8h"),
    ("***Só hoje***", "_*Só hoje*_"),
    ("**muito *bom* mesmo**", "*muito _bom_ mesmo*"),
    ("## **Preços** ##", "*Preços*"),
    ("* um\n  * dois\n+ três", "- um\n  - dois\n- três"),
    ("1. um\n2. **dois**", "1. um\n2. *dois*"),
    ("> citado **assim**", "> citado *assim*"),
    ("antes\n\n---\n\ndepois", "antes\n\n\ndepois"),
    ("```python\nx = '**'\n```", "```\nx = '**'\n```"),
    ("`a**b**` e \\*nada\\*", "`a**b**` e *nada*"),
    ("| Bolo | Preço |\n|---|---|\n| **Cenoura** | R$ 30 |", "Bolo | Preço\n*Cenoura* | R$ 30"),
    ("[https://a.example](https://a.example) e <https://b.example>", "https://a.example e https://b.example"),
    ("[ligue](tel:+5511987650001), ou [escreva](mailto:a@b.example)", "ligue: +5511987650001, ou escreva: a@b.example"),
    ("![cardápio](https://a.example/c_a_r.png)", "cardápio: https://a.example/c_a_r.png"),
    ("[**site**](https://a.example/ção)", "*site*: https://a.example/ção"),
]
ALREADY = [
    "*Bolo* por R$ 30,00* (só _hoje_, ~R$ 40~)",
    "2 * 3 * 4 = 24 e 5*3",
    "https://a.example/a_b_c?x=1*2*3",
    "Olá! [não é link] (nem isto)\n\n  - recuado\n\tcom tab",
    "#1 em bolos, # 2 não é título no meio",
    "R$ 10 ~ R$ 20; snake_case_name",
    "a\r\nb  \nc",
]


@pytest.mark.parametrize(("markdown", "marks"), CASES)
def test_markdown_becomes_whatsapps_marks(markdown: str, marks: str) -> None:
    assert whatsapp_marks(markdown) == marks


@pytest.mark.parametrize("text", ALREADY)
def test_what_is_no_markdown_stays_as_it_is(text: str) -> None:
    assert whatsapp_marks(text) == text


def test_an_faq_in_markdown_leaves_in_whatsapps_marks() -> None:
    faq = Faq(1, "Quanto custa o bolo?", "O **bolo** custa R$ 30.\n[Veja](https://padaria.example/bolos)")
    turns = (DialogueTurn("user", "quanto custa o bolo?"),)
    asked = ReplyRequest(knowledge=Knowledge(faqs=(faq,)), turns=turns, now=datetime(2026, 11, 30, tzinfo=UTC))
    outcome = judge(asked, SendReply(faq.answer, ("faq:1",)), unused())
    assert isinstance(outcome, Replied)
    assert outcome.text == "O *bolo* custa R$ 30.\nVeja: https://padaria.example/bolos"
    offered = suggestions(["O **bolo** custa R$ 30."], asked, unused()).texts
    assert offered[0] == "O *bolo* custa R$ 30."


@given(st.text(st.sampled_from("*_~[](){}<>!`#>|-+ \n\\abc:/."), max_size=80) | st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    assert len(whatsapp_marks(text)) <= 2 * len(text) + 2
