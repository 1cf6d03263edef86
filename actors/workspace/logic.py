"""What the workspace's own parts bring to the actors."""

from __future__ import annotations

from plixa.actors.feature import Logic, Root, RootTimer
from plixa.actors.workspace import actor, deletion, logo, onboarding, state, told, upkeep
from plixa.actors.workspace.regional import REGIONAL

LOGIC = Logic(
    configs=(REGIONAL,),
    root=Root(
        decides=(actor.decide, upkeep.decide, deletion.decide, logo.decide, onboarding.decide),
        evolves=(state.evolve, upkeep.evolve, deletion.evolve, logo.evolve, onboarding.evolve),
        timers={deletion.TIMER: RootTimer(deletion.due, deletion.fired)},
        effects=(actor.effects, upkeep.effects, logo.effects, deletion.effects),
    ),
    shows=told.SHOWS,
    tells=told.TELLS,
)
