"""A house that answers questions, and the questions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from plixa.actors.ai.values import DialogueTurn, Faq, Knowledge, ReplyRequest

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
FAQS = (
    Faq(1, "Qual é o horário de funcionamento?", "Abrimos de segunda a sexta, das 9h às 18h.", 1),
    Faq(2, "Quanto custa o corte de cabelo?", "O corte custa R$ 50,00.", 2),
    Faq(3, "Quais as formas de pagamento?", "Aceitamos Pix, cartão e dinheiro.", 3),
    Faq(4, "Onde vocês ficam?", "Rua das Flores, 120, Centro. Mapa: https://salao.example.com/mapa", 4),
)
HOUSE = Knowledge(
    description="Salão de beleza no centro, com três cabeleireiros. Telefone (21) 3333-4444.",
    faqs=FAQS,
    hours="Segunda a sexta: 09:00-18:00. Sábado e domingo: fechado.",
    services="Corte (30 min, R$ 50,00); Coloração (90 min, R$ 180,00)",
    locale="pt-BR",
    company="Salão Bela",
)


def request(*said: str | DialogueTurn, knowledge: Knowledge = HOUSE, **more: Any) -> ReplyRequest:
    """A request; plain texts are the customer's."""
    turns = tuple(each if isinstance(each, DialogueTurn) else DialogueTurn("user", each) for each in said)
    return ReplyRequest(knowledge=knowledge, turns=turns, now=NOW, **more)


def house(text: str) -> DialogueTurn:
    """What the house has said."""
    return DialogueTurn("assistant", text)
