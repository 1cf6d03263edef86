"""The agenda of a workspace: what is booked, by the day on which it begins, and when providers are there.

All bookings of a workspace are one actor's, so that a series, any provider who is free, and rooms that several share
are one decision each. What lies further back than `KEPT_DAYS` is the read model's alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import reduce

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.scheduling.events import (
    HOLDING,
    AppointmentBooked,
    AppointmentConfirmed,
    AppointmentEdited,
    AppointmentHeld,
    AppointmentMoved,
    AppointmentPaid,
    AppointmentStatus,
    CalendarsFollowed,
    Claim,
    ContactForgotten,
    ContactMoved,
    ProviderScheduleSet,
    ReminderDue,
    RemindersLooked,
    RemindersPlanned,
    RemindersReplanned,
    Waiting,
    WaitlistJoined,
    WaitlistLeft,
    WaitlistOffered,
    WaitlistPassed,
)
from plixa.actors.scheduling.reminding import Planning, Policy, all_planned, looked, plan, planned, unplanned
from plixa.actors.scheduling.rules import Rule
from plixa.actors.scheduling.spans import Span
from plixa.actors.scheduling.units import Held
from plixa.actors.scheduling.walls import DAY, minute_of
from plixa.engine.dispatch import Evolver
from plixa.engine.errors import NotFound

A_STEP = timedelta(microseconds=1)
KEPT_DAYS = 60
PASSED = 50
"""So many offers that somebody did not want are remembered."""
REACH, BEFORE = 960, 240
"""What has begun longer ago than this (720 minutes, and 240 after them) is over, and so far ahead buffers reach."""


class Schedule(Struct, frozen=True):
    """A provider's rules, in the zone whose clock they are read on."""

    timezone: str
    rules: tuple[Rule, ...] = ()


