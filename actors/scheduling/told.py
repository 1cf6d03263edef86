"""What the audit says of the agenda's events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Tell
from plixa.actors.sayings import Told, told

STATUSES: Mapping[str, Told] = {
    "pending": Told("pending", "pendente", "pendiente"),
    "confirmed": Told("confirmed", "confirmado", "confirmada"),
    "arrived": Told("arrived", "cliente chegou", "el cliente llegó"),
    "completed": Told("completed", "concluído", "terminada"),
    "no_show": Told("no show", "cliente não veio", "el cliente no vino"),
    "cancelled": Told("cancelled", "cancelado", "cancelada"),
}

TELLS: Mapping[str, Tell] = {
    "appointment.booked": Told("booked an appointment", "marcou um horário", "reservó una cita"),
    "appointment.moved": Told("moved an appointment", "remarcou um horário", "movió una cita"),
    "appointment.edited": Told(
        "changed the details of an appointment", "alterou os dados de um horário", "cambió los datos de una cita"
    ),
    "appointment.status": lambda e: told(
        "set an appointment's status: {status}",
        "mudou o status de um horário: {status}",
        "cambió el estado de una cita: {status}",
        status=STATUSES[e.status],
    ),
    "appointment.paid": Told(
        "settled an appointment's deposit",
        "acertou o sinal de um horário",
        "saldó la seña de una cita",
    ),
    "appointment.held": None,
    "appointment.confirmed": Told("confirmed an appointment", "confirmou um horário", "confirmó una cita"),
    "agenda.contact_moved": None,
    "agenda.contact_forgotten": None,
    "provider.schedule_set": lambda e: told(
        "set the working hours of member {who}",
        "definiu os horários de trabalho do membro {who}",
        "definió el horario de trabajo del miembro {who}",
        who=e.user_id,
    ),
    "reminders.planned": None,
    "reminders.replanned": None,
    "waitlist.joined": Told(
        "put somebody on the waiting list", "pôs alguém na lista de espera", "puso a alguien en la lista de espera"
    ),
    "waitlist.left": Told(
        "took somebody off the waiting list", "tirou alguém da lista de espera", "quitó a alguien de la lista de espera"
    ),
    "waitlist.offered": None,
    "waitlist.passed": None,
}
