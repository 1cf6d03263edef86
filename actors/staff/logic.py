"""What staff bring to the actors."""

from __future__ import annotations

from plixa.actors.feature import Logic, Root
from plixa.actors.staff import stays, told

LOGIC = Logic(
    root=Root(
        decides=(stays.decide,),
        evolves=(stays.evolve,),
        held=(stays.SUSPENSION, stays.RESUMING),
        effects=(stays.effects,),
        done={stays.RESUME: stays.done},
    ),
    tells=told.TELLS,
)
