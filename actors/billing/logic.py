"""What billing brings to the actors."""

from __future__ import annotations

from plixa.actors.billing import deciding, licences, limits
from plixa.actors.billing.state import BILLING
from plixa.actors.billing.told import TELLS
from plixa.actors.feature import Logic, Root, RootTimer

LOGIC = Logic(
    root=Root(
        decides=(deciding.decide, licences.decide),
        evolves=(deciding.evolve, licences.evolve, limits.evolve),
        timers={
            "billing": RootTimer(deciding.due, deciding.fired),
            "licence": RootTimer(licences.due, licences.fired),
            "limits": RootTimer(limits.due, limits.fired),
        },
        effects=(deciding.effects,),
        held=(BILLING,),
    ),
    tells=TELLS,
)
