"""Which rows follow from what happens to appointments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from plixa.actors.scheduling import events as ev
from plixa.actors.scheduling.state import Agenda
from plixa.actors.scheduling.walls import instant
from plixa.engine.events import Recorded
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import Projector
from plixa.storage.scheduling import statements as sql

PROVIDER, RESOURCE = 0, 1
projects = Projector()


@projects.on(ev.AppointmentBooked)
def _booked(recorded: Recorded, event: ev.AppointmentBooked, _: Any) -> Iterator[Row]:
    claim, tenant = event.claim, recorded.tenant
    yield (
        sql.APPOINTMENT,
        (
            tenant,
            claim.id,
            claim.service_id,
            claim.provider_id,
            "{" + ",".join(map(str, claim.units)) + "}",
            event.contact_id,
            claim.conversation_id,
            *map(instant, claim.span),
            event.zone,
            claim.status,
            claim.source,
            claim.series_id,
            claim.occurrence,
            claim.revision,
            event.notes,
            event.booked_at,
            recorded.at,
            claim.deposit,
            claim.currency or None,
            _pays_until(claim),
        ),
    )
    yield from _claims(tenant, claim)
    yield from _reseated(tenant, event.reseated)
    yield _changed(recorded, claim.id)


@projects.on(ev.AppointmentMoved)
def _moved(recorded: Recorded, event: ev.AppointmentMoved, _: Any) -> Iterator[Row]:
    claim, tenant = event.claim, recorded.tenant
    times = (*map(instant, claim.span), event.zone, claim.revision)
    yield sql.APPOINTMENT_MOVED, (tenant, claim.id, claim.provider_id, *times, None, recorded.at)
    yield sql.CLAIMS_DROPPED, (tenant, claim.id)
    yield from _claims(tenant, claim)
    yield from _reseated(tenant, event.reseated)
    yield _changed(recorded, claim.id)


@projects.on(ev.AppointmentEdited)
def _edited(recorded: Recorded, event: ev.AppointmentEdited, _: Any) -> Iterator[Row]:
    values = (recorded.tenant, event.appointment_id, event.contact_id, event.notes, recorded.at)
    yield sql.APPOINTMENT_EDITED, values
    yield _changed(recorded, event.appointment_id)


@projects.on(ev.AppointmentStatus)
def _status(recorded: Recorded, event: ev.AppointmentStatus, state: Agenda) -> Iterator[Row]:
    tenant, id_ = recorded.tenant, event.appointment_id
    by = event.by if event.status == "cancelled" else None
    pays_until = None if event.claim is None else _pays_until(event.claim)
    yield sql.APPOINTMENT_STATUS, (tenant, id_, event.status, event.reason, by, event.how, recorded.at, pays_until)
    if event.claim is not None:
        yield sql.CLAIMS_DROPPED, (tenant, id_)
        yield from _claims(tenant, event.claim)
    elif event.status not in ev.HOLDING:
        yield sql.CLAIMS_DROPPED, (tenant, id_)
    yield from _reseated(tenant, event.reseated)
    yield _changed(recorded, id_)


@projects.on(ev.AppointmentPaid)
def _paid(recorded: Recorded, event: ev.AppointmentPaid, _: Any) -> Iterator[Row]:
    yield _changed(recorded, event.appointment_id)


@projects.on(ev.AppointmentHeld)
def _held(recorded: Recorded, event: ev.AppointmentHeld, _: Any) -> Iterator[Row]:
    yield sql.APPOINTMENT_HELD, (recorded.tenant, event.appointment_id, event.until, recorded.at)
    yield _changed(recorded, event.appointment_id)


@projects.on(ev.AppointmentConfirmed)
def _confirmed(recorded: Recorded, event: ev.AppointmentConfirmed, _: Any) -> Iterator[Row]:
    yield sql.APPOINTMENT_CONFIRMED, (recorded.tenant, event.appointment_id, event.at, recorded.at)
    yield _changed(recorded, event.appointment_id)


@projects.on(ev.WaitlistOffered, ev.WaitlistPassed)
def _waitlist(recorded: Recorded, event: ev.WaitlistOffered | ev.WaitlistPassed, _: Any) -> Iterator[Row]:
    yield _changed(recorded, event.appointment_id)


@projects.on(ev.ReminderDue)
def _reminded(recorded: Recorded, event: ev.ReminderDue, _: Any) -> Iterator[Row]:
    for each in event.appointments:
        yield sql.APPOINTMENT_REMINDED, (recorded.tenant, each.appointment_id, recorded.at)
        yield _changed(recorded, each.appointment_id)


@projects.on(ev.ContactMoved)
def _contact_moved(recorded: Recorded, event: ev.ContactMoved, _: Any) -> Iterator[Row]:
    yield sql.CONTACT_MOVED, (recorded.tenant, event.contact_id, event.to)


@projects.on(ev.ContactForgotten)
def _contact_forgotten(recorded: Recorded, event: ev.ContactForgotten, _: Any) -> Iterator[Row]:
    yield sql.CONTACT_WIPED, (recorded.tenant, event.contact_id)


def _pays_until(claim: ev.Claim) -> datetime | None:
    return claim.holds_until if claim.awaits == "payment" else None


def _claims(tenant: int, claim: ev.Claim) -> Iterator[Row]:
    """What it occupies of whom, and of which units."""
    if claim.provider_id is not None:
        yield sql.CLAIM, (tenant, claim.id, PROVIDER, claim.provider_id, 0, *claim.occupied)
    for resource, unit in claim.units.items():
        yield sql.CLAIM, (tenant, claim.id, RESOURCE, resource, unit, *claim.occupied)


def _reseated(tenant: int, reseated: Mapping[int, Mapping[int, int]]) -> Iterator[Row]:
    for id_, units in reseated.items():
        for resource, unit in units.items():
            yield sql.CLAIM_RESEATED, (tenant, id_, RESOURCE, resource, unit)


def _changed(recorded: Recorded, appointment_id: int) -> Row:
    return sql.CHANGED, (recorded.tenant, appointment_id, recorded.position)
