"""What a member may see of a conversation, and how it is shown to them.

Agents of a workspace that restricts them see what is theirs or nobody's; to them the rest does not exist. Ids of what
was removed from the workspace are not shown, even before every conversation has been told.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from plixa.actors.assignment.sectors import SECTORS
from plixa.actors.contacts.labels import LABELS
from plixa.actors.conversation.configs.csat import CSAT
from plixa.actors.hours.business_hours import BUSINESS_HOURS
from plixa.actors.hours.opening import opening_hours
from plixa.actors.hours.week import is_open
from plixa.actors.people.security import SECURITY
from plixa.actors.workspace.state import Workspace
from plixa.http.api import Call, Caller
from plixa.storage.conversation.inbox import Reader, Shown, unread_by
from plixa.storage.conversation.sight import Sight

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def restricted_to(workspace: Workspace, caller: Caller) -> int | None:
    """The member whose conversations (and nobody's) are all that this caller may see; None: all of them."""
    own_only = SECURITY.of(workspace).agent_restricted_to_own_conversations and caller.role != "owner"
    return caller.user_id if own_only else None


def sight_of(workspace: Workspace, caller: Caller) -> Sight | None:
    """The same for reads of the tables."""
    own_only = restricted_to(workspace, caller)
    return None if own_only is None else Sight(own_only, tuple(workspace.members))


def may_see(workspace: Workspace, caller: Caller, assigned_user_id: int | None) -> bool:
    """Whether a conversation with this assignee exists for the caller."""
    own_only = restricted_to(workspace, caller)
    return own_only is None or assigned_user_id not in workspace.members or assigned_user_id == own_only


def sees_ratings(workspace: Workspace, caller: Caller) -> bool:
    """Whether customers' ratings are shown to them."""
    return caller.role == "owner" or CSAT.of(workspace).visible_to_agents


def shown(workspace: Workspace, caller: Caller, found: Shown, at: datetime) -> Shown:
    """A conversation's resource as this caller sees it now."""
    paused = BUSINESS_HOURS.of(workspace).pause_sla and not is_open(opening_hours(workspace), at)
    return {
        **found,
        "assigned_user_id": found["assigned_user_id"] if found["assigned_user_id"] in workspace.members else None,
        "sector_id": found["sector_id"] if found["sector_id"] in SECTORS.of(workspace) else None,
        "labels": [label for label in found["labels"] if label in LABELS.of(workspace)],
        "sla": _sla(found["sla"], paused=paused),
        "csat": found["csat"] if sees_ratings(workspace, caller) else None,
    }


def _sla(sla: dict[str, Any] | None, *, paused: bool) -> dict[str, Any] | None:
    if sla is None:
        return None
    return {kind: clock and {**clock, "paused": paused and clock["running"]} for kind, clock in sla.items()}


def reader_of(workspace: Workspace, caller: Caller) -> Reader | None:
    """Who has or has not read something: a member at the panel, no integration."""
    member = workspace.members.get(caller.user_id) if caller.panel else None
    if member is None:
        return None
    since = (member.joined_at or LONG_AGO).replace(microsecond=0)  # WhatsApp's times are whole seconds
    return Reader(member.id, since)


async def shown_to(call: Call, found: Shown) -> Shown:
    """The same for whoever is calling, now, and with how much of it they have not read."""
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    reader = reader_of(workspace, call.caller)
    upto = {found["id"]: found["last_message"]["id"] if found["last_message"] else 0}
    unread: dict[int, int] = await call.read(unread_by, call.tenant, reader, upto) if reader else {}
    return {**shown(workspace, call.caller, found, call.services.clock.now()), "unread_by_me": unread.get(found["id"])}
