"""The agenda's decisions: book, move, cancel, approve, and what became of an appointment.

Checking and claiming are one step: nothing is waited for in between. The same guard says what is offered and what is
booked. From an end there is no way back but for slips at the desk: no-show and completed may be exchanged, and an
arrival taken back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from msgspec.structs import replace

from plixa.actors.scheduling import commands as cmd, mirroring, paying, telling, waitlist
from plixa.actors.scheduling.events import (
    AppointmentBooked,
    AppointmentConfirmed,
    AppointmentEdited,
    AppointmentMoved,
    AppointmentPaid,
    AppointmentStatus,
    By,
    CalendarsFollowed,
    Claim,
    ContactForgotten,
    ContactMoved,
    How,
    ProviderScheduleSet,
    Reminded,
    ReminderDue,
    RemindersLooked,
    RemindersPlanned,
    RemindersReplanned,
    Waiting,
    WaitlistLeft,
    WaitlistOffered,
)
from plixa.actors.scheduling.guard import Busy, Guard, Seat, customers_bounds
from plixa.actors.scheduling.offering import Offering, Service, Status
from plixa.actors.scheduling.reminding import LATE, Policy, due_until, local_day, next_due
from plixa.actors.scheduling.rules import Rule
from plixa.actors.scheduling.series import occurrences
from plixa.actors.scheduling.slots import Bounds, Length, Why
from plixa.actors.scheduling.state import Agenda, evolve, replan_due
from plixa.actors.scheduling.telling import STAFF
from plixa.actors.scheduling.walls import DAY, instant, minute_of
from plixa.actors.scheduling.workspace import offering_of
from plixa.engine.actor import ActorType, EffectDone, EffectFailed, EffectStarting, EffectUncertain, Moment, TimerFired
from plixa.engine.dispatch import Decider
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event
from plixa.engine.outside import decide_nothing
from plixa.engine.ports import Effect

SENTENCES: dict[Why, str] = {
    "SLOT_TAKEN": "This time is taken.",
    "RESOURCE_FULL": "A room or machine that is needed is not free at this time.",
    "CLOSED_DAY": "The workspace is closed on this day.",
    "PROVIDER_AWAY": "The provider's calendar has something else at this time.",
    "OUTSIDE_HOURS": "The provider is not there at this time.",
    "TOO_SOON": "This is too soon.",
    "TOO_FAR": "This is too far ahead.",
}
HOLD_BEFORE = timedelta(hours=24)
"""A request that nobody approves ends so long before its start; half-way there, where it is asked for later."""
ENDLESS = minute_of(datetime(3000, 1, 1, tzinfo=UTC))
AFTER: dict[Status, frozenset[Status]] = {
    "pending": frozenset(),
    "confirmed": frozenset({"arrived", "completed", "no_show"}),
    "arrived": frozenset({"completed", "no_show"}),
    "completed": frozenset({"no_show"}),
    "no_show": frozenset({"completed"}),
    "cancelled": frozenset(),
}

AT_ONCE = 500
"""So many reminders at most are looked at in one turn, and a little more."""
FEW = 2000
"""So many appointments' reminders are planned anew in one turn; of more, by days."""
STUCK_AFTER = timedelta(minutes=15)
AGAIN = 720
"""So many minutes nobody is reminded of what they were told of along with another one."""

decide: Decider[Agenda] = Decider()
decide.on(EffectStarting, EffectDone, EffectFailed, EffectUncertain)(decide_nothing)


