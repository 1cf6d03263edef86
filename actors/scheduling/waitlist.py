"""Who waits for a time: what becomes free is offered to one after another, and held while they think.

First come, first served, among those whom the time suits. What is held is a request of theirs, an appointment that is
`pending`: so nobody else gets it meanwhile, and it ends by itself like any request that nobody has said yes to. In the
night nobody is asked; what became free then is held until they have had their half an hour in the morning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from plixa.actors.scheduling import events as ev
from plixa.actors.scheduling.guard import Guard, Seat, customers_bounds
from plixa.actors.scheduling.offering import Offering
from plixa.actors.scheduling.paying import with_deposit
from plixa.actors.scheduling.reminding import night
from plixa.actors.scheduling.spans import Span
from plixa.actors.scheduling.state import Agenda, evolve
from plixa.actors.scheduling.walls import DAY, EPOCH, Wall, instant, minute_of
from plixa.engine.actor import Moment
from plixa.engine.events import Event

THINK = timedelta(minutes=30)
SOON, SHORT = 240, timedelta(minutes=15)
"""What begins within so many minutes is held for so long only."""
AHEAD_DAYS = 14
"""So far ahead is looked where a provider has other hours."""
MOST = 500
LASTS = timedelta(days=30)
"""So long somebody waits; or until the last of the days that they wish for is over everywhere."""
OVER_EVERYWHERE = timedelta(hours=36)
PARTS = {"morning": (0, 720), "afternoon": (720, 1080), "evening": (1080, DAY)}


@dataclass(frozen=True, slots=True)
class Freed:
    """A time in which something may have become free. provider_id: whose; None: anybody's. of: what was there."""

    span: Span
    provider_id: int | None = None
    of: int | None = None


def follow(state: Agenda, events: Sequence[Event], offering: Offering, now: Moment) -> Iterator[Event]:
    """What comes of these events for who waits. state: after them."""
    for event in list(events):
        for settled in _settled(state, event):
            state = evolve(state, settled)
            yield settled
    for freed in _freed(state, events, now):
        for offered in _offer(state, freed, offering, now):
            state = evolve(state, offered)
            yield offered


def _settled(state: Agenda, event: Event) -> Iterator[Event]:
    """What was held for somebody has been said yes or no to, or its time is over."""
    if not isinstance(event, ev.AppointmentStatus):
        return
    entry = next((each for each in state.waiting.values() if each.offered == event.appointment_id), None)
    if entry is None:
        return
    if event.status in ("confirmed", "pending"):
        yield ev.WaitlistLeft(entry_id=entry.id, how="booked")
    elif event.status == "cancelled":
        claim = state.must_have(event.appointment_id)
        yield ev.WaitlistPassed(entry_id=entry.id, appointment_id=claim.id, start=claim.start)


def _freed(state: Agenda, events: Sequence[Event], now: Moment) -> Iterator[Freed]:
    at = minute_of(now.at)
    for event in events:
        match event:
            case ev.AppointmentStatus(status="cancelled"):
                claim = state.must_have(event.appointment_id)
                yield Freed(claim.occupied, claim.provider_id, claim.id)
            case ev.AppointmentMoved():
                yield Freed((event.was, event.was + event.claim.minutes), None, event.appointment_id)
            case ev.ProviderScheduleSet():
                yield Freed((at, at + AHEAD_DAYS * DAY), event.user_id)
            case _:
                pass


def reopened(state: Agenda, offering: Offering, now: Moment) -> list[Event]:
    """A day, nobody says which, is not closed any more."""
    at = minute_of(now.at)
    return list(_offer(state, Freed((at, at + AHEAD_DAYS * DAY)), offering, now))


def _offer(state: Agenda, freed: Freed, offering: Offering, now: Moment) -> Iterator[Event]:
    """To the first whom any start in it suits; where it is a long time, to all of them, one start each."""
    before = dict[int, str]()
    for entry in sorted(state.waiting.values(), key=lambda each: each.id):
        found = _start(state, entry, freed, offering, now)
        if isinstance(found, str):
            before[entry.id] = found
            continue
        for event in _held(state, entry, found, offering, now, before):
            state = evolve(state, event)
            yield event
        if freed.of is not None:
            return


