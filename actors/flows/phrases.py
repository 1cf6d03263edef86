"""What a flow says of its own accord, where its author has left a text empty; and how it reports to the business."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Phrase = Literal[
    "menu",
    "text",
    "number",
    "date",
    "email",
    "phone",
    "choice",
    "still_there",
    "person",
    "summary",
    "because_asked",
    "because_unclear",
    "because_lost",
    "because_ai",
    "because_closed",
    "because_night",
    "options",
    "or_write",
]
_EN: Mapping[Phrase, str] = {
    "menu": "I did not understand. Please answer with one of these options:",
    "text": "Please answer with a short text.",
    "number": "Please answer with a number, like 12 or 12.50.",
    "date": "Please answer with a date, like 12/25/2026 or tomorrow.",
    "email": "Please answer with an e-mail address, like name@example.com.",
    "phone": "Please answer with a phone number with its area code.",
    "choice": "Please answer with one of these options:",
    "still_there": "Are you still there?",
    "person": "One moment, a person of our team will take over.",
    "summary": "Handed over by the flow.",
    "because_asked": "The customer asked for a person.",
    "because_unclear": "The customer's answers did not fit the question.",
    "because_lost": "The flow could not go on from here.",
    "because_ai": "The AI asked for a person.",
    "because_closed": "We are closed, and no opening is in sight.",
    "because_night": "The customer wrote on while we were closed.",
    "options": "See the options",
    "or_write": "Or write your answer.",
}
_PT: Mapping[Phrase, str] = {
    "menu": "Não entendi. Responda com uma destas opções:",
    "text": "Responda com um texto curto, por favor.",
    "number": "Responda com um número, como 12 ou 12,50.",
    "date": "Responda com uma data, como 25/12/2026 ou amanhã.",
    "email": "Responda com um e-mail, como nome@exemplo.com.",
    "phone": "Responda com um telefone com DDD.",
    "choice": "Responda com uma destas opções:",
    "still_there": "Você ainda está aí?",
    "person": "Um momento, uma pessoa da nossa equipe vai continuar o atendimento.",
    "summary": "Transferido pelo fluxo.",
    "because_asked": "O cliente pediu para falar com uma pessoa.",
    "because_unclear": "As respostas do cliente não serviram para a pergunta.",
    "because_lost": "O fluxo não pôde continuar a partir daqui.",
    "because_ai": "A IA pediu uma pessoa.",
    "because_closed": "Estamos fechados, sem data para abrir.",
    "because_night": "O cliente escreveu enquanto estávamos fechados.",
    "options": "Ver as opções",
    "or_write": "Ou responda por escrito.",
}
_ES: Mapping[Phrase, str] = {
    "menu": "No entendí. Responda con una de estas opciones:",
    "text": "Responda con un texto corto, por favor.",
    "number": "Responda con un número, como 12 o 12,50.",
    "date": "Responda con una fecha, como 25/12/2026 o mañana.",
    "email": "Responda con un correo electrónico, como nombre@ejemplo.com.",
    "phone": "Responda con un teléfono con su código de área.",
    "choice": "Responda con una de estas opciones:",
    "still_there": "¿Sigue ahí?",
    "person": "Un momento, una persona de nuestro equipo seguirá con usted.",
    "summary": "Transferido por el flujo.",
    "because_asked": "El cliente pidió hablar con una persona.",
    "because_unclear": "Las respuestas del cliente no encajaron con la pregunta.",
    "because_lost": "El flujo no pudo continuar desde aquí.",
    "because_ai": "La IA pidió una persona.",
    "because_closed": "Estamos cerrados, sin fecha de apertura.",
    "because_night": "El cliente escribió mientras estábamos cerrados.",
    "options": "Ver las opciones",
    "or_write": "O responda por escrito.",
}
_BY_LANGUAGE = {"en": _EN, "pt": _PT, "es": _ES}


def language(locale: str) -> str:
    """`en`, `pt` or `es`; English for any other locale."""
    short = locale[:2].lower()
    return short if short in _BY_LANGUAGE else "en"


def phrase(name: Phrase, locale: str) -> str:
    """The text in the language of the locale."""
    return _BY_LANGUAGE[language(locale)][name]