@decide.on(cmd.Book)
def _book(state: Agenda, command: cmd.Book, now: Moment) -> Sequence[Event]:
    offering = offering_of(state, now.workspace)
    service = bookable(offering, command.service_id)
    _must_know(command)
    if (
        command.source not in STAFF
        and command.contact_id
        and paying.same(state, service.id, command.start, command.contact_id)
    ):
        return []
    providers = providers_for(offering, service, command.provider_id)
    starts = _starts(command, offering.zone_of(providers[0]))
    bounds = None if command.source in STAFF else customers_bounds(minute_of(now.at))
    series_id = next(now.ids) if len(starts) > 1 else None
    events, clashes = list[AppointmentBooked](), dict[int, Why]()
    for number, start in enumerate(starts, 1):
        guard = Guard(state, offering, bounds, command.busy)
        id_ = next(now.ids)
        seat = "OUTSIDE_HOURS" if start is None else guard.seat(service, providers, start, service.length, id_)
        if start is None or not isinstance(seat, Seat):
            clashes[number] = seat if not isinstance(seat, Seat) else "OUTSIDE_HOURS"
            continue
        claim = _claim(command, service, seat, start, now.at)
        place = {"series_id": series_id, "occurrence": number if series_id else None}
        booked = AppointmentBooked(
            appointment_id=id_,
            contact_id=command.contact_id,
            claim=replace(claim, id=id_, **place),
            zone=offering.zone_of(seat.provider_id),
            booked_at=now.at,
            chosen=seat.chosen,
            reseated=seat.reseated,
            warnings=_warnings(seat, start, now.at) if command.source in STAFF else (),
            notes=command.notes,
        )
        events.append(booked)
        state = evolve(state, booked)
        providers = [seat.provider_id]  # a series is one provider's
    if clashes and series_id is None:
        guard = Guard(state, offering, bounds, command.busy)
        raise _refused(clashes[1], guard, service, providers, command.start, now.at)
    if clashes:
        raise _series_refused(clashes, starts)
    return events


def _starts(command: cmd.Book, zone: str) -> list[int | None]:
    if command.repeat is None or command.occurrences == 1:
        return [command.start]
    return occurrences(command.start, zone, command.repeat, command.occurrences)


def _claim(command: cmd.Book, service: Service, seat: Seat, start: int, at: datetime) -> Claim:
    asks = service.requires_approval and command.source not in STAFF
    claim = Claim(
        id=0,
        service_id=service.id,
        provider_id=seat.provider_id,
        units=seat.units,
        start=start,
        minutes=service.duration_minutes,
        before=service.buffer_before_minutes,
        after=service.buffer_after_minutes,
        status="pending" if asks else "confirmed",
        source=command.source,
        since=minute_of(at),
        contact_id=command.contact_id,
        conversation_id=command.conversation_id,
        holds_until=_holds_until(start, at) if asks else None,
        awaits="approval" if asks else None,
    )
    return paying.with_deposit(claim, service, holds=command.collects and not asks, at=at)


def _holds_until(start: int, at: datetime) -> datetime:
    begins = instant(start)
    return max(begins - HOLD_BEFORE, at + (begins - at) / 2)


@decide.on(cmd.Reschedule)
def _reschedule(state: Agenda, command: cmd.Reschedule, now: Moment) -> Sequence[Event]:
    offering, claim = offering_of(state, now.workspace), state.must_have(command.appointment_id)
    _must_hold(claim, "moved")
    _must_be(claim, command.revision)
    provider = claim.provider_id if command.provider_id is None else command.provider_id
    if (command.start, provider) == (claim.start, claim.provider_id):
        return []
    service = offering.services.get(claim.service_id) or paying.gone_service(claim)
    providers = providers_for(offering, service, provider) if provider != claim.provider_id else [provider]
    bounds = None if command.by == "staff" else customers_bounds(minute_of(now.at))
    _must_be_in_time(claim, command.by, offering, now.at)
    guard = Guard(state, offering, bounds, command.busy, but=(claim.id,))
    length = Length(claim.minutes, claim.before, claim.after)
    seat = guard.seat(service, providers, command.start, length, claim.id)
    if not isinstance(seat, Seat):
        raise _refused(seat, guard, service, providers, command.start, now.at)
    holds = _held_on(claim, command.start, now.at)
    moved = replace(
        claim,
        start=command.start,
        provider_id=seat.provider_id,
        units=seat.units,
        revision=claim.revision + 1,
        holds_until=holds,
        since=minute_of(now.at),
        told=0,
    )
    return [
        AppointmentMoved(
            appointment_id=claim.id,
            contact_id=claim.contact_id,
            claim=moved,
            zone=offering.zone_of(seat.provider_id),
            was=claim.start,
            moved_at=now.at,
            by=command.by,
            reseated=seat.reseated,
            warnings=_warnings(seat, command.start, now.at) if command.by == "staff" else (),
        )
    ]


def _held_on(claim: Claim, start: int, at: datetime) -> datetime | None:
    """A request's end moves with it; who is to pay or to answer has no longer for it."""
    if claim.holds_until is None or claim.awaits in ("payment", "answer"):
        return claim.holds_until and min(claim.holds_until, instant(start))
    return _holds_until(start, at)


