"""What sockets and the audit are told of numbers' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Data, Show, Tell
from plixa.actors.sayings import Told, told
from plixa.actors.whatsapp.number import NumberBackfilled, NumberLookingBack, NumberRenamed, NumberStatus
from plixa.actors.whatsapp.reasons import sentence
from plixa.engine.events import Event, Recorded
from plixa.engine.ports import address_of


def _status(event: NumberStatus, of: Recorded) -> Data:
    return {
        "phone_instance": {
            "id": _id(of),
            "status": event.status,
            "phone": event.phone,
            "name": event.name,
            "status_reason": event.reason,
            "status_detail": event.why,
            "status_text": sentence(event.why),
            "status_changed_at": None if event.at is None else event.at.isoformat(),
        }
    }


def _renamed(event: NumberRenamed, of: Recorded) -> Data:
    return {"phone_instance": {"id": _id(of), "name": event.name}}


def _looking_back(event: NumberLookingBack, of: Recorded) -> Data:
    return {"phone_instance": {"id": _id(of)}, "look_back": {**_span(event), "why": event.why}}


def _backfilled(event: NumberBackfilled, of: Recorded) -> Data:
    text = f"blind from {event.blind_from:%H:%M} to {event.blind_to:%H:%M} UTC, {event.recovered} recovered"
    found = {"seen": event.seen, "recovered": event.recovered, "text": text}
    return {"phone_instance": {"id": _id(of)}, "look_back": {**_span(event), **found}}


def _span(event: NumberLookingBack | NumberBackfilled) -> Data:
    return {"from": event.blind_from.isoformat(), "to": event.blind_to.isoformat()}


def _id(recorded: Recorded) -> int:
    return address_of(recorded.tenant, recorded.stream).id


SHOWS: Mapping[type[Event], Show] = {
    NumberStatus: _status,
    NumberRenamed: _renamed,
    NumberLookingBack: _looking_back,
    NumberBackfilled: _backfilled,
}

ASKS: Mapping[str, Told] = {
    "logout": Told("logout", "sair", "cerrar la sesión"),
    "restart": Told("restart", "reiniciar", "reiniciarse"),
    "remove": Told("remove", "ser removido", "eliminarse"),
}
STATES: Mapping[str, Told] = {
    "pending_qr": Told("pending qr", "esperando o código QR", "esperando el código QR"),
    "connecting": Told("connecting", "conectando", "conectando"),
    "connected": Told("connected", "conectado", "conectado"),
    "disconnected": Told("disconnected", "desconectado", "desconectado"),
}

TELLS: Mapping[str, Tell] = {
    "number.asked": lambda e: told(
        "asked a WhatsApp number to {what}",
        "pediu a um número de WhatsApp para {what}",
        "pidió a un número de WhatsApp {what}",
        what=ASKS[e.what],
    ),
    "number.renamed": Told(
        "renamed a WhatsApp number",
        "mudou o nome de um número de WhatsApp",
        "cambió el nombre de un número de WhatsApp",
    ),
    "number.status": lambda e: told(
        "changed a WhatsApp number's connection: {state}",
        "mudou a conexão de um número de WhatsApp: {state}",
        "cambió la conexión de un número de WhatsApp: {state}",
        state=STATES[e.status],
    ),
}
