"""What customers read of their appointments, in three languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

Phrase = Literal[
    "reminder",
    "confirm",
    "move",
    "cancel",
    "yes_cancel",
    "keep",
    "confirmed",
    "cancelled",
    "kept",
    "sure",
    "moved_to",
    "over",
    "too_late",
    "person_moves",
    "offer",
    "take",
    "pass",
    "passed",
    "paid",
    "paid_late",
    "approved",
    "declined",
    "unpaid",
]
_EN: Mapping[Phrase, str] = {
    "reminder": "We look forward to seeing you:",
    "confirm": "Confirm",
    "move": "Reschedule",
    "cancel": "Cancel",
    "yes_cancel": "Yes, cancel",
    "keep": "Keep it",
    "confirmed": "Thank you, you are expected:",
    "cancelled": "It is cancelled:",
    "kept": "Everything stays as it is:",
    "sure": "Shall we really cancel this?",
    "moved_to": "This has been changed meanwhile. It is now:",
    "over": "This appointment is not booked any more.",
    "too_late": "It is too late to do this here; a person of our team will help you.",
    "person_moves": "Which day and time would suit you? A person of our team will help you.",
    "offer": "A time has become free, and is held for you for a little while:",
    "take": "Take it",
    "pass": "No, thank you",
    "passed": "All right, you stay on the list:",
    "paid": "Thank you, it is paid, and you are expected:",
    "paid_late": "Your payment has arrived, but this time was not held any more. A person of our team will help you:",
    "approved": "Your request is confirmed, and you are expected:",
    "declined": "We are sorry, this could not be confirmed:",
    "unpaid": "This time was not paid for, so it is not held any more:",
}
_PT: Mapping[Phrase, str] = {
    "reminder": "Esperamos você:",
    "confirm": "Confirmar",
    "move": "Remarcar",
    "cancel": "Cancelar",
    "yes_cancel": "Sim, cancelar",
    "keep": "Manter",
    "confirmed": "Obrigado, sua presença está confirmada:",
    "cancelled": "Cancelado:",
    "kept": "Tudo continua como estava:",
    "sure": "Cancelar mesmo?",
    "moved_to": "O horário mudou nesse meio-tempo. Agora é:",
    "over": "Este horário não está mais reservado.",
    "too_late": "Já é tarde para fazer isso por aqui; uma pessoa da nossa equipe vai ajudar.",
    "person_moves": "Qual dia e horário seriam bons para você? Uma pessoa da nossa equipe vai ajudar.",
    "offer": "Um horário ficou livre e está reservado para você por alguns minutos:",
    "take": "Quero",
    "pass": "Não, obrigado",
    "passed": "Tudo bem, você continua na lista:",
    "paid": "Obrigado, o pagamento chegou e esperamos você:",
    "paid_late": "Seu pagamento chegou, mas o horário já não estava reservado. Uma pessoa da equipe vai ajudar:",
    "approved": "Seu pedido foi confirmado, esperamos você:",
    "declined": "Infelizmente não foi possível confirmar:",
    "unpaid": "O pagamento não chegou, por isso o horário não está mais reservado:",
}
_ES: Mapping[Phrase, str] = {
    "reminder": "Le esperamos:",
    "confirm": "Confirmar",
    "move": "Cambiar",
    "cancel": "Cancelar",
    "yes_cancel": "Sí, cancelar",
    "keep": "Mantener",
    "confirmed": "Gracias, su asistencia está confirmada:",
    "cancelled": "Cancelado:",
    "kept": "Todo sigue como estaba:",
    "sure": "¿Cancelar de verdad?",
    "moved_to": "El horario cambió mientras tanto. Ahora es:",
    "over": "Este turno ya no está reservado.",
    "too_late": "Ya es tarde para hacerlo aquí; una persona de nuestro equipo le ayudará.",
    "person_moves": "¿Qué día y hora le vendrían bien? Una persona de nuestro equipo le ayudará.",
    "offer": "Se liberó un horario y está reservado para usted por unos minutos:",
    "take": "Lo quiero",
    "pass": "No, gracias",
    "passed": "De acuerdo, sigue en la lista:",
    "paid": "Gracias, el pago llegó y le esperamos:",
    "paid_late": "Su pago llegó, pero el horario ya no estaba reservado. Una persona de nuestro equipo le ayudará:",
    "approved": "Su solicitud está confirmada, le esperamos:",
    "declined": "Lo sentimos, no fue posible confirmarlo:",
    "unpaid": "El pago no llegó, por eso el horario ya no está reservado:",
}
_BY_LANGUAGE = {"en": _EN, "pt": _PT, "es": _ES}
_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "pt": ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}


def phrase(name: Phrase, locale: str) -> str:
    """The text in the language of the locale; in English for any other one."""
    return _BY_LANGUAGE.get(locale[:2].lower(), _EN)[name]


def when(at: datetime, locale: str) -> str:
    """A local time with its weekday and date, as people of that locale write it."""
    language = locale[:2].lower() if locale[:2].lower() in _WEEKDAYS else "en"
    day = _WEEKDAYS[language][at.weekday()]
    # In English 5/1 is two days, one on each side of the sea: the month in words is neither's mistake.
    date = f"{at:%B} {at.day}" if language == "en" else f"{at:%d/%m}"
    return f"{day}, {date}, {at:%H:%M}"
