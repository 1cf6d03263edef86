"""The digest's test; its configuration is one of the small ones (`actors/notifications/digest_config.py`)."""

from __future__ import annotations

from plixa.actors.notifications.digest import TestDigest
from plixa.actors.workspace.state import Workspace
from plixa.http.api import Answer, Call, rendering, route, settled, shapes


@route(
    "POST",
    "/v1/digest-config/test",
    tag="Daily digest",
    who="owner",
    ability="panel",
    answer=shapes.DigestSent,
    rate="5/minute",
    idempotent=True,
)
async def send_test(call: Call) -> Answer:
    """Send a one-off "test" digest to the current authenticated user

    With the figures of the period before today, also where nothing happened.
    """
    user_id = call.caller.user_id
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    answer = Answer({"email": workspace.members[user_id].email})
    await call.ask("workspace", call.tenant, TestDigest(user_id=user_id), render=rendering(settled, answer))
    return answer
