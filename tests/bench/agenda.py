"""Part (k): the agenda of a busy house: 30 providers, 40 appointments of each a day, 100 days ahead.

What is free in a week for any of the providers, and a booking, as the agenda's own code does them; beside it a
straightforward service on the same Postgres, which asks the database of each candidate whether it is free, and books
with a check in the same transaction.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count, pairwise
from typing import Any

from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.deciding import AGENDA
from plixa.actors.scheduling.events import Claim
from plixa.actors.scheduling.guard import Guard, customers_bounds, offered
from plixa.actors.scheduling.offering import Offering, Provider, Service
from plixa.actors.scheduling.rules import Rule
from plixa.actors.scheduling.state import Agenda
from plixa.actors.scheduling.walls import DAY, minute_of
from plixa.engine.actor import Moment
from plixa.storage.postgres.bridge import connect
from tests.bench.figures import Row, median, percentile
from tests.bench.lab import Lab, say

DAYS, PROVIDERS, A_DAY, LENGTH = 100, 30, 40, 15
OPENS, CLOSES = 8 * 60, 20 * 60
WARM_UP = 3
WEEK_MOST, BOOKING_MOST = 50.0, 10.0
"""Milliseconds of processor time."""
TABLE = """
create table if not exists bench_bookings (
    id bigint generated always as identity primary key, provider_id bigint not null, first bigint not null,
    last bigint not null
);
create index if not exists bench_bookings_at on bench_bookings (provider_id, first);
truncate bench_bookings;
"""
TAKEN = "select 1 from bench_bookings where provider_id = $1 and first < $3 and last > $2 and first > $2 - 720 limit 1"


def measure(lab: Lab) -> Iterator[Row]:
    """Ours, then the other one's."""
    rounds = lab.scale.agenda
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    claims = list(_booked(today))
    say(f"an agenda of {len(claims):,} appointments")
    house = _House(today, claims)
    for warm in range(WARM_UP):
        house.week(warm)
    weeks = [_timed(lambda at=at: house.week(at)) for at in range(rounds)]
    books = [_timed(house.book) for _ in range(rounds)]
    yield _row("a week of any of 30 providers", weeks, WEEK_MOST)
    yield _row("a booking", books, BOOKING_MOST)
    url = lab.usual().database.url
    say("the same of a service that asks the database")
    free, booking = _run(_conventional(url, claims, minute_of(today), max(1, rounds // 50)))
    yield Row(
        part="k", what="a week, asking the database of each candidate", value=median(free), unit="ms", rounds=free
    )
    yield Row(part="k", what="a booking, asking the database", value=median(booking), unit="ms", rounds=booking)


def _run(work: Any) -> tuple[list[float], list[float]]:
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # trio_asyncio has others in its place
        return runner.run(work)  # type: ignore[no-any-return]


def _row(what: str, times: list[float], most: float) -> Row:
    p99 = percentile(times, 0.99)
    more = {"median": median(times)}
    note = f"p99 of processor time; median {median(times):.1f}"
    return Row(part="k", what=what, value=p99, unit="ms", aim=f"< {most:g}", met=p99 < most, note=note, more=more)


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def _booked(today: datetime) -> Iterator[Claim]:
    chance, ids = random.Random(7), count(1)
    for day in range(DAYS):
        for provider in range(1, PROVIDERS + 1):
            for place in sorted(chance.sample(range((CLOSES - OPENS) // LENGTH), A_DAY)):
                start = minute_of(today) + day * DAY + OPENS + place * LENGTH
                yield Claim(id=next(ids), service_id=1, start=start, minutes=LENGTH, provider_id=provider, contact_id=1)


class _House:
    """The agenda in memory, as its actor has it."""

    def __init__(self, today: datetime, claims: list[Claim]) -> None:
        days: dict[int, dict[int, Claim]] = {}
        for each in claims:
            days.setdefault(each.start // DAY, {})[each.id] = each
        people = list(range(1, PROVIDERS + 1))
        rules = tuple(Rule("open", "08:00", "20:00", weekday=day) for day in range(7))
        self._service = Service(id=1, name="Corte", duration_minutes=LENGTH, provider_ids=people)
        providers = {each: Provider("UTC", rules) for each in people}
        self._offering = Offering(zone="UTC", services={1: self._service}, providers=providers, reminders=(1440, 120))
        self._state, self._today, self._ids = Agenda(id=1, days=days), today, count(10_000_000)
        self._free = iter(self._starts())

    def week(self, number: int) -> int:
        """All that is free in one; how much there is."""
        begins = [minute_of(self._today) + (number % 80 + day) * DAY for day in range(8)]
        bounds = customers_bounds(minute_of(self._today))
        guard = Guard(self._state, self._offering, bounds, {})
        binding = guard.around(self._service, self._service.provider_ids, (begins[0], begins[-1]))
        return sum(len(offered(binding, self._service.length, day, bounds)) for day in pairwise(begins))

    def book(self) -> None:
        """The next time that is free: decided, folded, and its timers and effects."""
        command: Any = cmd.Book(service_id=1, start=next(self._free), source="ai", contact_id=2)
        for event in AGENDA.decide(self._state, command, Moment(self._today, self._ids, self._offering)):  # type: ignore[arg-type]
            self._state = AGENDA.evolve(self._state, event)
            list(AGENDA.effects(self._state, event))
        AGENDA.timers(self._state)

    def _starts(self) -> Iterator[int]:
        bounds = customers_bounds(minute_of(self._today))
        for day in range(2, 80):
            begins = minute_of(self._today) + day * DAY
            guard = Guard(self._state, self._offering, bounds, {})
            yield from list(guard.offers(self._service, self._service.provider_ids, (begins, begins + DAY), bounds))


async def _conventional(url: str, claims: list[Claim], today: int, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds until the answer, for a week and for a booking."""
    connection: Any = await connect(url)
    try:
        await connection.execute(TABLE)
        rows = [(each.provider_id, each.start, each.start + each.minutes) for each in claims]
        await connection.copy_records_to_table("bench_bookings", records=rows, columns=["provider_id", "first", "last"])
        await connection.execute("analyze bench_bookings")
        taken = await connection.prepare(TAKEN)
        weeks = [await _spent(_asked_week(taken, today + number * DAY)) for number in range(rounds)]
        bookings = [
            await _spent(_asked_booking(connection, today + 3 * DAY + OPENS + number)) for number in range(rounds)
        ]
        await connection.execute("drop table bench_bookings")
    finally:
        await connection.close()
    return weeks, bookings


async def _spent(work: Any) -> float:
    began = time.perf_counter()
    await work
    return (time.perf_counter() - began) * 1000


async def _asked_week(taken: Any, first: int) -> int:
    free = 0
    for day in range(7):
        for provider in range(1, PROVIDERS + 1):
            for start in range(first + day * DAY + OPENS, first + day * DAY + CLOSES, LENGTH):
                free += await taken.fetchval(provider, start, start + LENGTH) is None
    return free


async def _asked_booking(connection: Any, start: int) -> None:
    async with connection.transaction(isolation="serializable"):
        for provider in range(1, PROVIDERS + 1):
            if await connection.fetchval(TAKEN, provider, start, start + LENGTH) is None:
                insert = "insert into bench_bookings (provider_id, first, last) values ($1, $2, $3)"
                await connection.execute(insert, provider, start, start + LENGTH)
                return
