"""What members, invitations and sign-in bring to the actors."""

from __future__ import annotations

from plixa.actors.feature import Logic, Root
from plixa.actors.people import accounts, team, told
from plixa.actors.people.security import SECURITY

LOGIC = Logic(
    configs=(SECURITY,),
    root=Root(
        decides=(accounts.decide, team.decide),
        evolves=(accounts.evolve, team.evolve),
        effects=(team.effects,),
    ),
    shows=told.SHOWS,
    tells=told.TELLS,
)
