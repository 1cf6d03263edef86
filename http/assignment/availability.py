"""Whether a member takes new conversations, and whether they are there."""

from __future__ import annotations

from typing import Any

from plixa.actors.workspace.state import Member
from plixa.http.api import Call


def availability(call: Call, member: Member) -> dict[str, Any]:
    """As the log and the heartbeats have it."""
    presence = call.services.presence
    return {
        "is_available": member.is_available,
        "is_online": presence.online(call.tenant, member.id, call.services.clock.now()),
        "last_seen_at": presence.last_seen(call.tenant, member.id),
    }
