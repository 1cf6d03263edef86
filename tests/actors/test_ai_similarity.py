"""Which FAQ a question means, in three languages: a table of what customers write, with what must not be answered.

The tables of the salon were there when the threshold was chosen; the shop's were written afterwards and left as they
are.
"""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from plixa.actors.ai.similarity import best, concepts, is_courtesy, rank
from plixa.actors.ai.values import Faq


def faqs(*pairs: str) -> tuple[Faq, ...]:
    """From "question | answer" lines, numbered from one."""
    return tuple(Faq(at, *line.split(" | "), position=at) for at, line in enumerate(pairs, start=1))


SALON = {
    "pt": faqs(
        "Qual é o horário de funcionamento? | Das 9h às 18h.",
        "Onde fica a loja? | Na Rua das Flores, 12.",
        "Quais as formas de pagamento? | Aceitamos Pix, cartão e dinheiro.",
        "Vocês fazem entrega? | Sim, na cidade toda.",
        "Quanto custa o corte de cabelo? | R$ 50.",
        "Como cancelo meu agendamento? | Pelo telefone.",
        "Posso trocar um produto? | Em 7 dias.",
        "Tem estacionamento? | Não.",
    ),
    "en": faqs(
        "What are your opening hours? | 9 to 6.",
        "Where are you located? | 12 Flower Street.",
        "Which payment methods do you accept? | Cash and credit card.",
        "Do you deliver? | Yes, in town.",
        "How much is a haircut? | $20.",
        "How can I cancel my appointment? | By phone.",
        "Can I return a product? | Within 7 days.",
        "Is there parking? | No.",
    ),
    "es": faqs(
        "¿Cuál es el horario de atención? | De 9 a 18.",
        "¿Dónde están ubicados? | Calle Flores 12.",
        "¿Qué formas de pago aceptan? | Tarjeta y efectivo.",
        "¿Hacen envíos a domicilio? | Sí.",
        "¿Cuánto cuesta un corte de pelo? | $20.",
        "¿Cómo cancelo mi cita? | Por teléfono.",
        "¿Puedo cambiar un producto? | En 7 días.",
        "¿Tienen estacionamiento? | No.",
    ),
}
SHOP = {
    "pt": faqs(
        "Qual o prazo de entrega? | De 3 a 5 dias úteis.",
        "Como faço para devolver um pedido? | Pelo site, em até 7 dias.",
        "Vocês têm loja física? | Não, só vendemos pela internet.",
        "Os produtos têm garantia? | Sim, de 12 meses.",
        "Como acompanho meu pedido? | Pelo código de rastreio.",
    ),
    "en": faqs(
        "How long does delivery take? | 3 to 5 business days.",
        "How do I return an order? | On the site, within 7 days.",
        "Do you have a physical store? | No, we only sell online.",
        "Is there a warranty? | Yes, 12 months.",
        "How can I track my order? | With the tracking code.",
    ),
    "es": faqs(
        "¿Cuánto tarda el envío? | De 3 a 5 días.",
        "¿Cómo devuelvo un pedido? | En el sitio.",
        "¿Tienen tienda física? | No, solo vendemos en línea.",
        "¿Los productos tienen garantía? | Sí, 12 meses.",
        "¿Cómo sigo mi pedido? | Con el código de seguimiento.",
    ),
}

