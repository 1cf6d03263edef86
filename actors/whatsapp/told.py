"""What sockets and the audit are told of numbers' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Data, Show, Tell
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

TELLS: Mapping[str, Tell] = {
    "number.asked": lambda e: f"asked a WhatsApp number to {e.what.replace('_', ' ')}",
    "number.renamed": "renamed a WhatsApp number",
    "number.status": lambda e: f"changed a WhatsApp number's connection: {e.status.replace('_', ' ')}",
}