@decide.on(cmd.Cancel)
def _cancel(state: Agenda, command: cmd.Cancel, now: Moment) -> Sequence[Event]:
    claim = state.must_have(command.appointment_id)
    if claim.status == "cancelled" and command.scope == "this":
        return []
    if command.scope == "this":
        _must_hold(claim, "cancelled")
    _must_be(claim, command.revision)
    _must_be_in_time(claim, command.by, offering_of(state, now.workspace), now.at)
    ended = [
        _ended(each, now.at, command.by, "cancelled", command.reason, command.scope)
        for each in _in_scope(state, claim, command.scope, now.at)
    ]
    if len(ended) < 2:
        return ended
    along = tuple(each.appointment_id for each in ended)
    return [replace(ended[0], along=along), *(replace(each, along=along[:1]) for each in ended[1:])]


def _in_scope(state: Agenda, claim: Claim, scope: cmd.Scope, at: datetime) -> Iterable[Claim]:
    """What is cancelled along: of a series only what has not begun. One that stands alone is all there is."""
    if scope == "this" or claim.series_id is None:
        return [claim] if claim.holds else []
    earliest = claim.start if scope == "following" else minute_of(at)
    later = (each for each in state.series(claim.series_id) if each.start >= max(earliest, minute_of(at)))
    return [each for each in later if each.holds]


@decide.on(cmd.Mark)
def _mark(state: Agenda, command: cmd.Mark, now: Moment) -> Sequence[Event]:
    claim = state.must_have(command.appointment_id)
    if claim.status == command.status:
        return []
    if command.status not in AFTER[claim.status]:
        raise _status_conflict(claim, f"It cannot become {command.status} any more.")
    return [_became(claim, command.status, now.at)]


@decide.on(cmd.Unmark)
def _unmark(state: Agenda, command: cmd.Unmark, now: Moment) -> Sequence[Event]:
    claim = state.must_have(command.appointment_id)
    if claim.status == "confirmed":
        return []
    if claim.status != command.status:
        raise _status_conflict(claim, f"It is not {command.status}.")
    if claim.holds:
        return [_became(claim, "confirmed", now.at)]
    seat = _seated_again(state, claim, now, {})  # a slip at the desk: what stands in a calendar by now is no reason
    held = replace(claim, status="confirmed", units=seat.units)
    return [replace(_became(claim, "confirmed", now.at), claim=held, reseated=seat.reseated)]


@decide.on(cmd.Approve)
def _approve(state: Agenda, command: cmd.Approve, now: Moment) -> Sequence[Event]:
    claim = state.must_have(command.appointment_id)
    if claim.status == "confirmed":
        return []
    if claim.status != "pending":
        raise _status_conflict(claim, "Only a request can be approved.")
    _seated_again(state, claim, now, now.known or {})
    return [_became(claim, "confirmed", now.at)]


def _seated_again(state: Agenda, claim: Claim, now: Moment, busy: Busy) -> Seat:
    """Its own place as things stand by now. Raises `Conflict`."""
    offering = offering_of(state, now.workspace)
    service = offering.services.get(claim.service_id) or paying.gone_service(claim)
    guard = Guard(state, offering, None, busy, but=(claim.id,))
    length = Length(claim.minutes, claim.before, claim.after)
    seat = guard.seat(service, [claim.provider_id], claim.start, length, claim.id)
    if not isinstance(seat, Seat):
        raise _refused(seat, guard, service, [claim.provider_id], claim.start, now.at)
    return seat


@decide.on(cmd.Decline)
def _decline(state: Agenda, command: cmd.Decline, now: Moment) -> Sequence[Event]:
    claim = state.must_have(command.appointment_id)
    if claim.status == "cancelled":
        return []
    if claim.status != "pending":
        raise _status_conflict(claim, "Only a request can be declined.")
    return [_ended(claim, now.at, "staff", "declined", command.reason)]


@decide.on(cmd.Edit)
def _edit(state: Agenda, command: cmd.Edit, now: Moment) -> Sequence[Event]:
    claim = state.must_have(command.appointment_id)
    _must_know(command)
    contact_id = command.contact_id if "contact_id" in command.fields else claim.contact_id
    if not command.fields or (command.fields == ("contact_id",) and contact_id == claim.contact_id):
        return []
    return [
        AppointmentEdited(appointment_id=claim.id, contact_id=contact_id, fields=command.fields, notes=command.notes)
    ]


