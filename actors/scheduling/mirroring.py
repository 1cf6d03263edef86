"""What members' own calendars must hear of: which appointment may stand otherwise there now. What it says there is read
when it is written, so that order and doubles of these effects do not matter."""

from __future__ import annotations

from collections.abc import Iterator

from plixa.actors.calendars.links import lane_of
from plixa.actors.scheduling.events import (
    AppointmentBooked,
    AppointmentMoved,
    AppointmentPaid,
    AppointmentStatus,
    ContactForgotten,
)
from plixa.actors.scheduling.state import Agenda
from plixa.engine.events import Event
from plixa.engine.ports import Effect


def effects(state: Agenda, event: Event) -> Iterator[Effect]:
    """One for each appointment that changes; none while nobody has linked a calendar."""
    if not state.calendars:
        return
    match event:
        case AppointmentBooked():
            yield _write(state, event.appointment_id, "booked")
        case AppointmentMoved():
            yield _write(state, event.appointment_id, f"moved-{event.claim.revision}")
        case AppointmentStatus(status="cancelled" | "confirmed"):
            yield _write(state, event.appointment_id, f"{event.status}-{event.at.timestamp():.6f}")
        case AppointmentPaid():
            yield _write(state, event.appointment_id, f"paid-{event.at.timestamp():.6f}")
        case ContactForgotten():
            for user_id in state.calendars:
                lane = lane_of(user_id)
                yield Effect(
                    f"calendar-forgotten-{event.contact_id}-{user_id}", "calendar.all", lane, lane, {"user_id": user_id}
                )
        case _:
            return


def _write(state: Agenda, appointment_id: int, what: str) -> Effect:
    claim = state.find(appointment_id)
    lane = lane_of((claim.provider_id if claim else None) or 0)
    request = {"appointment_id": appointment_id}
    return Effect(f"calendar-{appointment_id}-{what}", "calendar.write", lane, lane, request)
