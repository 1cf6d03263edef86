"""Appointments: booked, moved, edited, cancelled, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field, StringConstraints

from plixa.actors.fields import Text
from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.deciding import bookable, providers_for
from plixa.actors.scheduling.events import AppointmentBooked, AppointmentMoved, AppointmentStatus, Claim
from plixa.actors.scheduling.offering import Status
from plixa.actors.scheduling.series import MOST, Repeat
from plixa.actors.scheduling.view import explain, show
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event, Recorded
from plixa.http.api import Answer, Call, cursors, rendering, route
from plixa.http.api.fields import Body, Id, Moment, Page
from plixa.http.scheduling.asking import CLASHES, ask_agenda, open_book
from plixa.http.scheduling.other_calendars import Picture, look_before
from plixa.http.scheduling.parts import OWING
from plixa.http.scheduling.shapes import Appointment, AppointmentChange, appointment
from plixa.http.scheduling.times import Start, asked
from plixa.storage.scheduling import reads

TAG = "Scheduling — appointments"
PATH = "/v1/scheduling/appointments"
MOST_DAYS = timedelta(days=92)
Notes = Annotated[Text, StringConstraints(max_length=2000)]
Reason = Annotated[Text, StringConstraints(max_length=500)]


class Wanted(Page):
    """`from` and `to`: what overlaps this span, with their offsets; at most 92 days."""

    first: Annotated[Moment, Field(alias="from")]
    last: Annotated[Moment, Field(alias="to")]
    provider_id: Id | None = None
    service_id: Id | None = None
    contact_id: Id | None = None
    status: Status | None = None


class NewAppointment(Body):
    """`start` without an offset is the provider's wall clock. `provider_id`: whoever is free, where it is null.

    `repeat` with `occurrences` books a series, all of it or nothing.
    """

    service_id: Id
    start: Start
    provider_id: Id | None = None
    contact_id: Id | None = None
    notes: Notes | None = None
    repeat: Repeat | None = None
    occurrences: Annotated[int, Field(ge=1, le=MOST)] = 1


class ChangedAppointment(Body):
    """What is left out stays as it is; null clears."""

    contact_id: Id | None = None
    notes: Notes | None = None


class Moving(Body):
    """`provider_id`: whose it is afterwards; the same one's, where it is left out. `revision`: the one that you saw."""

    start: Start
    provider_id: Id | None = None
    revision: Annotated[int, Field(ge=1, le=2**31)] | None = None


class Cancelling(Body):
    """`scope`: of a series this one, this one and those that follow, or all that have not begun."""

    reason: Reason | None = None
    scope: Literal["this", "following", "all"] = "this"


class Declining(Body):
    """Why, for the business."""

    reason: Reason | None = None


class Since(Body):
    """`after`: the offset of the last change that is known."""

    after: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    limit: Annotated[int, Field(ge=1, le=100)] = 100


@route("GET", PATH, tag=TAG, query=Wanted, answer=list[Appointment])
async def list_appointments(call: Call) -> Answer:
    """List appointments

    By their start: the calendar's feed. Also cancelled ones, unless `status` says otherwise.
    """
    query: Wanted = call.query
    if query.last < query.first:
        raise Invalid({"to": ["The end must not be before the beginning."]})
    if query.last - query.first > MOST_DAYS:
        raise Invalid({"to": [f"At most {MOST_DAYS.days} days can be asked for at once."]})
    named = {"provider_id": query.provider_id, "service_id": query.service_id, "contact_id": query.contact_id}
    chosen = reads.Chosen(query.first, query.last, **named, status=query.status)
    after = cursors.decode(query.cursor, tuple[datetime, int])
    rows, more = await call.read(reads.list_appointments, call.tenant, chosen, after, query.limit)
    owing = await call.services[OWING].shown(call.tenant, rows)
    shown = [appointment(row, owing[row["id"]]) for row in rows]
    return Answer(shown, {"next_cursor": cursors.encode(more), "limit": query.limit})


@route("GET", f"{PATH}/{{id}}", tag=TAG, answer=Appointment)
async def get_appointment(call: Call) -> Answer:
    """Get an appointment"""
    return Answer(await _appointment(call, call.params["id"]))


@route("GET", f"{PATH}/{{id}}/timeline", tag=TAG, query=Since, answer=list[AppointmentChange])
async def timeline(call: Call) -> Answer:
    """What happened to an appointment, and why

    Every change in order: who or what made it, why this provider was chosen. `meta.next_after` is null at the end.
    """
    query: Since = call.query
    id_ = call.params["id"]
    await _appointment(call, id_)
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    keyring = call.services.store.keyring
    found: list[Recorded] = await call.read(reads.changes, keyring, call.tenant, id_, query.after, query.limit + 1)
    page = found[: query.limit]
    more = page[-1].position if len(found) > query.limit else None
    locale = call.locale(workspace)
    return Answer([_change(each, workspace, locale) for each in page], {"next_after": more, "limit": query.limit})


