"""What customers read of their appointments, in three languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
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
    "stuck",
    "which",
    "free",
    "taken",
    "days",
    "nothing_free",
    "more",
    "other_day",
    "nobody",
    "nobody_asked",
    "wait",
    "person",
    "leave",
    "booked",
    "asked_for",
    "pay",
    "waits",
    "none_booked",
    "mine",
    "moved",
    "left",
    "person_comes",
    "not_understood",
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
    "stuck": "The reminder of an appointment has not gone out: the number is down, or WhatsApp does not answer.",
    "unpaid": "This time was not paid for, so it is not held any more:",
    "which": "What would you like to book?",
    "free": "These times are free:",
    "taken": "This time is not free. These are:",
    "days": "Which day suits you?",
    "nothing_free": "Nothing is free at the moment.",
    "more": "More times",
    "other_day": "Another day",
    "nobody": "None of these",
    "nobody_asked": "What shall we do instead?",
    "wait": "Join the waitlist",
    "person": "Talk to a person",
    "leave": "Leave it",
    "booked": "It is booked:",
    "asked_for": "Your request is on its way, and you will hear from us:",
    "pay": "It is held for you. Please pay the deposit of {amount} until {until} so that it is yours:",
    "waits": "You are on the waitlist: as soon as something becomes free, you will hear from us.",
    "none_booked": "You have nothing booked.",
    "mine": "This is what you have booked:",
    "moved": "It is moved. It is now:",
    "left": "All right.",
    "person_comes": "One moment, a person of our team will help you.",
    "not_understood": "Please choose one of these times:",
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
    "stuck": "O lembrete de um agendamento não saiu: o número está desconectado, ou o WhatsApp não responde.",
    "unpaid": "O pagamento não chegou, por isso o horário não está mais reservado:",
    "which": "O que você gostaria de agendar?",
    "free": "Estes horários estão livres:",
    "taken": "Este horário não está livre. Estes estão:",
    "days": "Qual dia é melhor para você?",
    "nothing_free": "No momento não há horário livre.",
    "more": "Mais horários",
    "other_day": "Outro dia",
    "nobody": "Nenhum destes",
    "nobody_asked": "O que podemos fazer então?",
    "wait": "Entrar na lista",
    "person": "Falar com alguém",
    "leave": "Deixar assim",
    "booked": "Está agendado:",
    "asked_for": "Seu pedido foi enviado, e avisaremos você:",
    "pay": "O horário está reservado. Pague o sinal de {amount} até {until} para confirmar:",
    "waits": "Você está na lista de espera: assim que algo ficar livre, avisaremos.",
    "none_booked": "Você não tem nada agendado.",
    "mine": "É isto que você tem agendado:",
    "moved": "Remarcado. Agora é:",
    "left": "Está bem.",
    "person_comes": "Um momento, uma pessoa da nossa equipe vai ajudar.",
    "not_understood": "Escolha um destes horários, por favor:",
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
    "stuck": "El recordatorio de un turno no salió: el número está desconectado, o WhatsApp no responde.",
    "unpaid": "El pago no llegó, por eso el horario ya no está reservado:",
    "which": "¿Qué le gustaría reservar?",
    "free": "Estos horarios están libres:",
    "taken": "Este horario no está libre. Estos sí:",
    "days": "¿Qué día le viene bien?",
    "nothing_free": "Por ahora no hay horarios libres.",
    "more": "Más horarios",
    "other_day": "Otro día",
    "nobody": "Ninguno",
    "nobody_asked": "¿Qué hacemos entonces?",
    "wait": "Lista de espera",
    "person": "Hablar con alguien",
    "leave": "Dejarlo así",
    "booked": "Está reservado:",
    "asked_for": "Su solicitud fue enviada, y le avisaremos:",
    "pay": "El horario está reservado. Pague la seña de {amount} hasta las {until} para confirmarlo:",
    "waits": "Está en la lista de espera: en cuanto algo quede libre, le avisaremos.",
    "none_booked": "No tiene nada reservado.",
    "mine": "Esto es lo que tiene reservado:",
    "moved": "Cambiado. Ahora es:",
    "left": "De acuerdo.",
    "person_comes": "Un momento, una persona de nuestro equipo le ayudará.",
    "not_understood": "Elija uno de estos horarios, por favor:",
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


_SHORT = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "pt": ("seg", "ter", "qua", "qui", "sex", "sáb", "dom"),
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
}


def short_day(at: date, locale: str) -> str:
    """A date as it stands in a row of a list."""
    language = locale[:2].lower() if locale[:2].lower() in _SHORT else "en"
    return f"{_SHORT[language][at.weekday()]} {f'{at:%b} {at.day}' if language == 'en' else f'{at:%d/%m}'}"


def short(at: datetime, locale: str) -> str:
    """A local time as it stands there."""
    return f"{short_day(at, locale)} {at:%H:%M}"


def when(at: datetime, locale: str) -> str:
    """A local time with its weekday and date, as people of that locale write it."""
    language = locale[:2].lower() if locale[:2].lower() in _WEEKDAYS else "en"
    day = _WEEKDAYS[language][at.weekday()]
    # In English 5/1 is two days, one on each side of the sea: the month in words is neither's mistake.
    date = f"{at:%B} {at.day}" if language == "en" else f"{at:%d/%m}"
    return f"{day}, {date}, {at:%H:%M}"
