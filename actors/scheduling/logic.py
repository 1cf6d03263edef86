"""What the agenda brings to the actors."""

from __future__ import annotations

from collections.abc import Iterator

from plixa.actors.feature import Logic, Root
from plixa.actors.scheduling.catalogue import BASE_SCHEDULE, BOOKING, CALENDAR_FILTERS, REMINDERS, RESOURCES, SERVICES
from plixa.actors.scheduling.deciding import AGENDA
from plixa.actors.scheduling.told import TELLS
from plixa.actors.scheduling.view import SHOWS
from plixa.actors.workspace.state import Workspace
from plixa.actors.workspace.upkeep import ConfigChanged, SettingRemoved
from plixa.engine.events import Event
from plixa.engine.ports import Effect

FOLLOWED = (REMINDERS.name, "regional")


def effects(_workspace: Workspace, event: Event) -> Iterator[Effect]:
    """What is planned follows the settings; what a service says, with the agenda's next turn."""
    if isinstance(event, ConfigChanged) and event.config in FOLLOWED:
        yield Effect(f"agenda-{event.change_id}", "appointment.follow", "agenda", "inner", {})
    if isinstance(event, SettingRemoved) and event.collection == "closures":
        yield Effect(f"agenda-opened-{event.item_id}", "appointment.follow", "agenda", "inner", {"reopened": True})


LOGIC = Logic(
    kinds=(AGENDA,),
    collections=(SERVICES, RESOURCES, CALENDAR_FILTERS),
    configs=(BASE_SCHEDULE, REMINDERS, BOOKING),
    shows=SHOWS,
    root=Root(effects=(effects,)),
    tells=TELLS,
)
