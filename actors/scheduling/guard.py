"""Whether something can be booked as things stand, who gets it, and what could be had instead."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from plixa.actors.scheduling.choosing import Candidate, Chosen, choose
from plixa.actors.scheduling.offering import Offering, Service
from plixa.actors.scheduling.rules import Openings, closed_spans, openings
from plixa.actors.scheduling.slots import Bounds, Free, Length, Why, is_outside_hours, refusal, starts
from plixa.actors.scheduling.spans import Span, Spans, full, joined
from plixa.actors.scheduling.state import Agenda, holders, occupied_by
from plixa.actors.scheduling.units import dealt_anew, free_unit
from plixa.actors.scheduling.walls import DAY, EPOCH, Wall, midnight

NOTICE = 60
HORIZON_DAYS = 90
NEAREST = 3
LOOK_DAYS = 7
Busy = Mapping[int, Sequence[Span]]


@dataclass(frozen=True, slots=True)
class Seat:
    """What is given: by whom, and which units; of others those that they get instead of theirs."""

    provider_id: int | None
    units: dict[int, int]
    reseated: dict[int, dict[int, int]]
    outside_hours: bool
    chosen: Chosen | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """The agenda as of one decision.

    bounds: from when until when; None where staff book. busy: of providers' other calendars. but: appointments that do
    not count, because they are the ones that are moved.
    """

    agenda: Agenda
    offering: Offering
    bounds: Bounds | None
    busy: Busy
    but: Collection[int] = ()

    def seat(
        self, service: Service, providers: Sequence[int | None], start: int, length: Length, id_: int
    ) -> Seat | Why:
        """The best of these providers; why it cannot be, if none can."""
        free = self.free(service, providers, _date(start), _date(start), length.occupied(start))
        why: dict[int | None, Why | None] = {
            each: refusal(free[each], length, start, self.bounds) for each in providers
        }
        able = [each for each in providers if why[each] is None]
        if not able:
            return _worst(why.values())
        chosen = self._choose(able, start) if len(providers) > 1 else None
        provider = chosen.user_id if chosen else able[0]
        units, reseated = self._units(service, length.occupied(start), id_)
        return Seat(provider, units, reseated, is_outside_hours(free[provider], length, start), chosen)

    def free(
        self, service: Service, providers: Iterable[int | None], first: date, last: date, within: Span | None = None
    ) -> dict[int | None, Free]:
        """What binds bookings of each provider that begin on these UTC dates; and occupy no more than `within`."""
        near = [*self.agenda.near(*(within or (midnight(first) - DAY, midnight(last) + 3 * DAY)), self.but)]
        closed = tuple(closed_spans(self.offering.closed, self.offering.zone, first, last))
        taken = occupied_by(near)
        full_ = {
            id_: full((held.span for held in holders(near, id_).values()), capacity)
            for id_, capacity in self.offering.units_of(service).items()
        }
        return {
            each: Free(
                open=self._open(each, first, last, closed),
                closed=closed,
                taken=joined(taken.get(each, ())) if each is not None else (),
                busy=self.busy.get(each, ()) if each is not None else (),
                full=full_,
            )
            for each in providers
        }

    def _open(self, provider: int | None, first: date, last: date, closed: Spans) -> Openings | None:
        known = self.offering.providers.get(provider) if provider is not None else None
        if known is None or known.rules is None:
            return None
        return openings(known.rules, known.zone, first, last, tuple(closed))

    def offers(
        self, service: Service, providers: Iterable[int | None], span: Span, bounds: Bounds
    ) -> dict[int, list[int | None]]:
        """All starts within a span of instants, in order, with who is free then."""
        return offered(self.around(service, providers, span), service.length, span, bounds)

    def around(self, service: Service, providers: Iterable[int | None], span: Span) -> dict[int | None, Free]:
        """What binds bookings that begin within a span."""
        length = service.length
        within = span[0] - length.before, span[1] + length.minutes + length.after
        return self.free(service, providers, _date(span[0]), _date(span[1]), within)

    def nearest(self, service: Service, providers: Sequence[int | None], start: int, bounds: Bounds) -> list[int]:
        """Starts that are free and next to one that is not, in order: one more day on either side until there are."""
        found = list[int]()
        for days in range(LOOK_DAYS):
            for span in (
                (start - (days + 1) * DAY, start - days * DAY),
                (start + days * DAY, start + (days + 1) * DAY),
            ):
                found += self.offers(service, providers, span, bounds)
            if len(found) >= NEAREST:
                break
        return sorted(sorted(found, key=lambda each: abs(each - start))[:NEAREST])

    def _choose(self, able: Sequence[int | None], start: int) -> Chosen | None:
        named = [each for each in able if each is not None]
        had, last = self._minutes(named, start), self.agenda.last
        return choose(Candidate(each, had[each], last.get(each, 0)) for each in named)

    def _minutes(self, providers: Sequence[int], start: int) -> dict[int, int]:
        """What each provider has on the local day of an instant."""
        days = {zone: self._day(zone, start) for zone in {self.offering.zone_of(each) for each in providers}}
        first, last = min(each[0] for each in days.values()), max(each[1] for each in days.values())
        near = [*self.agenda.near(first, last, self.but)]
        had = dict.fromkeys(providers, 0)
        for claim in near:
            if claim.provider_id in had:
                first, last = days[self.offering.zone_of(claim.provider_id)]
                if first <= claim.start < last:
                    had[claim.provider_id] += claim.minutes
        return had

    def _day(self, zone: str, start: int) -> Span:
        """The local day in which an instant lies."""
        wall = Wall(zone, _date(start), _date(start))
        day = midnight(wall.day_of(start))
        whole = wall.when(day, day + DAY)
        return whole[0][0], whole[-1][1]

    def _units(self, service: Service, span: Span, id_: int) -> tuple[dict[int, int], dict[int, dict[int, int]]]:
        """The newcomer's units, and others' new ones."""
        units, reseated = dict[int, int](), dict[int, dict[int, int]]()
        near = [*self.agenda.near(*span, self.but)]
        for resource, capacity in self.offering.units_of(service).items():
            unit = free_unit(holders(near, resource).values(), span, capacity)
            if unit is not None:
                units[resource] = unit
                continue
            everybody = holders(self.agenda.holding(self.but), resource)
            for whose, other in dealt_anew(everybody, id_, span, capacity).items():
                (units if whose == id_ else reseated.setdefault(whose, {}))[resource] = other
        return units, reseated


def offered(free: Mapping[int | None, Free], length: Length, span: Span, bounds: Bounds) -> dict[int, list[int | None]]:
    """All starts within a span, in order, with who is free then."""
    found = dict[int, list[int | None]]()
    for provider, each in free.items():
        for start in starts(each, length, span, bounds):
            found.setdefault(start, []).append(provider)
    return dict(sorted(found.items()))


def customers_bounds(now: int, horizon_days: int = HORIZON_DAYS, notice: int = NOTICE) -> Bounds:
    """What binds AI, flows and customers."""
    return Bounds(now + notice, now + horizon_days * DAY)


def _date(minute: int) -> date:
    return date.fromordinal(minute // DAY + EPOCH)


SOONEST: tuple[Why, ...] = (
    "SLOT_TAKEN",
    "RESOURCE_FULL",
    "PROVIDER_AWAY",
    "OUTSIDE_HOURS",
    "CLOSED_DAY",
    "TOO_SOON",
    "TOO_FAR",
)
"""Of several providers' reasons, the one that another time or provider might mend the soonest comes first."""


def _worst(whys: Iterable[Why | None]) -> Why:
    found = {*whys}
    return next(why for why in SOONEST if why in found)
