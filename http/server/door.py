"""How an application says, from within a request, that it is another node's: the door that it came in by is told.

Without such a door (one process alone, a stand-by) nobody is, and the refusal goes out as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plixa.engine.errors import Elsewhere
from plixa.engine.ports import Owner

DOOR = "plixa.door"
"""Where it is in an ASGI scope: nothing that comes from outside can put it there."""


class Door:
    """What is told: which tenant was not here, and where it is."""

    def __init__(self) -> None:
        self.tenant = 0
        self.elsewhere: Owner | None = None


def tell_door(scope: Mapping[str, Any], error: BaseException) -> None:
    """If this says that another node has the tenant, the request can go there: what is answered here is not sent."""
    door = scope.get(DOOR)
    if isinstance(door, Door) and isinstance(error, Elsewhere):
        door.tenant, door.elsewhere = error.tenant, Owner(error.node, error.incarnation)
