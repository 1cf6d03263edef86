"""When an appointment's reminders go out: a function of the appointment as it stands, so that none outlives a move.

What is due in the night (from nine in the evening to eight in the morning, by the business's clock) goes out the
evening before, or in the morning where that was too soon and the start is an hour away at least. Of two within three
hours only the later one goes out. What was due before the appointment was as it is now is not made up for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from msgspec import Struct

from plixa.actors.scheduling.events import Claim
from plixa.actors.scheduling.spans import Span
from plixa.actors.scheduling.walls import DAY, EPOCH, Wall, midnight

EVENING, MORNING, AT_NIGHT = 21 * 60, 8 * 60, 20 * 60 + 30
"""Quiet from the one to the other; what is due then is sent at the third, the evening before."""
APART = 180
HURRY = 60
LATE = 30
"""So many minutes before the start it is too late to remind of it: the server stood still."""
Due = Mapping[int, Mapping[int, tuple[int, ...]]]
"""Appointments by the UTC day and the minute when they are to be reminded of."""


class Policy(Struct, frozen=True, omit_defaults=True):
    """What the business says of reminders, as the agenda took it over: minutes before, of all services or of one."""

    zone: str = "UTC"
    offsets: tuple[int, ...] = ()
    services: dict[int, tuple[int, ...]] = {}  # msgspec copies it

    def of(self, service_id: int) -> tuple[int, ...]:
        """The offsets that count for a service."""
        return self.services.get(service_id, self.offsets)


def plan(claim: Claim, policy: Policy) -> tuple[int, ...]:
    """The minutes at which an appointment is reminded of, in order."""
    if claim.status != "confirmed" or claim.contact_id is None:
        return ()
    offsets = policy.of(claim.service_id)
    wanted = sorted({each for offset in offsets if (each := _shifted(claim, offset, policy.zone)) is not None})
    return tuple(minute for minute, later in zip(wanted, [*wanted[1:], None], strict=False) if _apart(minute, later))


def _apart(minute: int, later: int | None) -> bool:
    return later is None or later - minute >= APART


def _shifted(claim: Claim, offset: int, zone: str) -> int | None:
    due = claim.start - offset
    if due <= claim.since:
        return None
    evening, morning = night(due, zone) or (due, due)
    if evening > claim.since:
        return evening
    return morning if claim.start - morning >= HURRY else None


def night(minute: int, zone: str) -> Span | None:
    """The evening before and the morning after, for a minute of the night; None by day."""
    day = date.fromordinal(minute // DAY + EPOCH)
    wall = Wall(zone, day, day)
    reading = wall.reads(minute)
    of_day, today = reading % DAY, reading - reading % DAY
    if MORNING <= of_day < EVENING:
        return None
    first = today if of_day >= EVENING else today - DAY
    evening, morning = wall.at(first + AT_NIGHT), wall.at(first + DAY + MORNING)
    return (minute, minute) if evening is None or morning is None else (evening, morning)


def local_day(minute: int, zone: str) -> int:
    """What a wall reads as the local day of an instant begins."""
    day = date.fromordinal(minute // DAY + EPOCH)
    return midnight(Wall(zone, day, day).day_of(minute))


def planned(due: Due, claim: Claim, policy: Policy, after: int) -> Due:
    """With an appointment's reminders after a minute."""
    for minute in plan(claim, policy):
        if minute > after:
            due = _with(due, minute, (*due.get(minute // DAY, {}).get(minute, ()), claim.id))
    return due


def unplanned(due: Due, claim: Claim, policy: Policy) -> Due:
    """Without them."""
    for minute in plan(claim, policy):
        ids = due.get(minute // DAY, {}).get(minute, ())
        if claim.id in ids:
            due = _with(due, minute, tuple(id_ for id_ in ids if id_ != claim.id))
    return due


def looked(due: Due, until: int) -> Due:
    """Without what was due up to a minute."""
    days = {day: minutes for day, minutes in due.items() if day >= until // DAY}
    today = {minute: ids for minute, ids in days.pop(until // DAY, {}).items() if minute > until}
    return {**days, until // DAY: today} if today else days


def next_due(due: Due) -> int | None:
    """The first minute at which anything is."""
    return min(due[min(due)]) if due else None


def due_until(due: Due, until: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """What is due up to a minute, in order."""
    for day in sorted(day for day in due if day <= until // DAY):
        yield from sorted((minute, ids) for minute, ids in due[day].items() if minute <= until)


def all_planned(claims: Iterable[Claim], policy: Policy, after: int) -> Due:
    """Of all these appointments, from the start."""
    found = dict[int, dict[int, list[int]]]()
    for claim in claims:
        for minute in plan(claim, policy):
            if minute > after:
                found.setdefault(minute // DAY, {}).setdefault(minute, []).append(claim.id)
    return {day: {minute: tuple(ids) for minute, ids in minutes.items()} for day, minutes in found.items()}


class Planning:
    """Many changes of what is due, before it is kept again."""

    def __init__(self, due: Due) -> None:
        self._due = due
        self._days: dict[int, dict[int, tuple[int, ...]]] = {}

    def add(self, id_: int, minutes: Iterable[int]) -> None:
        """Remind of it then."""
        for minute in minutes:
            day = self._day(minute)
            day[minute] = (*day.get(minute, ()), id_)

    def drop(self, id_: int, minutes: Iterable[int]) -> None:
        """Do not."""
        for minute in minutes:
            day = self._day(minute)
            if left := tuple(each for each in day.get(minute, ()) if each != id_):
                day[minute] = left
            else:
                day.pop(minute, None)

    def whole(self) -> dict[int, Mapping[int, tuple[int, ...]]]:
        """All of it, with what has changed."""
        whole = {**self._due, **self._days}
        return {day: minutes for day, minutes in whole.items() if minutes}

    def _day(self, minute: int) -> dict[int, tuple[int, ...]]:
        day = minute // DAY
        if day not in self._days:
            self._days[day] = dict(self._due.get(day, {}))
        return self._days[day]


def _with(due: Due, minute: int, ids: tuple[int, ...]) -> Due:
    day = minute // DAY
    minutes = {at: each for at, each in due.get(day, {}).items() if at != minute}
    if ids:
        minutes[minute] = ids
    rest = {each: known for each, known in due.items() if each != day}
    return {**rest, day: minutes} if minutes else rest