@decide.on(cmd.SetSchedule)
def _set_schedule(state: Agenda, command: cmd.SetSchedule, now: Moment) -> Sequence[Event]:
    if command.user_id not in offering_of(state, now.workspace).providers:
        raise NotFound("member")
    return _scheduled(state, command.user_id, command.timezone, command.rules)


@decide.on(cmd.ImportSchedule)
def _import_schedule(state: Agenda, command: cmd.ImportSchedule, now: Moment) -> Sequence[Event]:
    providers = offering_of(state, now.workspace).providers
    unknown = [id_ for id_ in command.user_ids if id_ not in providers]
    if unknown:
        raise Invalid({"user_ids": [f"{id_} is not one of the workspace's members." for id_ in unknown]})
    imported = (_imported(state, id_, command.timezone, command.rules) for id_ in dict.fromkeys(command.user_ids))
    return [event for events in imported for event in events]


def _imported(state: Agenda, user_id: int, timezone: str, rules: tuple[Rule, ...]) -> list[ProviderScheduleSet]:
    """The weekly hours anew; dates of their own and what is blocked stay."""
    known = state.schedules.get(user_id)
    kept = () if known is None else (rule for rule in known.rules if rule.date is not None or rule.kind == "blocked")
    return _scheduled(state, user_id, timezone, (*rules, *kept))


def _scheduled(state: Agenda, user_id: int, timezone: str, rules: tuple[Rule, ...]) -> list[ProviderScheduleSet]:
    known = state.schedules.get(user_id)
    if known is not None and (known.timezone, known.rules) == (timezone, rules):
        return []
    return [ProviderScheduleSet(user_id=user_id, timezone=timezone, rules=rules)]


@decide.on(cmd.LeadContact)
def _follow_contact(state: Agenda, command: cmd.LeadContact, _now: Moment) -> Sequence[Event]:
    return [ContactMoved(contact_id=command.contact_id, to=command.to)]


@decide.on(cmd.ForgetContact)
def _forget_contact(state: Agenda, command: cmd.ForgetContact, _now: Moment) -> Sequence[Event]:
    return [ContactForgotten(contact_id=command.contact_id)]


@decide.on(TimerFired)
def _timer(state: Agenda, command: TimerFired, now: Moment) -> Sequence[Event]:
    """A request that nobody approved has come to its end; or somebody is to be reminded."""
    if command.name == "reminders":
        return _remind(state, now) if timers(state).get("reminders") == command.due else []
    if command.name == "waitlist":
        return waitlist.expired(state, now.at)
    if command.name == "replan":
        return _replanned(state)
    claim = state.find(int(command.name.removeprefix("request-")))
    if claim is None or claim.status != "pending" or claim.holds_until is None or claim.holds_until > now.at:
        return []
    return [_ended(claim, now.at, "system", "unpaid" if claim.awaits == "payment" else "expired", None)]


@decide.on(cmd.Pay)
def _pay(state: Agenda, command: cmd.Pay, now: Moment) -> Sequence[Event]:
    claim = state.must_have(command.appointment_id)
    return paying.paid(state, claim, claim.ended, offering_of(state, now.workspace), now)


@decide.on(cmd.HoldOn)
def _hold_on(state: Agenda, command: cmd.HoldOn, now: Moment) -> Sequence[Event]:
    claim = state.must_have(command.appointment_id)
    return paying.on_its_way(state, claim, command.until, offering_of(state, now.workspace), now)


@decide.on(cmd.LetGo)
def _let_go(state: Agenda, command: cmd.LetGo, now: Moment) -> Sequence[Event]:
    claim = state.must_have(command.appointment_id)
    if claim.status != "pending" or claim.awaits != "payment":
        return []
    return [_ended(claim, now.at, "system", "unpaid", None)]


@decide.on(cmd.Confirm)
def _confirm(state: Agenda, command: cmd.Confirm, now: Moment) -> Sequence[Event]:
    claim = state.must_have(command.appointment_id)
    _must_hold(claim, "confirmed")
    _must_be(claim, command.revision)
    return [
        AppointmentConfirmed(appointment_id=claim.id, contact_id=claim.contact_id, at=now.at, revision=command.revision)
    ]


