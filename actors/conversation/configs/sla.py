"""Service-level targets in seconds; null is no target. A clock that runs keeps the target that it began with."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct
from pydantic import Field

from plixa.actors.workspace.declarations import Config

Seconds = Annotated[int, Field(ge=1, le=604_800)]


class SlaTargets(Struct, frozen=True, omit_defaults=True):
    """Until the first answer to the first inbound burst; until a conversation is resolved."""

    first_response_seconds: Seconds | None = None
    resolution_seconds: Seconds | None = None


SLA = Config(name="sla", value=SlaTargets, path="/v1/sla-config", tag="SLA targets")
