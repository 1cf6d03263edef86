"""What members must do and may see."""

from __future__ import annotations

from msgspec import Struct

from plixa.actors.workspace.declarations import Config
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Conflict


class SecurityConfig(Struct, frozen=True, omit_defaults=True):
    """require_two_factor: the panel opens only with a second factor.

    agent_restricted_to_own_conversations: agents see what is assigned to them or to nobody; owners see all.
    """

    require_two_factor: bool = False
    agent_restricted_to_own_conversations: bool = False


def _own_factor_first(house: Workspace, value: SecurityConfig, by: int) -> SecurityConfig:
    turned_on = value.require_two_factor and not SECURITY.of(house).require_two_factor
    if turned_on and not house.members[by].two_factor:
        raise Conflict(
            "Set up your own two-factor authentication first, or this would lock you out.",
            code="OWN_TWO_FACTOR_REQUIRED",
        )
    return value


SECURITY = Config(
    name="security",
    value=SecurityConfig,
    path="/v1/security-config",
    tag="Security",
    read="owner",
    panel=True,
    check=_own_factor_first,
    raises=("OWN_TWO_FACTOR_REQUIRED",),
)
