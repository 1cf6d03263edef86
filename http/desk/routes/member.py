"""Support as members have it: a ticket of theirs, and what staff answer. Open in a suspended workspace, too.

A member sees the tickets that they opened, an owner all of the workspace. Staff who act as a member do not write to
themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from plixa.actors.desk import ticket as desk
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event
from plixa.engine.ports import Address
from plixa.http.api import Answer, Call, cursors, rendering, route
from plixa.http.api.fields import Body, Id, Line, Page
from plixa.http.desk import files
from plixa.http.desk.resources import (
    MemberTicket,
    MemberTicketDetail,
    Priority,
    Status,
    member_message,
    member_ticket,
    replays,
)
from plixa.storage.desk import reads

TAG = "Support"
PATH = "/v1/support/tickets"
Words = Annotated[Line, StringConstraints(max_length=8000)]


class NewTicket(Body):
    """`attachments`: ids of files that were uploaded. `follows`: a closed ticket that this one goes on with."""

    subject: Annotated[Line, StringConstraints(max_length=160)]
    body: Words
    priority: Priority = "normal"
    attachments: files.Files = Field(default_factory=files.none)
    follows: Id | None = None


class TicketWords(Body):
    """`attachments`: ids of files that were uploaded."""

    body: Words
    attachments: files.Files = Field(default_factory=files.none)


class NewRating(Body):
    rating: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[Line, StringConstraints(max_length=1000)] | None = None


class TicketQuery(Page):
    status: Status | None = None


@route("GET", PATH, tag=TAG, ability="panel", query=TicketQuery, answer=list[MemberTicket], in_suspension=True)
async def list_my_tickets(call: Call) -> Answer:
    """List support tickets

    Newest first: one's own; an owner sees all of the workspace.
    """
    query: TicketQuery = call.query
    chosen = reads.TicketFilter(tenant=call.tenant, opened_by=_only(call), status=query.status)
    after = cursors.decode(query.cursor, int)
    rows = await call.read(reads.list_tickets, chosen, after, query.limit, call.services.clock.now())
    page = rows[: query.limit]
    more = page[-1]["id"] if len(rows) > query.limit else None
    meta = {"next_cursor": cursors.encode(more), "limit": query.limit}
    return Answer([member_ticket(row) for row in page], meta)


def _only(call: Call) -> int | None:
    return None if call.caller.role == "owner" else call.caller.user_id


@route(
    "POST",
    PATH,
    tag=TAG,
    ability="panel",
    body=NewTicket,
    answer=MemberTicketDetail,
    status=201,
    rate="20/minute",
    idempotent=True,
    in_suspension=True,
)
async def open_ticket(call: Call) -> Answer:
    """Open a support ticket

    `priority` is a wish, which staff may change.
    """
    body: NewTicket = call.body
    if body.follows is not None and await _find(call, body.follows) is None:
        raise Invalid({"follows": ["This ticket does not exist."]})
    ticket_id = await call.read(reads.next_ticket)
    taken = await files.taken(call, call.tenant, _me(call), body.attachments)
    command = desk.OpenTicket(
        by=call.caller.user_id,
        subject=body.subject,
        body=body.body,
        priority=body.priority,
        files=taken,
        follows=body.follows,
    )
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    name = workspace.members[call.caller.user_id].name
    return await call.answered(
        "ticket", ticket_id, command, rendering(_as_opened, ticket_id, call.caller.user_id, name)
    )


def _as_opened(events: Sequence[Event], ticket_id: int, user_id: int, name: str) -> Answer:
    [opened] = [each for each in events if isinstance(each, desk.TicketOpened)]
    message = {
        "id": opened.message_id,
        "author": {"kind": "member", "id": user_id, "name": name},
        "body": opened.body,
        "attachments": files.shown(opened.files),
        "created_at": opened.at,
    }
    ticket = {
        "id": ticket_id,
        "subject": opened.subject,
        "status": "open",
        "priority": opened.priority,
        "follows": opened.follows,
        "opened_by": user_id,
        "messages_count": 1,
        "last_message_at": opened.at,
        "rating": None,
        "created_at": opened.at,
        "updated_at": opened.at,
        "messages": [message],
        "replays": [],
    }
    return Answer(ticket, status=201)


def _me(call: Call) -> str:
    return f"user:{call.caller.user_id}"


@route("GET", f"{PATH}/{{ticket_id}}", tag=TAG, ability="panel", answer=MemberTicketDetail, in_suspension=True)
async def get_my_ticket(call: Call) -> Answer:
    """Get a support ticket

    With all that was said in it.
    """
    return Answer(await my_whole_ticket(call))


async def my_whole_ticket(call: Call) -> dict[str, Any]:
    """The ticket of the path with all that was said in it. Raises `NotFound`."""
    row = await my_ticket(call)
    messages = await call.read(reads.list_messages, call.tenant, row["id"], notes=False)
    state: desk.Ticket = await call.services.bus.state(Address(call.tenant, "ticket", row["id"]))
    shown = [member_message(each) for each in messages]
    return {**member_ticket(row), "messages": shown, "replays": replays(state.grants)}


async def my_ticket(call: Call) -> Any:
    """The ticket of the path, if it is there for this member. Raises `NotFound`."""
    row = await _find(call, call.params["ticket_id"])
    if row is None:
        raise NotFound("ticket")
    return row


async def _find(call: Call, ticket_id: int) -> Any:
    row = await call.read(reads.find_ticket, ticket_id, call.tenant)
    return row if row is not None and _only(call) in (None, row["opened_by"]) else None


@route(
    "POST",
    f"{PATH}/{{ticket_id}}/messages",
    tag=TAG,
    ability="panel",
    body=TicketWords,
    answer=MemberTicketDetail,
    status=201,
    rate="60/minute",
    raises=("TICKET_CLOSED", "TICKET_FULL"),
    idempotent=True,
    in_suspension=True,
)
async def write_to_staff(call: Call) -> Answer:
    """Write in a support ticket

    A solved ticket is opened again by it. To a closed one nothing can be added: open a new one that `follows` it.
    """
    row, body = await my_ticket(call), call.body
    taken = await files.taken(call, call.tenant, _me(call), body.attachments)
    command = desk.Write(who="user", author=call.caller.user_id, name=call.caller.name, body=body.body, files=taken)
    before = await my_whole_ticket(call)
    await call.ask("ticket", row["id"], command, render=rendering(_as_written, before))
    return Answer(await my_whole_ticket(call), status=201)


def _as_written(events: Sequence[Event], before: dict[str, Any]) -> Answer:
    """The ticket with the message that was just written, for whoever sends the same request again."""
    [written] = [each for each in events if isinstance(each, desk.TicketWritten)]
    message = {
        "id": written.message_id,
        "author": {"kind": "member", "id": written.author, "name": written.name},
        "body": written.body,
        "attachments": files.shown(written.files),
        "created_at": written.at,
    }
    after = {
        **before,
        "status": "open",
        "messages_count": before["messages_count"] + 1,
        "last_message_at": written.at,
        "updated_at": written.at,
        "messages": [*before["messages"], message],
    }
    return Answer(after, status=201)


@route(
    "POST",
    f"{PATH}/{{ticket_id}}/close",
    tag=TAG,
    ability="panel",
    answer=MemberTicketDetail,
    rate="60/minute",
    in_suspension=True,
)
async def close_my_ticket(call: Call) -> Answer:
    """Close a support ticket

    Closing it again changes nothing.
    """
    await call.ask("ticket", (await my_ticket(call))["id"], desk.MoveTicket(who="user", status="closed"))
    return Answer(await my_whole_ticket(call))


@route(
    "POST",
    f"{PATH}/{{ticket_id}}/reopen",
    tag=TAG,
    ability="panel",
    answer=MemberTicketDetail,
    rate="60/minute",
    in_suspension=True,
)
async def reopen_my_ticket(call: Call) -> Answer:
    """Reopen a support ticket

    One that is solved or closed; a rating is cleared by it. Otherwise nothing changes.
    """
    await call.ask("ticket", (await my_ticket(call))["id"], desk.MoveTicket(who="user", status="open"))
    return Answer(await my_whole_ticket(call))


@route(
    "POST",
    f"{PATH}/{{ticket_id}}/rating",
    tag=TAG,
    ability="panel",
    body=NewRating,
    answer=MemberTicketDetail,
    rate="60/minute",
    raises=("TICKET_NOT_SOLVED", "RATING_CLOSED"),
    in_suspension=True,
)
async def rate_my_ticket(call: Call) -> Answer:
    """Rate a support ticket

    Once it is solved or closed. It may be changed for seven days.
    """
    row, body = await my_ticket(call), call.body
    await call.ask("ticket", row["id"], desk.Rate(rating=body.rating, comment=body.comment))
    return Answer(await my_whole_ticket(call))


@route(
    "POST",
    "/v1/support/attachments",
    tag=TAG,
    ability="panel",
    body=files.TicketFile,
    form=True,
    answer=files.Uploaded,
    status=201,
    max_body=files.FORM_LIMIT,
    rate="20/minute",
    idempotent=True,
    in_suspension=True,
)
async def upload_for_ticket(call: Call) -> Answer:
    """Upload a file for a support ticket

    PNG, JPEG or WebP (written anew), PDF or plain text, at most 4 MB. It goes after a day unless a message names it.
    """
    return await files.keep(call, call.tenant, _me(call))


@route(
    "GET",
    f"{PATH}/{{ticket_id}}/attachments/{{file}}",
    tag=TAG,
    ability="panel",
    answer=bytes,
    in_suspension=True,
)
async def get_my_file(call: Call) -> Answer:
    """Get a file of a support ticket"""
    await my_ticket(call)
    return await files.send(call, call.tenant)
