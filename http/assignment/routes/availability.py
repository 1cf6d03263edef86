"""Who takes new conversations, and who is there."""

from __future__ import annotations

from typing import Any

from plixa.actors.people.team import SetAvailability
from plixa.actors.workspace.state import Workspace
from plixa.http.api import Answer, Call, route, shapes
from plixa.http.api.fields import Body
from plixa.http.assignment.availability import availability
from plixa.http.realtime.attending import attend

TAG = "Account"


class SetAvailable(Body):
    is_available: bool


@route("GET", "/v1/me/availability", tag=TAG, ability="panel", answer=shapes.Availability)
async def get_availability(call: Call) -> Answer:
    """Whether I take new conversations"""
    return Answer(_mine(call, await call.services.bus.workspace(call.tenant)))


@route("PUT", "/v1/me/availability", tag=TAG, ability="panel", body=SetAvailable, answer=shapes.Availability)
async def set_availability(call: Call) -> Answer:
    """Set whether I take new conversations"""
    command = SetAvailability(user_id=call.caller.user_id, is_available=call.body.is_available)
    outcome = await call.ask("workspace", call.tenant, command)
    return Answer(_mine(call, outcome.state))


@route("POST", "/v1/me/availability/heartbeat", tag=TAG, ability="panel", answer=shapes.Availability)
async def heartbeat(call: Call) -> Answer:
    """Presence heartbeat from the open panel

    Send it once a minute, or keep a live socket open, which says the same; after two minutes without either the member
    counts as offline.
    """
    await attend(call.services, call.caller)
    return Answer(_mine(call, await call.services.bus.workspace(call.tenant)))


@route(
    "GET",
    "/v1/dashboard/team-availability",
    tag="Dashboard",
    who="owner",
    ability="panel",
    answer=list[shapes.MemberAvailability],
)
async def team_availability(call: Call) -> Answer:
    """The whole team's availability"""
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    members = sorted(workspace.members.values(), key=lambda member: (member.name.casefold(), member.id))
    return Answer(
        [
            {"user_id": member.id, "name": member.name, "role": member.role, **availability(call, member)}
            for member in members
        ]
    )


def _mine(call: Call, workspace: Workspace) -> dict[str, Any]:
    return availability(call, workspace.members[call.caller.user_id])
