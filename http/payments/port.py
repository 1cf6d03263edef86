"""How payments and appointments meet: the one thing that the agenda brings, and until it does, nothing is owed.

An agenda offers its own under `APPOINTMENTS` and calls `Deposits.cancelled` when an appointment goes. This is all that
the two know of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plixa.engine.errors import NotFound
from plixa.http.api.services import Part, Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What an appointment's customer owes. amount: in minor units; 0: nothing. text: what is paid for, for them.

    locale: of the customer's page. alive: neither cancelled, nor declined, nor missed. begins_at: when it takes place;
    None where that is not known.
    """

    amount: int
    currency: str
    contact_id: int | None
    text: str
    locale: str = "en"
    alive: bool = True
    begins_at: datetime | None = None


class Appointments(Protocol):
    """What the agenda answers."""

    async def owed(self, tenant: int, appointment: int) -> Owed:
        """What is owed for it. Raises `NotFound`."""
        ...

    async def paid(self, tenant: int, appointment: int) -> bool:
        """It is paid: whether it can still be had. Called again after a crash; must never book for somebody else."""
        ...

    async def waits(self, tenant: int, appointment: int, until: datetime) -> None:
        """A voucher or a code was given out, which can be paid until then: its time is held so long."""
        ...

    async def lapsed(self, tenant: int, appointment: int) -> None:
        """It was not paid, and cannot be any more."""
        ...


class NoAgenda:
    """While nothing has appointments."""

    async def owed(self, tenant: int, appointment: int) -> Owed:
        raise NotFound("appointment")

    async def paid(self, tenant: int, appointment: int) -> bool:
        return False

    async def waits(self, tenant: int, appointment: int, until: datetime) -> None:
        return None

    async def lapsed(self, tenant: int, appointment: int) -> None:
        return None


APPOINTMENTS = Part[Appointments]("appointments")


def appointments(services: Services) -> Appointments:
    """Those of this node."""
    try:
        return services[APPOINTMENTS]
    except LookupError:
        return NoAgenda()
