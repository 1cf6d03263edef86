"""A conversation that a member lets staff look at, by a ticket of theirs, until the ticket closes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from plixa.actors.conversation.state import Conversation
from plixa.actors.desk import ticket as desk
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import NotFound
from plixa.engine.ports import Address
from plixa.http.api import Answer, Call, route
from plixa.http.api.fields import Body
from plixa.http.conversation.finding import conversation
from plixa.http.desk.replay import ReplayedEvent, replayed
from plixa.http.desk.resources import MemberTicketDetail
from plixa.http.desk.routes.member import my_ticket, my_whole_ticket
from plixa.http.desk.routes.staff import ticket_row
from plixa.storage.conversation import inbox
from plixa.storage.eventlog.reader import read_streams

MINE = "/v1/support/tickets/{ticket_id}/replays/{conversation}"
THEIRS = "/v1/admin/support/tickets/{ticket}/replays/{conversation}"
FOREVER = 2**63 - 1


class GrantedReplay(Body):
    """`clear`: staff see what people wrote, too; otherwise only that they wrote, when, and how much."""

    clear: bool = False


class ReplaySince(Body):
    """`after`: an offset of the log; `limit`: how many events."""

    after: Annotated[int, Field(ge=0, le=FOREVER)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 200


@route(
    "PUT",
    MINE,
    tag="Support",
    ability="panel",
    body=GrantedReplay,
    answer=MemberTicketDetail,
    rate="60/minute",
    raises=("TICKET_CLOSED",),
    in_suspension=True,
)
async def grant_replay(call: Call) -> Answer:
    """Let staff look at a conversation

    What happened in it, without names, numbers and what people wrote (or, if `clear`, with them), until the ticket
    closes or it is taken back. Each look of theirs is in the audit.
    """
    row = await my_ticket(call)
    found = await conversation(call, "conversation")
    state: Conversation = await call.services.bus.state(Address(call.tenant, "conversation", found["id"]))
    command = desk.GrantReplay(
        by=call.caller.user_id, conversation_id=state.id, parts=tuple(state.parts), clear=call.body.clear
    )
    await call.ask("ticket", row["id"], command)
    return Answer(await my_whole_ticket(call))


@route(
    "DELETE",
    MINE,
    tag="Support",
    ability="panel",
    answer=MemberTicketDetail,
    rate="60/minute",
    in_suspension=True,
)
async def revoke_replay(call: Call) -> Answer:
    """Let staff look at a conversation no more

    From now on; where they may not, nothing changes.
    """
    row = await my_ticket(call)
    await call.ask("ticket", row["id"], desk.RevokeReplay(conversation_id=call.params["conversation"]))
    return Answer(await my_whole_ticket(call))


@route(
    "GET",
    THEIRS,
    tag="Admin — Support",
    who="admin",
    query=ReplaySince,
    answer=list[ReplayedEvent],
    rate="120/minute",
    raises=("REPLAY_NOT_GRANTED",),
    act="replay.looked_at",
)
async def look_at_replay(call: Call) -> Answer:
    """Look at a conversation that a member has shown

    Its events in their order, masked unless the member said otherwise (`meta.clear`). That staff look is an event that
    the workspace sees, before anything is shown. `meta.next_after` is null at the end.
    """
    row, query, wanted = await ticket_row(call), call.query, call.params["conversation"]
    tenant = row["tenant_id"]
    call.concern.target, call.concern.target_id = "conversation", wanted
    command = desk.LookAtReplay(admin_id=call.caller.user_id, conversation_id=wanted, after=query.after)
    outcome = await call.ask("ticket", row["id"], command, tenant=tenant)
    if await call.read(inbox.get_conversation, tenant, wanted) is None:
        raise NotFound("conversation")
    grant: desk.Grant = outcome.state.grants[wanted]
    workspace: Workspace = await call.services.bus.workspace(tenant)
    streams = [f"conversation-{id_}" for id_ in (wanted, *grant.parts)]
    keyring = call.services.store.keyring
    found: Any = await call.read(read_streams, keyring, tenant, streams, query.after, FOREVER, query.limit + 1)
    page = found[: query.limit]
    more = page[-1].position if len(found) > query.limit else None
    return Answer(
        [shown for each in page for shown in replayed(each, workspace, clear=grant.clear)],
        {"next_after": more, "clear": grant.clear},
    )
