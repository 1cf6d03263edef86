"""What routes know of a workspace's agenda."""

from __future__ import annotations

from dataclasses import dataclass

from plixa.actors.scheduling.commands import Look
from plixa.actors.scheduling.house import offering_of
from plixa.actors.scheduling.offering import Offering
from plixa.actors.scheduling.state import Agenda
from plixa.actors.workspace.state import Workspace
from plixa.http.api import Call

AGENDA = ("agenda", 1)
"""The kind and the id of the one agenda of a workspace."""


@dataclass(frozen=True, slots=True)
class Book:
    """The agenda as it stands, and what the house offers."""

    house: Workspace
    agenda: Agenda
    offering: Offering


async def open_book(call: Call) -> Book:
    """As of now."""
    house: Workspace = await call.services.bus.house(call.tenant)
    agenda: Agenda = (await call.ask(*AGENDA, Look())).state
    return Book(house, agenda, offering_of(agenda, house))
