"""What sockets and the audit are told of members', invitations' and tokens' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Data, Show, Tell
from plixa.actors.people.team import MemberAvailability, MemberRemoved
from plixa.engine.events import Event, Recorded


def _removed(event: MemberRemoved, _: Recorded) -> Data:
    return {"user": {"id": event.user_id, "removed": True}}


def _availability(event: MemberAvailability, _: Recorded) -> Data:
    return {"user": {"id": event.user_id, "is_available": event.is_available}}


SHOWS: Mapping[type[Event], Show] = {MemberRemoved: _removed, MemberAvailability: _availability}

TELLS: Mapping[str, Tell] = {
    "invitation.accepted": "accepted an invitation",
    "invitation.cancelled": "cancelled an invitation",
    "invitation.created": lambda e: f"invited {e.email} as {e.role}",
    "invitation.resent": "sent an invitation again",
    "member.availability": lambda e: f"{'takes' if e.is_available else 'stopped taking'} new conversations",
    "member.email_change_asked": "asked to sign in with another e-mail address",
    "member.email_verified": "confirmed their e-mail address",
    "member.password_changed": lambda e: f"{'changed' if e.how == 'changed' else 'reset'} their password",
    "member.recovery_code_revoked": "revoked one of their recovery codes",
    "member.recovery_codes_made": "made new recovery codes",
    "member.sessions_ended": lambda e: f"ended {'one' if e.session_id else 'all others'} of their sessions",
    "member.two_factor_disabled": "turned two-factor authentication off",
    "member.two_factor_enabled": "turned two-factor authentication on",
    "member.removed": lambda e: f"removed member {e.user_id}",
    "token.created": lambda e: f"made an API token that may {' and '.join(e.abilities)}",
    "token.revoked": "revoked an API token",
}
