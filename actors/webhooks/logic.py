"""What outbound webhooks bring to the actors."""

from __future__ import annotations

from plixa.actors.feature import Logic, Root
from plixa.actors.webhooks import endpoints

LOGIC = Logic(
    root=Root(decides=(endpoints.decide,), evolves=(endpoints.evolve,), held=(endpoints.WEBHOOKS,)),
)