class Agenda(Struct, frozen=True, omit_defaults=True):
    """days: appointments by the UTC day of their start, then by id. last: when each provider was last given one.

    requests: when those end that nobody has approved yet. due: whom to remind of what, by the UTC day and the minute;
    looked: up to when that is done. policy: what the business says of it. stale: days whose appointments are still
    planned by the former policy, since `replans`, which is later with each step. waiting: who waits for a time, by
    entry. calendars: whose own calendars hear of appointments.
    """

    id: int
    days: dict[int, dict[int, Claim]] = {}  # msgspec copies an empty default
    schedules: dict[int, Schedule] = {}
    last: dict[int, int] = {}
    requests: dict[int, datetime] = {}
    policy: Policy = Policy()
    due: dict[int, dict[int, tuple[int, ...]]] = {}
    looked: int = 0
    former: Policy | None = None
    stale: frozenset[int] = frozenset()
    replans: datetime | None = None
    waiting: dict[int, Waiting] = {}
    calendars: tuple[int, ...] = ()

    def find(self, appointment_id: int) -> Claim | None:
        """An appointment that is remembered."""
        return next((day[appointment_id] for day in self.days.values() if appointment_id in day), None)

    def must_have(self, appointment_id: int) -> Claim:
        """The same. Raises `NotFound`."""
        found = self.find(appointment_id)
        if found is None:
            raise NotFound("appointment")
        return found

    def near(self, low: int, high: int, but: Collection[int] = ()) -> Iterator[Claim]:
        """What holds, and occupies some of [low, high). but: appointments that do not count."""
        for day in range((low - REACH) // DAY, (high + BEFORE) // DAY + 1):
            for claim in self.days.get(day, {}).values():
                if claim.start - claim.before >= high or low >= claim.start + claim.minutes + claim.after:
                    continue  # written out, for it is asked of thousands
                if claim.status in HOLDING and claim.id not in but:
                    yield claim

    def holding(self, but: Collection[int] = ()) -> list[Claim]:
        """All that holds."""
        return [each for day in self.days.values() for each in day.values() if each.holds and each.id not in but]

    def series(self, series_id: int) -> list[Claim]:
        """All of a series, in order."""
        found = [each for day in self.days.values() for each in day.values() if each.series_id == series_id]
        return sorted(found, key=lambda each: each.start)


def occupied_by(claims: Collection[Claim]) -> dict[int, list[Span]]:
    """Each provider's time, in no order; nobody's is nobody's."""
    found = dict[int, list[Span]]()
    for each in claims:
        if each.provider_id is not None:
            found.setdefault(each.provider_id, []).append(each.occupied)
    return found


def holders(claims: Collection[Claim], resource: int) -> dict[int, Held]:
    """Who holds a unit of a resource."""
    return {each.id: Held(each.occupied, each.units[resource]) for each in claims if resource in each.units}


evolve: Evolver[Agenda] = Evolver()


@evolve.on(AppointmentBooked)
def _booked(state: Agenda, event: AppointmentBooked) -> Agenda:
    state = _reseated(_with(state, event.claim), event.reseated)
    oldest = int(event.booked_at.timestamp()) // 60 // DAY - KEPT_DAYS
    days = {day: claims for day, claims in state.days.items() if day >= oldest}
    if event.claim.provider_id is None:
        return replace(state, days=days)
    given = int(event.booked_at.timestamp()) // 60
    return replace(state, days=days, last={**state.last, event.claim.provider_id: given})


@evolve.on(AppointmentMoved)
def _moved(state: Agenda, event: AppointmentMoved) -> Agenda:
    return _reseated(_with(_without(state, event.appointment_id, event.was // DAY), event.claim), event.reseated)


@evolve.on(AppointmentEdited)
def _edited(state: Agenda, event: AppointmentEdited) -> Agenda:
    claim = state.find(event.appointment_id)
    return state if claim is None else _with(state, replace(claim, contact_id=event.contact_id))


@evolve.on(AppointmentStatus)
def _status(state: Agenda, event: AppointmentStatus) -> Agenda:
    if event.claim is not None:
        return _reseated(_with(state, event.claim), event.reseated)
    claim = state.find(event.appointment_id)
    if claim is None:
        return state
    since = minute_of(event.at) if event.was == "pending" else claim.since
    became = replace(claim, status=event.status, holds_until=None, awaits=None, since=since, ended=event.how)
    return _with(state, became)


@evolve.on(AppointmentPaid)
def _paid(state: Agenda, event: AppointmentPaid) -> Agenda:
    claim = state.find(event.appointment_id)
    return state if claim is None else _with(state, replace(claim, paid=True))


@evolve.on(AppointmentHeld)
def _held(state: Agenda, event: AppointmentHeld) -> Agenda:
    claim = state.find(event.appointment_id)
    return state if claim is None else _with(state, replace(claim, holds_until=event.until))


@evolve.on(RemindersPlanned)
def _planned(state: Agenda, event: RemindersPlanned) -> Agenda:
    policy = Policy(event.zone, event.offsets, event.services)
    if event.at is not None and not state.stale:
        stale = frozenset(day for day in state.days if (day + 1) * DAY > state.looked)
        return replace(state, policy=policy, former=state.policy, stale=stale, replans=event.at)
    state = replace(state, former=None, stale=frozenset(), replans=None)
    ahead = (each for day in state.days.values() for each in day.values() if each.start > state.looked)
    return replace(state, policy=policy, due=all_planned(ahead, policy, state.looked))


@evolve.on(RemindersReplanned)
def _replanned(state: Agenda, event: RemindersReplanned) -> Agenda:
    claims = [claim for day in event.days for claim in state.days.get(day, {}).values()]
    former, due = state.former or state.policy, Planning(state.due)
    for claim in claims:
        due.drop(claim.id, plan(claim, former))
        due.add(claim.id, (minute for minute in plan(claim, state.policy) if minute > state.looked))
    stale = state.stale - {*event.days}
    replans = None if state.replans is None or not stale else state.replans + A_STEP
    return replace(state, due=due.whole(), stale=stale, replans=replans, former=former if stale else None)


def replan_due(state: Agenda) -> datetime | None:
    """When the next days are planned anew: at once."""
    return state.replans if state.stale else None


def _policy_of(state: Agenda, claim: Claim) -> Policy:
    """By which it is planned."""
    former = state.former if claim.start // DAY in state.stale else None
    return state.policy if former is None else former


@evolve.on(ReminderDue)
def _reminded(state: Agenda, event: ReminderDue) -> Agenda:
    for each in event.appointments:
        claim = state.find(each.appointment_id)
        if claim is not None and each.appointment_id not in event.due:
            state = _with(state, replace(claim, told=event.minute))
    return state


@evolve.on(RemindersLooked)
def _looked(state: Agenda, event: RemindersLooked) -> Agenda:
    return replace(state, looked=event.until, due=looked(state.due, event.until))


@evolve.on(ContactMoved)
def _contact_moved(state: Agenda, event: ContactMoved) -> Agenda:
    return _with_contact(state, event.contact_id, event.to)


@evolve.on(ContactForgotten)
def _contact_forgotten(state: Agenda, event: ContactForgotten) -> Agenda:
    return _with_contact(state, event.contact_id, None)


def _with_contact(state: Agenda, contact_id: int, now: int | None) -> Agenda:
    waiting = {
        id_: replace(each, contact_id=now) if each.contact_id == contact_id and now else each
        for id_, each in state.waiting.items()
        if each.contact_id != contact_id or now
    }
    state = replace(state, waiting=waiting)
    theirs = [each for day in state.days.values() for each in day.values() if each.contact_id == contact_id]
    return reduce(lambda agenda, claim: _with(agenda, replace(claim, contact_id=now)), theirs, state)


@evolve.on(ProviderScheduleSet)
def _schedule(state: Agenda, event: ProviderScheduleSet) -> Agenda:
    return replace(state, schedules={**state.schedules, event.user_id: Schedule(event.timezone, event.rules)})


def _with(state: Agenda, claim: Claim) -> Agenda:
    day = claim.start // DAY
    known = state.days.get(day, {})
    days = {**state.days, day: {**known, claim.id: claim}}
    requests = {id_: ends for id_, ends in state.requests.items() if id_ != claim.id}
    if claim.status == "pending" and claim.holds_until is not None:
        requests[claim.id] = claim.holds_until
    policy = _policy_of(state, claim)
    due = unplanned(state.due, known[claim.id], policy) if claim.id in known else state.due
    return replace(state, days=days, requests=requests, due=planned(due, claim, policy, state.looked))


def _without(state: Agenda, appointment_id: int, day: int) -> Agenda:
    known = state.days.get(day, {})
    left = {id_: each for id_, each in known.items() if id_ != appointment_id}
    gone = known.get(appointment_id)
    due = state.due if gone is None else unplanned(state.due, gone, _policy_of(state, gone))
    return replace(state, days={**state.days, day: left}, due=due)


def _reseated(state: Agenda, reseated: dict[int, dict[int, int]]) -> Agenda:
    for appointment_id, units in reseated.items():
        claim = state.find(appointment_id)
        if claim is not None:
            state = _with(state, replace(claim, units={**claim.units, **units}))
    return state


@evolve.on(WaitlistJoined)
def _joined(state: Agenda, event: WaitlistJoined) -> Agenda:
    return replace(state, waiting={**state.waiting, event.entry.id: event.entry})


@evolve.on(WaitlistLeft)
def _left(state: Agenda, event: WaitlistLeft) -> Agenda:
    return replace(state, waiting={id_: each for id_, each in state.waiting.items() if id_ != event.entry_id})


@evolve.on(WaitlistOffered)
def _offered(state: Agenda, event: WaitlistOffered) -> Agenda:
    entry = replace(state.waiting[event.entry_id], offered=event.appointment_id, until=event.until)
    return replace(state, waiting={**state.waiting, entry.id: entry})


@evolve.on(WaitlistPassed)
def _passed(state: Agenda, event: WaitlistPassed) -> Agenda:
    entry = state.waiting.get(event.entry_id)
    if entry is None:
        return state
    passed = (*entry.passed, event.start)[-PASSED:]
    entry = replace(entry, offered=None, until=None, passed=passed)
    return replace(state, waiting={**state.waiting, entry.id: entry})


@evolve.on(CalendarsFollowed)
def _calendars(state: Agenda, event: CalendarsFollowed) -> Agenda:
    return replace(state, calendars=event.providers)


evolve.ignores(AppointmentConfirmed)
