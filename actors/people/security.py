"""What members must do and may see."""

from __future__ import annotations

from msgspec import Struct

from plixa.actors.workspace.declarations import Config
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Conflict, Forbidden


class SecurityConfig(Struct, frozen=True, omit_defaults=True):
    """require_two_factor: the panel opens only with a second factor. Who has none may turn it off.

    agent_restricted_to_own_conversations: agents see what is assigned to them or to nobody; owners see all.
    """

    require_two_factor: bool = False
    agent_restricted_to_own_conversations: bool = False


def _own_factor_first(workspace: Workspace, value: SecurityConfig, by: int) -> SecurityConfig:
    demanded, has_own = SECURITY.of(workspace).require_two_factor, workspace.members[by].two_factor
    if demanded and value.require_two_factor and not has_own:
        raise Forbidden("Set up your own two-factor authentication first.", code="TWO_FACTOR_REQUIRED")
    if value.require_two_factor and not has_own:
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
    before_factor=True,
    check=_own_factor_first,
    raises=("OWN_TWO_FACTOR_REQUIRED",),
)
