"""A member is there: noted, and where only those who are there are given conversations, they get what waits."""

from __future__ import annotations

from plixa.actors.assignment.dispatcher import Offer
from plixa.actors.conversation.configs.inbox import INBOX
from plixa.actors.workspace.state import Workspace
from plixa.engine.ports import Address
from plixa.http.api import Caller
from plixa.http.api.services import Services


async def attend(services: Services, caller: Caller) -> None:
    """This member has the panel open. Raises what the dispatcher's bus raises; with the next heartbeat whoever has just
    come online is offered what waits again."""
    presence, now = services.presence, services.clock.now()
    came = not presence.online(caller.tenant, caller.user_id, now)
    presence.beat(caller.tenant, caller.user_id, now)  # first, or two sockets that open at once would both come online
    if not came:
        return
    try:
        await _offer(services, caller)
    except BaseException:
        presence.forget(caller.tenant, caller.user_id)
        raise


async def _offer(services: Services, caller: Caller) -> None:
    workspace: Workspace = await services.bus.workspace(caller.tenant)
    if not INBOX.of(workspace).assign_only_online or caller.user_id not in workspace.members:
        return
    online = services.presence.all_online(caller.tenant, services.clock.now())
    address = Address(caller.tenant, "dispatch", caller.tenant)
    command = Offer(user_id=caller.user_id, online=online)
    await services.bus.ask(address, command, actor="system", cause=caller.actor)