def _change(recorded: Recorded, workspace: Workspace, locale: str) -> AppointmentChange:
    return {
        "offset": recorded.position,
        "at": recorded.at,
        "type": recorded.event.type,
        "text": explain(recorded.event, workspace, locale),
        "by": recorded.actor,
        "details": msgspec.to_builtins(recorded.event, str_keys=True),
    }


@route(
    "POST",
    PATH,
    tag=TAG,
    body=NewAppointment,
    answer=Appointment,
    status=201,
    idempotent=True,
    raises=(*CLASHES, "SERIES_CONFLICT"),
)
async def book(call: Call) -> Answer:
    """Book an appointment

    Staff are not bound by hours, notice and horizon: `meta.warnings` says what a customer could not have had
    (`outside_hours`, `short_notice`). What is taken or closed is refused; `details.nearest` has what is free instead.
    Of a series the first one is answered, and `meta.occurrences` has all; where one cannot be, none is booked, and
    `details.occurrences` says which and why. Its customer is told in the chat, as of moves and cancellations, unless
    `tell_customers` of the booking config is off. `meta.calendar_stale`: a provider's own calendar could not be looked
    at; what was last known of it counted.
    """
    body: NewAppointment = call.body
    if body.occurrences > 1 and body.repeat is None:
        raise Invalid({"repeat": ["Say how often it repeats, or leave out the occurrences."]})
    opened = await open_book(call.services, call.tenant)
    service = bookable(opened.offering, body.service_id)
    provider = providers_for(opened.offering, service, body.provider_id)[0]
    command = cmd.Book(
        service_id=body.service_id,
        start=asked(body.start, opened.offering.zone_of(provider), "start"),
        source="staff" if call.caller.panel else "api",
        provider_id=body.provider_id,
        contact_id=body.contact_id,
        notes=body.notes or None,
        repeat=body.repeat,
        occurrences=body.occurrences,
    )
    picture = await look_before(call.services, call.tenant, service, body.provider_id, command.start)
    render = rendering(_as_booked, picture)
    outcome = await ask_agenda(call, command, render=render)
    return render([each.event for each in outcome.recorded])


def _as_booked(events: Sequence[Event], picture: Picture) -> Answer:
    return _with_picture(_booked(events), picture)


def _with_picture(answer: Answer, picture: Picture) -> Answer:
    """Staff book on what was last known of a provider's own calendar, and are told so."""
    return replace(answer, meta={**(answer.meta or {}), "calendar_stale": True}) if picture.stale else answer


def _booked(events: Sequence[Event]) -> Answer:
    made = [event for event in events if isinstance(event, AppointmentBooked)]
    shown = [_made(event) for event in made]
    warnings = list(dict.fromkeys(warning for event in made for warning in event.warnings))
    series = [{name: each[name] for name in ("id", "start", "end")} for each in shown] if len(made) > 1 else []
    return Answer(shown[0], {"warnings": warnings, **({"occurrences": series} if series else {})}, status=201)


def _made(event: AppointmentBooked) -> dict[str, Any]:
    """What has just been booked, as it will be read."""
    shown = (show(event) or {})["appointment"]
    nothing = dict.fromkeys(("cancelled_by", "cancel_kind", "confirmed_by_contact_at"))
    return {**shown, **nothing, "payment": _owed(event.claim), "updated_at": event.booked_at.isoformat()}


def _owed(claim: Claim) -> dict[str, Any] | None:
    if not claim.deposit:
        return None
    amount = {"amount_cents": claim.deposit, "currency": claim.currency}
    return {"status": "owed", **amount, "url": None, "expires_at": None}


@route("PATCH", f"{PATH}/{{id}}", tag=TAG, body=ChangedAppointment, answer=Appointment)
async def edit(call: Call) -> Answer:
    """Edit an appointment's contact and notes"""
    body: ChangedAppointment = call.body
    fields = tuple(name for name in ("contact_id", "notes") if name in body.model_fields_set)
    id_ = call.params["id"]
    command = cmd.Edit(appointment_id=id_, fields=fields, contact_id=body.contact_id, notes=body.notes or None)
    return await _changed(call, id_, command)


@route(
    "POST",
    f"{PATH}/{{appointment}}/reschedule",
    tag=TAG,
    body=Moving,
    answer=Appointment,
    raises=(*CLASHES, "STATUS_CONFLICT"),
)
async def reschedule(call: Call) -> Answer:
    """Reschedule an appointment

    With the same length, to the same provider or to another one who does it. The old time is free at once. With
    `revision`, only if nobody has moved it meanwhile. To where it is already changes nothing.
    """
    body: Moving = call.body
    found = await _appointment(call, call.params["appointment"])
    provider = found["provider_id"] if body.provider_id is None else body.provider_id
    offering = (await open_book(call.services, call.tenant)).offering
    command = cmd.Reschedule(
        appointment_id=found["id"],
        start=asked(body.start, offering.zone_of(provider), "start"),
        provider_id=body.provider_id,
        revision=body.revision,
    )
    picture = Picture()
    if provider is not None and (service := offering.services.get(found["service_id"])) is not None:
        minutes = int((found["end"] - found["start"]).total_seconds()) // 60
        picture = await look_before(call.services, call.tenant, service, provider, command.start, minutes)
    return _with_picture(await _changed(call, found["id"], command), picture)


