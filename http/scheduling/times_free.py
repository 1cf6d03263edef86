"""What is free, as much as a customer is shown at once: some starts, and the days that have any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import trio

from plixa.actors.scheduling.guard import HORIZON_DAYS, Guard, customers_bounds
from plixa.actors.scheduling.offering import Service
from plixa.actors.scheduling.view import shown_at
from plixa.actors.scheduling.walls import minute_of
from plixa.http.scheduling.asking import Book
from plixa.http.scheduling.times import A_DAY, day_begins

TIMES, DAYS = 7, 8
"""So many in one list of WhatsApp's, beside the ways on."""


@dataclass(frozen=True, slots=True)
class Free:
    """Of one service, as of now. but: an appointment that does not count, because it is the one that moves."""

    book: Book
    service: Service
    providers: Sequence[int | None]
    now: datetime
    but: tuple[int, ...] = ()

    @property
    def zone(self) -> str:
        """On whose wall it is read."""
        return self.book.offering.zone_of_all(self.providers)

    def at(self, minute: int) -> datetime:
        """The local time of a start."""
        return shown_at(minute, self.zone)

    async def starts(self, after: int = 0, most: int = TIMES) -> list[int]:
        """The first starts after a minute, none nearer to the one before than it takes."""
        found = list[int]()
        for day in self._ahead(self._first(after)):
            for start in await self._of(day):
                if start > after and (not found or start - found[-1] >= self.service.duration_minutes):
                    found.append(start)
            if len(found) >= most:
                break
        return found[:most]

    async def days(self, first: date | None = None, most: int = DAYS) -> list[date]:
        """The first days with anything free, from this one on."""
        found = list[date]()
        for day in self._ahead(first or self._first(0)):
            found += [day] if await self._of(day) else []
            if len(found) >= most:
                break
        return found

    def begins(self, day: date) -> int:
        """The minute before a local day's first one."""
        return day_begins(day, self.zone) - 1

    def _first(self, after: int) -> date:
        return max(self.at(after).date(), self._today)

    @property
    def _today(self) -> date:
        return self.at(minute_of(self.now)).date()

    def _ahead(self, first: date) -> Iterator[date]:
        """The days from one on, as far ahead as customers may book."""
        days = (self._today + timedelta(days=HORIZON_DAYS) - first).days
        return (first + A_DAY * number for number in range(days + 1))

    async def _of(self, day: date) -> list[int]:
        """All that is free on a local day."""
        await trio.lowlevel.checkpoint()  # three months of thirty providers are too much to hold everybody up for
        bounds = customers_bounds(minute_of(self.now))
        guard = Guard(self.book.agenda, self.book.offering, bounds, self.book.busy, self.but)
        span = (day_begins(day, self.zone), day_begins(day + A_DAY, self.zone))
        return list(guard.offers(self.service, self.providers, span, bounds))