@decide.on(cmd.Follow)
def _follow(state: Agenda, command: cmd.Follow, now: Moment) -> Sequence[Event]:
    """`decide_whole` has followed what the business says of reminders."""
    return waitlist.reopened(state, offering_of(state, now.workspace), now) if command.reopened else []


@decide.on(cmd.JoinWaitlist)
def _join_waitlist(state: Agenda, command: cmd.JoinWaitlist, now: Moment) -> Sequence[Event]:
    offering = offering_of(state, now.workspace)
    providers_for(offering, bookable(offering, command.service_id), command.provider_id)
    if len(state.waiting) >= waitlist.MOST:
        raise Conflict("The waitlist is full. Clear some entries first.", code="TOO_MANY")
    entry = Waiting(
        id=next(now.ids),
        service_id=command.service_id,
        contact_id=command.contact_id,
        created_at=now.at,
        provider_id=command.provider_id,
        conversation_id=command.conversation_id,
        wishes=command.wishes,
    )
    return waitlist.joined(state, entry)


@decide.on(cmd.LeaveWaitlist)
def _leave_waitlist(state: Agenda, command: cmd.LeaveWaitlist, now: Moment) -> Sequence[Event]:
    entry = state.waiting.get(command.entry_id)
    if entry is None:
        raise NotFound("waitlist entry")
    left = WaitlistLeft(entry_id=entry.id, how="removed")
    held = None if entry.offered is None else state.find(entry.offered)
    return [left] if held is None else [left, _ended(held, now.at, "staff", "declined", None)]


@decide.on(cmd.TakeOffer)
def _take_offer(state: Agenda, command: cmd.TakeOffer, now: Moment) -> Sequence[Event]:
    claim = state.must_have(command.appointment_id)
    if claim.status == "confirmed":
        return []
    if claim.awaits == "payment":
        return []
    _must_be_offered(state, claim)
    if not (command.collects and claim.deposit):
        return [_became(claim, "confirmed", now.at, "contact")]
    return [replace(_became(claim, "pending", now.at, "contact"), claim=paying.waiting(claim, now.at))]


@decide.on(cmd.PassOffer)
def _pass_offer(state: Agenda, command: cmd.PassOffer, now: Moment) -> Sequence[Event]:
    claim = state.must_have(command.appointment_id)
    if claim.status == "cancelled":
        return []
    _must_be_offered(state, claim)
    return [_ended(claim, now.at, "contact", "declined", None)]


def _must_be_offered(state: Agenda, claim: Claim) -> None:
    if all(each.offered != claim.id for each in state.waiting.values()):
        raise _status_conflict(claim, "It is not held for anybody any more.")


def _remind(state: Agenda, now: Moment) -> Sequence[Event]:
    """Each contact's appointments of a day as one message; what is too late for it is passed over."""
    at, count, until, wanted = minute_of(now.at), 0, 0, dict[tuple[int, int], list[Claim]]()
    for minute, ids in due_until(state.due, at):
        if count > AT_ONCE:
            break
        until, count = minute, count + len(ids)
        for claim in filter(None, map(state.find, ids)):
            if claim.contact_id is not None and claim.start - at >= LATE and at - claim.told >= AGAIN:
                day = local_day(claim.start, state.policy.zone)
                wanted.setdefault((claim.contact_id, day), []).append(claim)
    along = _along(state, wanted, at)
    reminders = [_reminder(claims, along[key], key[0], at, now) for key, claims in wanted.items()]
    return [*reminders, RemindersLooked(until=at if count <= AT_ONCE else until)]


