"""What outbound webhooks bring to the actors."""

from __future__ import annotations

from plixa.actors.feature import Data, Logic, Root
from plixa.actors.webhooks import endpoints
from plixa.actors.webhooks.told import TELLS
from plixa.engine.events import Recorded


def _disabled(event: endpoints.EndpointDisabled, _: Recorded) -> Data:
    off = {"is_active": False, "disabled_at": event.at.isoformat(), "disabled_reason": event.reason}
    return {"webhook_endpoint": {"id": event.endpoint_id, **off}}


LOGIC = Logic(
    shows={endpoints.EndpointDisabled: _disabled},
    root=Root(decides=(endpoints.decide,), evolves=(endpoints.evolve,), held=(endpoints.WEBHOOKS,)),
    tells=TELLS,
)
