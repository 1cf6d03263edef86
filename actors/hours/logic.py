"""What opening hours, closures and holidays bring to the actors."""

from __future__ import annotations

from plixa.actors.feature import Logic, Root, RootTimer
from plixa.actors.hours import holidays, told
from plixa.actors.hours.business_hours import BUSINESS_HOURS
from plixa.actors.hours.holiday_config import CLOSURES, HOLIDAYS

LOGIC = Logic(
    collections=(CLOSURES,),
    configs=(BUSINESS_HOURS, HOLIDAYS),
    root=Root(
        evolves=(holidays.evolve,),
        timers={holidays.TIMER: RootTimer(lambda workspace: workspace.holidays_due, holidays.fired)},
        effects=(holidays.effects,),
    ),
    shows=told.SHOWS,
    tells=told.TELLS,
)