def _start(state: Agenda, entry: ev.Waiting, freed: Freed, offering: Offering, now: Moment) -> int | str:
    """The first start that suits; why there is none."""
    service = offering.services.get(entry.service_id)
    if service is None or not service.is_active:
        return "the service cannot be booked"
    if service.requires_approval:
        return "somebody of the team decides on each request for it"
    if entry.offered is not None:
        return "something else is held for them"
    providers = [
        each
        for each in offering.providers_of(service)
        if entry.provider_id in (None, each) and (freed.provider_id in (None, each) or freed.of is not None)
    ]
    bounds = customers_bounds(minute_of(now.at))
    guard = Guard(state, offering, bounds, now.known or {})
    starts = guard.offers(service, providers, freed.span, bounds)
    free = [start for start in starts if _suits(entry, start, service.duration_minutes, offering.zone)]
    return free[0] if free else "nothing of it suits them"


def _suits(entry: ev.Waiting, start: int, minutes: int, zone: str) -> bool:
    """Whether they wish for it, and have not said no to about that time."""
    if any(abs(start - each) < minutes for each in entry.passed):
        return False
    day = date.fromordinal(start // DAY + EPOCH)
    reading = Wall(zone, day, day).reads(start)
    local, of_day = date.fromordinal(reading // DAY + EPOCH), reading % DAY
    return not entry.wishes or any(_is(wish, local, of_day) for wish in entry.wishes)


def _is(wish: ev.Wish, day: date, of_day: int) -> bool:
    first, last = PARTS[wish.part] if wish.part else (0, DAY)
    of_week = wish.weekday is None or wish.weekday == day.isoweekday() % 7
    return of_week and wish.date in (None, day) and first <= of_day < last


def _held(
    state: Agenda, entry: ev.Waiting, start: int, offering: Offering, now: Moment, before: dict[int, str]
) -> Iterator[Event]:
    service, at, id_ = offering.services[entry.service_id], minute_of(now.at), next(now.ids)
    providers = [each for each in offering.providers_of(service) if entry.provider_id in (None, each)]
    guard = Guard(state, offering, customers_bounds(at), now.known or {})
    seat = guard.seat(service, providers, start, service.length, id_)
    asleep = night(at, offering.zone)
    asked = instant(asleep[1]) if asleep else now.at
    until = min(asked + (SHORT if start - at < SOON else THINK), instant(start))
    if not isinstance(seat, Seat):
        return
    claim = ev.Claim(
        id=id_,
        service_id=service.id,
        provider_id=seat.provider_id,
        units=seat.units,
        start=start,
        minutes=service.duration_minutes,
        before=service.buffer_before_minutes,
        after=service.buffer_after_minutes,
        status="pending",
        source="contact",
        contact_id=entry.contact_id,
        conversation_id=entry.conversation_id,
        holds_until=until,
        since=at,
        awaits="answer",
    )
    claim = with_deposit(claim, service, holds=False, at=now.at)
    yield ev.AppointmentBooked(
        appointment_id=id_,
        contact_id=entry.contact_id,
        claim=claim,
        zone=offering.zone_of(seat.provider_id),
        booked_at=now.at,
        chosen=seat.chosen,
        reseated=seat.reseated,
    )
    yield ev.WaitlistOffered(
        entry_id=entry.id,
        appointment_id=id_,
        contact_id=entry.contact_id,
        start=start,
        until=until,
        not_before=asked if asleep else None,
        before={**before},
    )


def ends(entry: ev.Waiting) -> datetime:
    """When they wait no longer; not while something is held for them."""
    days = [wish.date for wish in entry.wishes]
    longest = entry.created_at + LASTS
    named = [datetime(day.year, day.month, day.day, tzinfo=UTC) + OVER_EVERYWHERE for day in days if day is not None]
    until = min(longest, max(named)) if named and len(named) == len(days) else longest
    return until if entry.until is None else max(until, entry.until + timedelta(minutes=1))


def next_end(state: Agenda) -> datetime | None:
    """When the next one of them waits no longer."""
    return min(map(ends, state.waiting.values()), default=None)


def expired(state: Agenda, at: datetime) -> list[Event]:
    """Who has waited long enough."""
    return [ev.WaitlistLeft(entry_id=each.id, how="expired") for each in state.waiting.values() if ends(each) <= at]


def joined(state: Agenda, entry: ev.Waiting) -> list[Event]:
    """They wait from now on; who waits for the service already keeps their place."""
    known = next(
        (
            each
            for each in state.waiting.values()
            if (each.contact_id, each.service_id) == (entry.contact_id, entry.service_id)
        ),
        None,
    )
    if known is None:
        return [ev.WaitlistJoined(entry=entry)]
    same = replace(known, provider_id=entry.provider_id, wishes=entry.wishes, conversation_id=entry.conversation_id)
    return [] if same == known else [ev.WaitlistJoined(entry=same)]
