"""A conversation as the caller of a route sees it, before and after what they do with it."""

from __future__ import annotations

from typing import Any

from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation.configs.inbox import INBOX
from plixa.actors.conversation.events import ConversationDeleted
from plixa.actors.merged import Merged
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Outcome
from plixa.engine.errors import Conflict, Forbidden, NotFound
from plixa.http.api import Call
from plixa.http.conversation.merging import Joining
from plixa.http.realtime.visible import may_see, shown, shown_to
from plixa.http.whatsapp.parts import DIRECTORY
from plixa.storage.conversation import inbox, merges

TAG = "Conversations"


async def conversation(call: Call, name: str = "id") -> dict[str, Any]:
    """The conversation that the path names. Raises `NotFound`, also for one that the caller may not see; `Merged`."""
    return await visible(call, call.params[name])


async def visible(call: Call, conversation_id: int) -> dict[str, Any]:
    """This conversation as the caller sees it. Raises `NotFound`, also for another workspace's; `Merged`."""
    found: dict[str, Any] | None = await call.read(inbox.get_conversation, call.tenant, conversation_id)
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    if found is None:
        await _refuse_merged(call, workspace, conversation_id)
    if found is None or not may_see(workspace, call.caller, found["assigned_user_id"]):
        raise NotFound("conversation")
    return shown(workspace, call.caller, found, call.services.clock.now())


async def _refuse_merged(call: Call, workspace: Workspace, conversation_id: int) -> None:
    """Raises `Merged` for one that is a part of a conversation that the caller may see."""
    survivor = await call.read(merges.survivor, call.tenant, conversation_id)
    if survivor is not None and may_see(workspace, call.caller, survivor[1]):
        raise Merged(survivor[0])


async def must_have_its_number(call: Call, found: dict[str, Any]) -> None:
    """Raises `Conflict` where nothing can be sent any more, because the conversation's number was removed."""
    workspace = await call.services.bus.workspace(call.tenant)
    if found["phone_instance_id"] not in workspace.numbers:
        raise Conflict(
            "This conversation's WhatsApp number was removed, so nothing can be sent in it. Write to the customer from "
            "another number: what they answer begins a conversation there.",
            code="NUMBER_REMOVED",
        )


async def after(call: Call, conversation_id: int) -> dict[str, Any]:
    """A conversation after a change of the caller's, be it one that takes it out of their sight."""
    found = await call.read(inbox.get_conversation, call.tenant, conversation_id)
    if found is None:
        raise NotFound("conversation")
    return await shown_to(call, found)


async def must_be_allowed_to_erase(call: Call) -> None:
    """Raises `Forbidden` for members where erasing is the owner's alone."""
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    if call.caller.role != "owner" and not INBOX.of(workspace).members_may_delete:
        raise Forbidden(
            "Only the owner of the workspace may delete conversations for good. Resolve it instead, or have the owner "
            "turn on `members_may_delete` in the inbox configuration."
        )


async def erase(call: Call, conversation_id: int) -> Outcome:
    """Erase a conversation and all that it is made of; whoever wrote in it gets a new one."""
    outcome = await call.ask("conversation", conversation_id, cmd.Delete())
    deleted = outcome.first(ConversationDeleted)
    await joining(call).erase(deleted.parts)
    await call.services[DIRECTORY].unroute(call.tenant, conversation_id, f"http:{call.request_id}")
    return outcome


def joining(call: Call) -> Joining:
    """What makes a merge true, on behalf of this request."""
    return Joining(call.services.database, call.services.bus, call.tenant, f"http:{call.request_id}")