# language, question, the FAQ that it means (0: none, a person must answer)
TUNED = [
    ("pt", "que horas vocês abrem?", 1),
    ("pt", "vcs estão abertos agora?", 1),
    ("pt", "HORARIO DE FUNCIONAMENTO??", 1),
    ("pt", "qual o endereço de vocês?", 2),
    ("pt", "onde vocês ficam", 2),
    ("pt", "aceitam cartão?", 3),
    ("pt", "posso pagar com pix?", 3),
    ("pt", "vocês entregam?", 4),
    ("pt", "qual o valor do corte", 5),
    ("pt", "preço do corte de cabelo masculino", 5),
    ("pt", "preciso desmarcar meu horário", 6),
    ("pt", "posso trocar o produto que comprei?", 7),
    ("pt", "tem onde estacionar?", 8),
    ("pt", "quanto custa a coloração?", 0),
    ("pt", "quanto tempo demora a entrega?", 0),
    ("pt", "aceitam boleto?", 0),
    ("pt", "vocês vendem notebook?", 0),
    ("pt", "meu pedido chegou quebrado", 0),
    ("pt", "qual a capital da França?", 0),
    ("en", "what time do you open?", 1),
    ("en", "are you open on sunday?", 1),
    ("en", "what's your address?", 2),
    ("en", "do you take credit cards?", 3),
    ("en", "do you do delivery?", 4),
    ("en", "haircut price?", 5),
    ("en", "I need to cancel my appointment", 6),
    ("en", "is there parking nearby?", 8),
    ("en", "how much is hair colouring?", 0),
    ("en", "how long does delivery take?", 0),
    ("en", "are you hiring?", 0),
    ("en", "my order arrived broken", 0),
    ("es", "¿a qué hora abren?", 1),
    ("es", "me pasas la dirección?", 2),
    ("es", "puedo pagar con tarjeta?", 3),
    ("es", "envian a domicilio", 4),
    ("es", "precio del corte", 5),
    ("es", "quiero cancelar mi cita", 6),
    ("es", "¿cuánto cuesta la tintura?", 0),
    ("es", "cuanto tiempo tarda el envio?", 0),
    ("es", "mi pedido llegó roto", 0),
]
HELD_OUT = [
    ("pt", "em quanto tempo vocês entregam?", 1),
    ("pt", "qual é o prazo para entregar?", 1),
    ("pt", "quero devolver o pedido", 2),
    ("pt", "tem garantia?", 4),
    ("pt", "como rastreio meu pedido", 5),
    ("pt", "vocês têm wifi?", 0),
    ("pt", "o site está fora do ar", 0),
    ("pt", "quero comprar um presente para minha mãe", 0),
    ("pt", "meu cachorro comeu o produto", 0),
    ("en", "how long will the delivery take", 1),
    ("en", "i want to return my order", 2),
    ("en", "do you have a store?", 3),
    ("en", "what about the warranty", 4),
    ("en", "can I pay in three instalments?", 0),
    ("en", "my account is locked", 0),
    ("en", "do you ship to Canada?", 0),
    ("es", "¿en cuánto tiempo llega el envío?", 1),
    ("es", "tiene garantía?", 4),
    ("es", "se puede seguir mi pedido?", 5),
    ("es", "¿puedo pagar en cuotas?", 0),
    ("es", "me cobraron dos veces", 0),
    ("es", "hola necesito una factura", 0),
]


@pytest.mark.parametrize(("lang", "asked", "meant"), TUNED)
def test_a_question_finds_its_faq_or_a_person(lang: str, asked: str, meant: int) -> None:
    match, _ = best(asked, SALON[lang])
    assert (match.faq.id if match else 0) == meant


def test_on_questions_never_seen_before_hardly_any_answer_is_wrong() -> None:
    found = [(asked, meant, best(asked, SHOP[lang])[0]) for lang, asked, meant in HELD_OUT]
    wrong = [asked for asked, meant, match in found if match is not None and match.faq.id != meant]
    right = [asked for asked, meant, match in found if match is not None and match.faq.id == meant]
    assert wrong == []
    assert len(right) >= 9  # of 13; the others go to a person, which costs time and no trust


@pytest.mark.parametrize(
    ("lang", "asked"), [("pt", "where is the shop?"), ("en", "qual o endereço?"), ("es", "what is the address?")]
)
def test_what_customers_ask_most_is_found_across_languages(lang: str, asked: str) -> None:
    match, _ = best(asked, SALON[lang])
    assert match is not None
    assert match.faq.id == 2


def test_two_faqs_that_fit_equally_are_a_persons_to_choose() -> None:
    two = faqs("Quanto custa a entrega no centro? | R$ 10.", "Quanto custa a entrega na praia? | R$ 20.")
    match, near = best("quanto custa a entrega?", two)
    assert match is None
    assert near is not None


def test_without_faqs_or_words_nothing_is_found() -> None:
    assert best("oi", ()) == (None, None)
    assert best("", SALON["pt"])[0] is None


@given(st.text(max_size=80))
def test_scores_are_shares_in_order_whatever_is_asked(asked: str) -> None:
    scores = [match.score for match in rank(asked, SALON["pt"])]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1.000001 for score in scores)


def test_courtesy_and_concepts() -> None:
    assert is_courtesy("Oi, bom dia! Tudo bem?")
    assert is_courtesy("¡Muchas gracias!") is False  # "muchas" is not known, and a person does no harm
    assert is_courtesy("thank you")
    assert not is_courtesy("oi, quanto custa?")
    assert not is_courtesy("")
    assert concepts("A que horas abre? E quanto custa?") == {"hours", "price"}
