"""What providers have in calendars of their own, for whoever books: looked at right before, as far as there is time.

What was last known counts in any case: the agenda's look-up adds it to each booking. Without the feature that looks,
nobody has any.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from plixa.actors.scheduling.offering import Service
from plixa.http.api.services import Part, Services


@dataclass(frozen=True, slots=True)
class Picture:
    """stale: somebody's calendar could not be looked at just now. old: and was not for so long that no machine should
    confirm anything on it: a person decides."""

    stale: bool = False
    old: bool = False


class OtherCalendars(Protocol):
    """What the feature that links calendars brings."""

    async def look(self, tenant: int, providers: Collection[int], first: int, last: int) -> Picture:
        """Know what these have in [first, last), in minutes since 1970; within seconds, and raises nothing."""
        ...


OTHER_CALENDARS = Part[OtherCalendars]("other calendars")


async def look_before(
    services: Services, tenant: int, service: Service, provider: int | None, start: int, minutes: int | None = None
) -> Picture:
    """Before a booking or a move: of the provider, or of all who provide the service."""
    try:
        calendars = services[OTHER_CALENDARS]
    except LookupError:
        return Picture()
    providers = service.provider_ids if provider is None else [provider]
    end = start + (service.duration_minutes if minutes is None else minutes)
    first, last = start - service.buffer_before_minutes, end + service.buffer_after_minutes
    return await calendars.look(tenant, providers, first, last)
