"""What customers are told of their appointments when somebody else has changed them.

Who asked for one in the chat hears what has become of it. What the business does by itself (it books, moves or cancels
for somebody) every customer hears, if the business wants that (`tell_customers`): of a series, and of what is cancelled
in one go, with one message.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plixa.actors.scheduling.events import (
    AppointmentBooked,
    AppointmentHeld,
    AppointmentMoved,
    AppointmentPaid,
    AppointmentStatus,
    Claim,
)
from plixa.actors.scheduling.state import Agenda
from plixa.actors.scheduling.walls import minute_of
from plixa.engine.events import Event
from plixa.engine.ports import Effect

STAFF = ("staff", "api")
OF_STAFF = ("staff_booked", "staff_moved", "staff_cancelled")
"""What is told only where the business wants it."""


def effects(state: Agenda, event: Event) -> Iterator[Effect]:
    """Who is told, of what."""
    if not isinstance(
        event, AppointmentBooked | AppointmentMoved | AppointmentStatus | AppointmentPaid | AppointmentHeld
    ):
        return
    claim = state.find(event.appointment_id)
    if claim is None or claim.contact_id is None:
        return
    what = told_by_staff(claim, event) or (None if claim.source in STAFF else told_in_chat(event))
    if what is not None:
        yield _tell(claim, what, event)


def told_in_chat(event: Event) -> str | None:
    """What has become of what a customer asked for."""
    match event:
        case AppointmentPaid():
            return "paid" if event.kept else "paid_late"
        case AppointmentHeld():
            return "pay_waits"
        case AppointmentStatus(status="confirmed", was="pending", by="staff"):
            return "approved"
        case AppointmentStatus(how="unpaid"):
            return "unpaid"
        case AppointmentStatus(how="declined" | "expired", awaited="approval"):
            return "declined"
        case _:
            return None


def told_by_staff(claim: Claim, event: Event) -> str | None:
    """What the business has done, of what lies ahead."""
    match event:
        case AppointmentBooked() if claim.source in STAFF and claim.occurrence in (None, 1):
            return "staff_booked" if claim.start > minute_of(event.booked_at) else None
        case AppointmentMoved(by="staff"):
            return "staff_moved" if claim.start > minute_of(event.moved_at) else None
        case AppointmentStatus(how="cancelled", by="staff") if event.along[:1] in ((), (claim.id,)):
            return "staff_cancelled" if claim.start > minute_of(event.at) else None
        case _:
            return None


def _tell(claim: Claim, what: str, event: Event) -> Effect:
    request: dict[str, Any] = {
        "appointment_id": claim.id,
        "contact_id": claim.contact_id,
        "what": what,
        "revision": claim.revision,
    }
    if isinstance(event, AppointmentStatus) and event.along:
        request["along"] = list(event.along)
    return Effect(f"tell-{claim.id}-{what}-{_when(claim, event)}", "appointment.tell", _lane(claim), "inner", request)


def _when(claim: Claim, event: Event) -> str:
    match event:
        case AppointmentStatus() | AppointmentPaid() | AppointmentHeld():
            return f"{event.at.timestamp():.6f}"
        case _:
            return str(claim.revision)


def _lane(claim: Claim) -> str:
    return f"contact-{claim.contact_id}"
