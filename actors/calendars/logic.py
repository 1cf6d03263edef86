"""What calendars bring to the actors."""

from __future__ import annotations

from plixa.actors.calendars import links, told
from plixa.actors.feature import Logic, Root

LOGIC = Logic(
    root=Root(decides=(links.decide,), evolves=(links.evolve,), effects=(links.effects,), held=(links.LINKS,)),
    shows=told.SHOWS,
    only=told.ONLY,
    tells=told.TELLS,
)
