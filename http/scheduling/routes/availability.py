"""What is free: the starts that customers are offered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated

import trio
from pydantic import Field
from typing_extensions import TypedDict

from plixa.actors.fields import Day
from plixa.actors.scheduling.deciding import bookable, providers_for
from plixa.actors.scheduling.guard import Guard, customers_bounds, offered
from plixa.actors.scheduling.offering import Service
from plixa.actors.scheduling.spans import Span
from plixa.actors.scheduling.view import shown_at
from plixa.actors.scheduling.walls import minute_of
from plixa.engine.errors import Invalid
from plixa.http.api import Answer, Call, route
from plixa.http.api.fields import Body, Id
from plixa.http.scheduling.asking import open_book
from plixa.http.scheduling.times import A_DAY, day_begins

MOST_DAYS, A_WEEK = 31, 7


class Wanted(Body):
    """`provider_id`: whoever is free, where it is left out. `from` and `to` are local dates, both included."""

    service_id: Id
    provider_id: Id | None = None
    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]


class Slot(TypedDict):
    start: datetime
    end: datetime
    provider_ids: list[int]


@route("GET", "/v1/scheduling/availability", tag="Scheduling — appointments", query=Wanted, answer=list[Slot])
async def availability(call: Call) -> Answer:
    """List what is free

    The starts that customers are offered for a service, with who is free then: of those who provide it, or of
    `provider_id` alone. At most 31 days. Nobody is named where the service has no providers.
    """
    query: Wanted = call.query
    book = await open_book(call.services, call.tenant)
    service = bookable(book.offering, query.service_id)
    providers = providers_for(book.offering, service, query.provider_id)
    zone = book.offering.zone_of_all(providers)
    bounds = customers_bounds(minute_of(call.services.clock.now()))
    guard, days = Guard(book.agenda, book.offering, bounds, book.busy), [*_days(query, zone)]
    slots = list[Slot]()
    for week in (days[at : at + A_WEEK] for at in range(0, len(days), A_WEEK)):
        await trio.lowlevel.checkpoint()  # a month of thirty providers is too much to hold everybody up for
        binding = guard.around(service, providers, (week[0][0], week[-1][1]))
        for day in week:
            await trio.lowlevel.checkpoint()
            found = offered(binding, service.length, day, bounds)
            slots += (_slot(start, free, service, zone) for start, free in found.items())
    return Answer(slots)


def _slot(start: int, free: Sequence[int | None], service: Service, zone: str) -> Slot:
    end = shown_at(start + service.duration_minutes, zone)
    return {"start": shown_at(start, zone), "end": end, "provider_ids": [id_ for id_ in free if id_]}


def _days(query: Wanted, zone: str) -> Iterator[Span]:
    """Each local day of the range. Raises `Invalid` for one that is too long or runs backwards."""
    days = (query.last - query.first).days + 1
    if days < 1:
        raise Invalid({"to": ["The last day must not be before the first one."]})
    if days > MOST_DAYS:
        raise Invalid({"to": [f"At most {MOST_DAYS} days can be asked for at once."]})
    begins = [day_begins(query.first + A_DAY * number, zone) for number in range(days + 1)]
    return pairwise(begins)
