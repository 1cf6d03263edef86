"""What flows bring to the actors."""

from __future__ import annotations

from plixa.actors.feature import Logic, Root
from plixa.actors.flows import library, told

LOGIC = Logic(
    root=Root(decides=(library.decide,), evolves=(library.evolve,), held=(library.FLOWS,)),
    shows=told.SHOWS,
    tells=told.TELLS,
)