@route("POST", f"{PATH}/{{appointment}}/arrive", tag=TAG, answer=Appointment, raises=("STATUS_CONFLICT",))
async def arrive(call: Call) -> Answer:
    """Mark that the customer is there"""
    return await _done(call, lambda id_: cmd.Mark(appointment_id=id_, status="arrived"))


@route("DELETE", f"{PATH}/{{appointment}}/arrive", tag=TAG, answer=Appointment, raises=("STATUS_CONFLICT",))
async def not_arrived(call: Call) -> Answer:
    """Take an arrival back"""
    return await _done(call, lambda id_: cmd.Unmark(appointment_id=id_, status="arrived"))


@route("POST", f"{PATH}/{{appointment}}/complete", tag=TAG, answer=Appointment, raises=("STATUS_CONFLICT",))
async def complete(call: Call) -> Answer:
    """Mark that it took place"""
    return await _done(call, lambda id_: cmd.Mark(appointment_id=id_, status="completed"))


@route("DELETE", f"{PATH}/{{appointment}}/complete", tag=TAG, answer=Appointment, raises=("STATUS_CONFLICT", *CLASHES))
async def not_completed(call: Call) -> Answer:
    """Take back that it took place

    It is confirmed again, if its time is still free.
    """
    return await _done(call, lambda id_: cmd.Unmark(appointment_id=id_, status="completed"))


@route("POST", f"{PATH}/{{appointment}}/no-show", tag=TAG, answer=Appointment, raises=("STATUS_CONFLICT",))
async def no_show(call: Call) -> Answer:
    """Mark that the customer did not come"""
    return await _done(call, lambda id_: cmd.Mark(appointment_id=id_, status="no_show"))


@route("DELETE", f"{PATH}/{{appointment}}/no-show", tag=TAG, answer=Appointment, raises=("STATUS_CONFLICT", *CLASHES))
async def not_no_show(call: Call) -> Answer:
    """Take back that the customer did not come

    It is confirmed again, if its time is still free.
    """
    return await _done(call, lambda id_: cmd.Unmark(appointment_id=id_, status="no_show"))


@route(
    "POST", f"{PATH}/{{appointment}}/cancel", tag=TAG, body=Cancelling, answer=Appointment, raises=("STATUS_CONFLICT",)
)
async def cancel(call: Call) -> Answer:
    """Cancel an appointment

    Its time is free at once, and is offered to who waits for it. `meta.cancelled` names all that were cancelled.
    """
    body: Cancelling = call.body
    id_ = call.params["appointment"]
    return await _changed(call, id_, cmd.Cancel(appointment_id=id_, scope=body.scope, reason=body.reason or None))


@route(
    "POST",
    f"{PATH}/{{appointment}}/approve",
    tag=TAG,
    who="owner",
    answer=Appointment,
    raises=("STATUS_CONFLICT", *CLASHES),
)
async def approve(call: Call) -> Answer:
    """Approve a request

    It is confirmed, if it still fits what is booked and closed by now.
    """
    return await _done(call, lambda id_: cmd.Approve(appointment_id=id_))


@route(
    "POST",
    f"{PATH}/{{appointment}}/decline",
    tag=TAG,
    who="owner",
    body=Declining,
    answer=Appointment,
    raises=("STATUS_CONFLICT",),
)
async def decline(call: Call) -> Answer:
    """Decline a request"""
    body: Declining = call.body
    return await _done(call, lambda id_: cmd.Decline(appointment_id=id_, reason=body.reason or None))


async def _done(call: Call, command: Callable[[int], Command]) -> Answer:
    id_ = call.params["appointment"]
    return await _changed(call, id_, command(id_))


async def _changed(call: Call, appointment_id: int, command: Command) -> Answer:
    """The appointment after a command. Raises `Conflict` for one that the agenda does not remember any more."""
    try:
        outcome = await ask_agenda(call, command)
    except NotFound:
        await _appointment(call, appointment_id)
        raise Conflict("This was too long ago to be changed.", code="STATUS_CONFLICT") from None
    events = [each.event for each in outcome.recorded]
    return Answer(await _appointment(call, appointment_id), _told(events))


def _told(events: Sequence[Event]) -> dict[str, Any] | None:
    for event in events:
        if isinstance(event, AppointmentMoved):
            return {"warnings": list(event.warnings)}
    ended = [each.appointment_id for each in events if isinstance(each, AppointmentStatus) and each.how is not None]
    return {"cancelled": ended} if ended else None


async def _appointment(call: Call, appointment_id: int) -> dict[str, Any]:
    found = await call.read(reads.get_appointment, call.tenant, appointment_id)
    if found is None:
        raise NotFound("appointment")
    return appointment(found, (await call.services[OWING].shown(call.tenant, [found]))[appointment_id])
