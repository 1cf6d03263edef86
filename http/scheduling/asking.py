"""Asking a workspace's agenda, and what it answers with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from plixa.actors.calendars.links import LINKS
from plixa.actors.scheduling.deciding import SENTENCES
from plixa.actors.scheduling.guard import Busy
from plixa.actors.scheduling.offering import Offering
from plixa.actors.scheduling.state import Agenda
from plixa.actors.scheduling.walls import DAY, minute_of
from plixa.actors.scheduling.workspace import offering_of
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Outcome
from plixa.engine.errors import Conflict, Duplicate
from plixa.engine.ports import Address
from plixa.http.api import Call
from plixa.http.api.services import Services
from plixa.storage.calendars.busy import busy_of
from plixa.storage.scheduling.statements import CLAIMED

FAR = 400 * DAY
"""Further ahead nobody knows what they have."""
CLASHES = ("SLOT_TAKEN", "RESOURCE_FULL", "CLOSED_DAY", "PROVIDER_AWAY")
"""The codes of what staff cannot book either."""


@dataclass(frozen=True, slots=True)
class Book:
    """The agenda as it stands, what the business offers, and what providers have in calendars of their own."""

    workspace: Workspace
    agenda: Agenda
    offering: Offering
    busy: Busy = field(default_factory=dict[int, Any])


def agenda_of(tenant: int) -> Address:
    """The one agenda of a workspace."""
    return Address(tenant, "agenda", 1)


async def open_book(services: Services, tenant: int) -> Book:
    """As of now."""
    agenda: Agenda = await services.bus.state(agenda_of(tenant))
    workspace: Workspace = await services.bus.workspace(tenant)
    offering = offering_of(agenda, workspace)
    if not LINKS.of(workspace).of:
        return Book(workspace, agenda, offering)
    today = minute_of(services.clock.now()) - DAY
    busy = await services.database.run(busy_of, tenant, today, today + FAR)
    return Book(workspace, agenda, offering, busy)


async def ask_agenda(call: Call, command: Command, **more: Any) -> Outcome:
    """As `call.ask`. Raises `Conflict` also where only the database saw that the time is taken."""
    try:
        return await call.ask("agenda", 1, command, **more)
    except Duplicate as error:
        raise refused(error) from None


def refused(error: Duplicate) -> Conflict:
    """What the database's refusal means."""
    return Conflict(SENTENCES["SLOT_TAKEN"], code="SLOT_TAKEN") if error.constraint == CLAIMED else error
