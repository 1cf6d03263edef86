"""Resources that are made from an actor's state rather than from a read model."""

from __future__ import annotations

from typing import Any

from plixa.actors.staff.stays import SUSPENSION
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import NotFound


def user_resource(workspace: Workspace, user_id: int) -> dict[str, Any]:
    """The contract's user. Raises `NotFound` for somebody who is no member."""
    member = workspace.members.get(user_id)
    if member is None:
        raise NotFound("user")
    return {
        "id": member.id,
        "tenant_id": workspace.id,
        "name": member.name,
        "email": member.email,
        "role": member.role,
        "locale": member.locale,
        "email_verified": member.email_verified,
        "two_factor_enabled": member.two_factor,
        "is_available": member.is_available,
    }


def _suspension(workspace: Workspace) -> dict[str, Any] | None:
    suspension = SUSPENSION.of(workspace) if workspace.status == "suspended" else None
    return None if suspension is None else {"since": suspension.since, "reason": suspension.reason}


def tenant_resource(workspace: Workspace, pictures: str) -> dict[str, Any]:
    """The contract's workspace. pictures: what the addresses of our images begin with."""
    return {
        "id": workspace.id,
        "name": workspace.name,
        "slug": workspace.slug,
        "country_code": workspace.country_code,
        "timezone": workspace.timezone,
        "locale": workspace.locale,
        "status": workspace.status,
        "suspension": _suspension(workspace),
        "deletion_scheduled_for": workspace.deletion.due if workspace.deletion else None,
        "logo_url": f"{pictures}{workspace.logo}" if workspace.logo else None,
    }
