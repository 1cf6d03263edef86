"""What is owed for an appointment: how long a customer's time is held for it, and what comes of money, also late.

What customers book of a service with a deposit is held while they pay, and no longer; what staff book holds, and so
does what they approve. Who pays by a voucher or a code (boleto, Pix) has it held until that is paid, or cannot be paid
any more. Money that comes when the time was given up takes it back, if it is still free; otherwise nobody
is booked, and a person decides. Who cancels early enough gets it back; so does everybody whom the business cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from plixa.actors.scheduling.events import AppointmentHeld, AppointmentPaid, AppointmentStatus, Claim
from plixa.actors.scheduling.guard import Guard, Seat
from plixa.actors.scheduling.offering import Offering, Service
from plixa.actors.scheduling.slots import Length
from plixa.actors.scheduling.state import Agenda
from plixa.actors.scheduling.walls import instant, minute_of
from plixa.engine.actor import Moment
from plixa.engine.events import Event

PAY_WITHIN = timedelta(minutes=30)
ARRIVES_WITHIN = timedelta(days=3)
"""So long after its last day a voucher's money may come: banks tell of it on the next working day."""
GIVEN_UP = ("unpaid", "expired")


def with_deposit(claim: Claim, service: Service, *, holds: bool, at: datetime) -> Claim:
    """With what is owed. holds: its time is held until it is paid, and for `PAY_WITHIN` at most."""
    if not service.deposit_cents:
        return claim
    owing = replace(
        claim,
        deposit=service.deposit_cents,
        currency=service.currency or "",
        refund_minutes=service.deposit_refund_hours * 60,
    )
    return waiting(owing, at) if holds else owing


def waiting(claim: Claim, at: datetime) -> Claim:
    """It is held while its customer pays."""
    return replace(claim, status="pending", awaits="payment", holds_until=min(at + PAY_WITHIN, instant(claim.start)))


def on_its_way(state: Agenda, claim: Claim, until: datetime, offering: Offering, now: Moment) -> Sequence[Event]:
    """A voucher or a code was given out, which is paid by then: its time is held for as long as that may take.

    Where it was given up just before that was known, it is taken back, if it is still free.
    """
    if claim.paid or claim.status in ("confirmed", "arrived"):
        return []
    ends = min(until + ARRIVES_WITHIN, instant(claim.start))
    held = AppointmentHeld(appointment_id=claim.id, contact_id=claim.contact_id, at=now.at, until=ends)
    if claim.status == "pending":
        known = claim.holds_until is not None and claim.holds_until >= ends
        return [held] if claim.awaits == "payment" and not known else []
    seat = _seat(state, claim, offering, now) if claim.ended in GIVEN_UP else None
    if not isinstance(seat, Seat):
        return []
    back = replace(
        claim, status="pending", units=seat.units, awaits="payment", holds_until=ends, since=minute_of(now.at)
    )
    became = replace(_became(claim, now.at), status="pending", claim=back, reseated=seat.reseated)
    return [became, held]


def same(state: Agenda, service_id: int, start: int, contact_id: int | None) -> Claim | None:
    """What this customer has already at this time: asked again, it is not booked twice, nor is it confirmed unpaid."""
    for claim in state.near(start, start + 1):
        if (claim.service_id, claim.start, claim.contact_id) == (service_id, start, contact_id):
            return claim
    return None


def paid(state: Agenda, claim: Claim, how: str | None, offering: Offering, now: Moment) -> Sequence[Event]:
    """What money for it leads to. how: which sort of cancellation, where it was given up."""
    at = now.at
    if claim.paid:
        return []
    if claim.status != "cancelled":
        return [*_confirmed(claim, at), _told(claim, at)]
    seat = _seat(state, claim, offering, now) if how in GIVEN_UP else "it was cancelled"
    if not isinstance(seat, Seat):
        return [_told(claim, at, why=seat)]
    back = replace(claim, status="confirmed", units=seat.units, holds_until=None, awaits=None, since=minute_of(at))
    again = replace(_became(claim, at), claim=back, reseated=seat.reseated)
    return [again, _told(claim, at)]


def _confirmed(claim: Claim, at: datetime) -> list[AppointmentStatus]:
    return [_became(claim, at)] if claim.awaits == "payment" else []


def _became(claim: Claim, at: datetime) -> AppointmentStatus:
    return AppointmentStatus(
        appointment_id=claim.id,
        contact_id=claim.contact_id,
        status="confirmed",
        at=at,
        was=claim.status,
        by="system",
        awaited=claim.awaits,
    )


def _told(claim: Claim, at: datetime, why: str | None = None) -> AppointmentPaid:
    return AppointmentPaid(appointment_id=claim.id, contact_id=claim.contact_id, at=at, kept=why is None, why=why)


def _seat(state: Agenda, claim: Claim, offering: Offering, now: Moment) -> Seat | str:
    """Its own place, if nobody has it, nothing else stands in the provider's calendars, and it lies ahead."""
    if claim.start <= minute_of(now.at):
        return "it was over"
    service = offering.services.get(claim.service_id) or gone_service(claim)
    length = Length(claim.minutes, claim.before, claim.after)
    guard = Guard(state, offering, None, now.known or {}, but=(claim.id,))
    return guard.seat(service, [claim.provider_id], claim.start, length, claim.id)


def gone_service(claim: Claim) -> Service:
    """What is booked keeps its own length and units, though its service is gone."""
    return Service(id=claim.service_id, name="?", duration_minutes=claim.minutes, resource_ids=[*claim.units])


def goes_back(claim: Claim, ended: AppointmentStatus) -> bool:
    """Whether what was paid goes back to the customer."""
    return ended.by != "contact" or claim.start - minute_of(ended.at) >= claim.refund_minutes
