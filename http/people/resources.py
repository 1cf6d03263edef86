"""Resources that are made from an actor's state rather than from a read model."""

from __future__ import annotations

from typing import Any

from plixa.actors.staff.stays import SUSPENSION
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import NotFound
from plixa.http.clients.pictures.store import PictureStore


def user_resource(house: Workspace, user_id: int) -> dict[str, Any]:
    """The contract's user. Raises `NotFound` for somebody who is no member."""
    member = house.members.get(user_id)
    if member is None:
        raise NotFound("user")
    return {
        "id": member.id,
        "tenant_id": house.id,
        "name": member.name,
        "email": member.email,
        "role": member.role,
        "locale": member.locale,
        "email_verified": member.email_verified,
        "two_factor_enabled": member.two_factor,
        "is_available": member.is_available,
    }


def _suspension(house: Workspace) -> dict[str, Any] | None:
    suspension = SUSPENSION.of(house) if house.status == "suspended" else None
    return None if suspension is None else {"since": suspension.since, "reason": suspension.reason}


def tenant_resource(house: Workspace, pictures: PictureStore) -> dict[str, Any]:
    """The contract's workspace."""
    return {
        "id": house.id,
        "name": house.name,
        "slug": house.slug,
        "country_code": house.country_code,
        "timezone": house.timezone,
        "locale": house.locale,
        "status": house.status,
        "suspension": _suspension(house),
        "deletion_scheduled_for": house.deletion.due if house.deletion else None,
        "logo_url": pictures.url(house.logo) if house.logo else None,
    }