def _along(
    state: Agenda, wanted: Mapping[tuple[int, int], Sequence[Claim]], at: int
) -> dict[tuple[int, int], list[Claim]]:
    """The contacts' other appointments of those days, too."""
    found = {key: list[Claim]() for key in wanted}
    for day in {day // DAY for _, day in wanted}:
        for claim in state.near((day - 1) * DAY, (day + 2) * DAY):
            key = (claim.contact_id or 0, local_day(claim.start, state.policy.zone))
            if key in found and claim.status == "confirmed" and claim.start > at and claim not in found[key]:
                found[key].append(claim)
    return found


def _reminder(due: Sequence[Claim], along: Sequence[Claim], contact_id: int, at: int, now: Moment) -> ReminderDue:
    whole = sorted({each.id: each for each in (*due, *along)}.values(), key=lambda each: each.start)
    appointments = tuple(Reminded(each.id, each.revision) for each in whole)
    ids = tuple(each.id for each in due)
    return ReminderDue(reminder_id=next(now.ids), contact_id=contact_id, appointments=appointments, due=ids, minute=at)


def policy_of(offering: Offering) -> Policy:
    """What the business says of reminders."""
    own = {
        id_: tuple(each.reminder_offsets)
        for id_, each in offering.services.items()
        if each.reminder_offsets is not None
    }
    return Policy(offering.zone, offering.reminders, own) if offering.reminders or own else Policy()


def decide_whole(state: Agenda, command: Any, now: Moment) -> Sequence[Event]:
    """What any command leads to; before that, the agenda follows what the business says of reminders and calendars."""
    if isinstance(command, cmd.Seeing):
        return decide_whole(state, command.command, dataclasses.replace(now, known=command.busy))
    offering = offering_of(state, now.workspace)
    if offering.calendars != state.calendars:
        calendars = CalendarsFollowed(providers=offering.calendars)
        return [calendars, *decide_whole(evolve(state, calendars), command, now)]
    policy = policy_of(offering)
    if policy == state.policy:
        return _decide(state, command, now)
    by_days = now.at if sum(map(len, state.days.values())) > FEW else None
    followed = RemindersPlanned(zone=policy.zone, offsets=policy.offsets, services=policy.services, at=by_days)
    return [followed, *_decide(evolve(state, followed), command, now)]


def _decide(state: Agenda, command: Any, now: Moment) -> Sequence[Event]:
    """With what comes of it for who waits."""
    events = decide(state, command, now)
    if not state.waiting:
        return events
    after = reduce(evolve, events, state)
    return [*events, *waitlist.follow(after, events, offering_of(after, now.workspace), now)]


def _replanned(state: Agenda) -> Sequence[Event]:
    """Some days' reminders, as the business wants them now: the nearest first, and so few that a turn is short."""
    days, count = list[int](), 0
    for day in sorted(state.stale):
        days.append(day)
        count += len(state.days.get(day, {}))
        if count >= AT_ONCE:
            break
    return [RemindersReplanned(days=tuple(days))] if days else []


def timers(state: Agenda) -> dict[str, datetime]:
    """When requests end, and when the next reminder is due."""
    found = {f"request-{id_}": ends for id_, ends in state.requests.items()}
    due = next_due(state.due)
    others = {
        "reminders": None if due is None else instant(due),
        "waitlist": waitlist.next_end(state),
        "replan": replan_due(state),
    }
    return found | {name: at for name, at in others.items() if at is not None}


def effects(state: Agenda, event: Event) -> Iterator[Effect]:
    """What goes to customers goes by way of their conversation; members' own calendars hear of what changes."""
    yield from mirroring.effects(state, event)
    yield from telling.effects(state, event)
    if isinstance(event, WaitlistOffered):
        held = {"contact_id": event.contact_id, "appointment_id": event.appointment_id}
        lane = f"contact-{event.contact_id}"
        yield Effect(
            f"offer-{event.appointment_id}", "appointment.offer", lane, "inner", held, not_before=event.not_before
        )
    if isinstance(event, AppointmentStatus | AppointmentPaid):
        claim = state.find(event.appointment_id)
        if claim is not None:
            yield from _of_money(claim, event)
    if isinstance(event, ReminderDue):
        yield _check(event)
        appointments = [[each.appointment_id, each.revision] for each in event.appointments]
        request = {"contact_id": event.contact_id, "appointments": appointments}
        lane = f"contact-{event.contact_id}"
        yield Effect(f"remind-{event.reminder_id}", "appointment.remind", lane, "inner", request)


def _check(event: ReminderDue) -> Effect:
    """Whether it has gone out, a while later: a number may be disconnected, and then somebody must call."""
    named = [[each.appointment_id, each.revision] for each in event.appointments]
    request = {"contact_id": event.contact_id, "appointments": named}
    id_, later = f"remind-check-{event.reminder_id}", instant(event.minute) + STUCK_AFTER
    return Effect(id_, "appointment.check", f"check-{event.reminder_id}", "inner", request, not_before=later)


def _of_money(claim: Claim, event: Event) -> Iterator[Effect]:
    """What is owed ends with the appointment."""
    if claim.deposit and isinstance(event, AppointmentStatus) and event.status == "cancelled":
        refund, lapsed = paying.goes_back(claim, event), event.how in paying.GIVEN_UP
        request = {"appointment_id": claim.id, "refund": refund, "lapsed": lapsed}
        id_ = f"unowe-{claim.id}-{event.at.timestamp():.6f}"
        yield Effect(id_, "appointment.unowe", f"owed-{claim.id}", "inner", request)


# -- what decisions share


def bookable(offering: Offering, service_id: int) -> Service:
    """The service. Raises `Invalid` for one that is not there or not active."""
    service = offering.services.get(service_id)
    if service is None or not service.is_active:
        raise Invalid({"service_id": ["This service cannot be booked."]})
    return service


def providers_for(offering: Offering, service: Service, wanted: int | None) -> list[int | None]:
    """Whom it may be booked of; nobody in particular is None. Raises `Invalid` where the wanted one does not do it."""
    providers = offering.providers_of(service)
    if wanted is None:
        if not providers:
            raise Invalid({"service_id": ["Nobody provides this service any more."]})
        return providers
    if wanted not in providers:
        raise Invalid({"provider_id": ["This member does not provide the service."]})
    return [wanted]


def _must_know(command: cmd.Book | cmd.Edit) -> None:
    if command.contact_id is not None and not command.contact_known:
        raise Invalid({"contact_id": ["This is not one of the workspace's contacts."]})


def _warnings(seat: Seat, start: int, at: datetime) -> tuple[str, ...]:
    short = start < customers_bounds(minute_of(at)).earliest
    return (*(["outside_hours"] if seat.outside_hours else []), *(["short_notice"] if short else []))


def _must_hold(claim: Claim, done: str) -> None:
    if not claim.holds:
        raise _status_conflict(claim, f"It cannot be {done} any more.")


def _must_be(claim: Claim, revision: int | None) -> None:
    """What was sent about an earlier time does nothing."""
    if revision is not None and revision != claim.revision:
        raise _status_conflict(claim, f"It has been moved to {instant(claim.start).isoformat()}.")


def _must_be_in_time(claim: Claim, by: By, offering: Offering, at: datetime) -> None:
    if by == "contact" and instant(claim.start) - at < timedelta(minutes=offering.cancel_before_minutes):
        raise Conflict("It is too late for this; a person decides.", code="TOO_LATE")


def _status_conflict(claim: Claim, message: str) -> Conflict:
    return Conflict(f"This appointment is {claim.status}. {message}", code="STATUS_CONFLICT")


def _refused(
    why: Why, guard: Guard, service: Service, providers: Collection[int | None], start: int, at: datetime
) -> Conflict:
    """With what could be had instead."""
    bounds = guard.bounds or Bounds(minute_of(at), ENDLESS)
    near = guard.nearest(service, [*providers], start, bounds)
    error = Conflict(SENTENCES[why], code=why)
    error.details = {"nearest": [instant(each).astimezone(UTC).isoformat() for each in near]}
    return error


def _series_refused(clashes: dict[int, Why], starts: Sequence[int | None]) -> Conflict:
    error = Conflict("Not all of the series can be booked, so none of it was.", code="SERIES_CONFLICT")
    when = {number: "" if at is None else instant(at).isoformat() for number, at in enumerate(starts, 1)}
    error.details = {"occurrences": [f"{number}: {when[number]}: {why}" for number, why in clashes.items()]}
    return error


def _became(claim: Claim, status: Status, at: datetime, by: By = "staff") -> AppointmentStatus:
    return AppointmentStatus(
        appointment_id=claim.id,
        contact_id=claim.contact_id,
        status=status,
        at=at,
        was=claim.status,
        by=by,
        awaited=claim.awaits,
    )


def _ended(
    claim: Claim, at: datetime, by: By, how: How, reason: str | None, scope: str | None = None
) -> AppointmentStatus:
    return AppointmentStatus(
        appointment_id=claim.id,
        contact_id=claim.contact_id,
        status="cancelled",
        at=at,
        was=claim.status,
        by=by,
        how=how,
        reason=reason,
        scope=scope,
        awaited=claim.awaits,
    )


AGENDA: ActorType[Agenda] = ActorType(
    name="agenda",
    initial=lambda id_: Agenda(id=id_),
    decide=decide_whole,
    evolve=evolve,
    timers=timers,
    timer_families=frozenset({"request", "reminders", "waitlist", "replan"}),
    effects=effects,
    mailbox=2048,
    snapshot_every=1000,
)
