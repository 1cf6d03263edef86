"""What the agenda brings to the actors."""

from __future__ import annotations

from plixa.actors.feature import Logic
from plixa.actors.scheduling.catalogue import BASE_SCHEDULE, BOOKING, CALENDAR_FILTERS, REMINDERS, RESOURCES, SERVICES
from plixa.actors.scheduling.deciding import AGENDA
from plixa.actors.scheduling.view import SHOWS

LOGIC = Logic(
    kinds=(AGENDA,),
    collections=(SERVICES, RESOURCES, CALENDAR_FILTERS),
    configs=(BASE_SCHEDULE, REMINDERS, BOOKING),
    shows=SHOWS,
)
