"""Support as staff have it: all tickets, notes, who else is looking, and what is shared at the desk."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from plixa.actors.desk import shared, ticket as desk
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event
from plixa.engine.ports import Address
from plixa.http.api import Answer, Call, cursors, rendering, route
from plixa.http.api.fields import Body, Id, Line, Page
from plixa.http.desk import files
from plixa.http.desk.parts import LASTS, VIEWERS, Viewer
from plixa.http.desk.resources import (
    Priority,
    StaffTicket,
    StaffTicketDetail,
    Status,
    TicketViewer,
    replays,
    shown_viewer,
    staff_message,
    staff_ticket,
)
from plixa.storage.desk import reads
from plixa.storage.staff import admins

TAG = "Admin — Support"
PATH = "/v1/admin/support/tickets"
ONE = f"{PATH}/{{ticket}}"
REPLIES, TAGS = "/v1/admin/support/canned-replies", "/v1/admin/support/tags"
_PLACEHOLDER = re.compile(r"\{\{\s*(\w{1,40})\s*\}\}")
Words = Annotated[Line, StringConstraints(max_length=8000)]
Title = Annotated[Line, StringConstraints(max_length=80)]


class DeskQuery(Page):
    """`assignee`: a number, `me` or `none`. `overdue`: nobody has answered in time. `order`: `waiting` is by how long
    the member has waited for an answer, and leaves out who does not."""

    status: Status | None = None
    priority: Priority | None = None
    assignee: Annotated[str, StringConstraints(pattern=r"^(me|none|[1-9][0-9]{0,17})$")] | None = None
    tag: Id | None = None
    tenant_id: Id | None = None
    overdue: Literal["0", "1"] = "0"
    order: Literal["newest", "waiting"] = "newest"


class StaffWords(Body):
    """`body`, or `canned_reply_id`. `is_internal`: a note, which members never hear of. `seen`: the newest message that
    one has seen; where there is a newer one, nothing is sent."""

    body: Words | None = None
    canned_reply_id: Id | None = None
    is_internal: bool = False
    seen: Id | None = None
    attachments: files.Files = Field(default_factory=files.none)


class SetStatus(Body):
    status: Status


class SetPriority(Body):
    priority: Priority


class SetAssignee(Body):
    """`admin_id`: null is nobody."""

    admin_id: Id | None = None


class SetTags(Body):
    """`tag_ids`: all that it is to have."""

    tag_ids: Annotated[list[Id], Field(max_length=50)]


class Viewing(Body):
    state: Literal["viewing", "writing", "gone"] = "viewing"


class NewReply(Body):
    """Placeholders: `{{name}}`, `{{first_name}}`, `{{company}}`, `{{ticket}}`, `{{agent}}`."""

    title: Title
    body: Words


class ChangeReply(Body):
    """What is left out stays as it is."""

    title: Title | None = None
    body: Words | None = None


class NewTag(Body):
    name: Annotated[Line, StringConstraints(max_length=50)]


class CannedReplyShown(TypedDict):
    id: int
    title: str
    body: str


class TagShown(TypedDict):
    id: int
    name: str


# -- tickets -----------------------------------------------------------------------------------------------------------


@route("GET", PATH, tag=TAG, who="admin", query=DeskQuery, answer=list[StaffTicket], act="ticket.listed")
async def list_tickets(call: Call) -> Answer:
    """List the tickets of all workspaces"""
    query: DeskQuery = call.query
    waiting = query.order == "waiting"
    after: Any = cursors.decode(query.cursor, tuple[datetime, int] if waiting else int)
    now = call.services.clock.now()
    rows = await call.read(reads.list_tickets, _chosen(query, call.caller.user_id), after, query.limit, now)
    page = rows[: query.limit]
    last = page[-1] if len(rows) > query.limit else None
    more = None if last is None else (last["waiting_since"], last["id"]) if waiting else last["id"]
    meta = {"next_cursor": cursors.encode(more), "limit": query.limit}
    tags = (await _desk(call)).tags
    return Answer([_shown(call, row, tags) for row in page], meta)


def _chosen(query: DeskQuery, me: int) -> reads.TicketFilter:
    named = {"me": me, "none": 0, None: None}
    assignee = named[query.assignee] if query.assignee in named else int(query.assignee or 0)
    return reads.TicketFilter(
        tenant=query.tenant_id,
        status=query.status,
        priority=query.priority,
        assignee=assignee,
        tag=query.tag,
        overdue=query.overdue == "1",
        order=query.order,
    )


def _shown(call: Call, row: Any, tags: Container[int]) -> dict[str, Any]:
    now = call.services.clock.now()
    others = call.services[VIEWERS].others(row["id"], call.caller.user_id, now)
    shown = staff_ticket(row, others, now)
    return {**shown, "tag_ids": [each for each in shown["tag_ids"] if each in tags]}  # a removed one is no tag any more


@route("GET", ONE, tag=TAG, who="admin", answer=StaffTicketDetail, act="ticket.opened")
async def get_ticket(call: Call) -> Answer:
    """Open a ticket

    With all that was said in it, notes included.
    """
    return Answer(await _whole(call))


async def _whole(call: Call) -> dict[str, Any]:
    row = await ticket_row(call)
    messages = await call.read(reads.list_messages, row["tenant_id"], row["id"], notes=True)
    state: desk.Ticket = await call.services.bus.state(Address(row["tenant_id"], "ticket", row["id"]))
    said = [staff_message(each) for each in messages]
    return {**_shown(call, row, (await _desk(call)).tags), "messages": said, "replays": replays(state.grants)}


async def ticket_row(call: Call) -> Any:
    """The ticket of the path; says whom the request concerns. Raises `NotFound`."""
    row = await call.read(reads.find_ticket, call.params["ticket"])
    if row is None:
        raise NotFound("ticket")
    concern = call.concern
    concern.tenant, concern.target, concern.target_id = row["tenant_id"], "ticket", row["id"]
    return row


async def _change(call: Call, command: Any, **was: str) -> Answer:
    """Ask the ticket; its state before is in the audit. was: what to tell of it, and its column."""
    row = await ticket_row(call)
    call.concern.before = {name: _plain(row[column]) for name, column in was.items()} or None
    await call.ask("ticket", row["id"], command, tenant=row["tenant_id"])
    return Answer(await _whole(call))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


@route(
    "POST",
    f"{ONE}/messages",
    tag=TAG,
    who="admin",
    body=StaffWords,
    answer=StaffTicketDetail,
    status=201,
    raises=("TICKET_CLOSED", "TICKET_FULL", "NEWER_MESSAGE"),
    idempotent=True,
    act="ticket.answered",
)
async def answer_ticket(call: Call) -> Answer:
    """Answer a ticket, or write a note in it

    Its opener gets a mail that there is an answer, without its words. A canned reply's placeholders are filled in.
    """
    row, body = await ticket_row(call), call.body
    text = body.body if body.canned_reply_id is None else await _canned(call, row, body.canned_reply_id)
    if text is None:
        raise Invalid({"body": ["Write something, or name a canned reply."]})
    if body.is_internal and body.attachments:
        raise Invalid({"attachments": ["A note takes no files."]})
    taken = await files.taken(call, row["tenant_id"], _me(call), body.attachments)
    command = desk.Write(
        who="admin",
        author=call.caller.user_id,
        name=call.caller.name,
        body=text,
        files=taken,
        internal=body.is_internal,
        seen=body.seen,
    )
    before = await _whole(call)
    await call.ask("ticket", row["id"], command, tenant=row["tenant_id"], render=rendering(_as_said, before))
    return Answer(await _whole(call), status=201)


def _as_said(events: Sequence[Event], before: dict[str, Any]) -> Answer:
    """The ticket with what was just said, for whoever sends the same request again."""
    [said] = [each for each in events if isinstance(each, desk.TicketWritten | desk.TicketNoted)]
    written = said if isinstance(said, desk.TicketWritten) else None
    message = {
        "id": said.message_id,
        "author": {"kind": "staff", "id": said.author, "name": said.name},
        "body": said.body,
        "attachments": [] if written is None else files.shown(written.files),
        "created_at": said.at,
        "is_internal": written is None,
    }
    told = {"updated_at": said.at} if written is None else _answered(before, written)
    moved = [{"status": each.status} for each in events if isinstance(each, desk.TicketMoved)]
    more = moved[0] if moved else {}
    return Answer({**before, **told, **more, "messages": [*before["messages"], message]}, status=201)


def _answered(before: dict[str, Any], said: desk.TicketWritten) -> dict[str, Any]:
    """What is different in a ticket that staff have answered."""
    first = before["first_response"]
    return {
        "messages_count": before["messages_count"] + 1,
        "last_message_id": said.message_id,
        "last_author": "staff",
        "last_message_at": said.at,
        "waiting_since": None,
        "first_response": {**first, "met_at": first["met_at"] or said.at},
        "updated_at": said.at,
    }


def _me(call: Call) -> str:
    return f"admin:{call.caller.user_id}"


async def _canned(call: Call, row: Any, reply_id: int) -> str:
    """A canned reply for this ticket. Raises `Invalid` for one that is not there, or names what nobody knows."""
    reply = (await _desk(call)).replies.get(reply_id)
    if reply is None:
        raise Invalid({"canned_reply_id": ["This canned reply does not exist."]})
    return filled(
        reply.body,
        {
            "name": row["opener_name"] or "",
            "first_name": (row["opener_name"] or "").partition(" ")[0],
            "company": row["company"] or "",
            "ticket": str(row["id"]),
            "agent": call.caller.name,
        },
    )


def filled(text: str, values: dict[str, str]) -> str:
    """The text with its placeholders filled in. Raises `Invalid` for one that is unknown, or has no value."""
    if wrong := sorted({name for name in _PLACEHOLDER.findall(text) if not values.get(name)}):
        raise Invalid({"canned_reply_id": [f"There is no value for {', '.join(wrong)}."]})
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


@route("POST", f"{ONE}/status", tag=TAG, who="admin", body=SetStatus, answer=StaffTicketDetail, act="ticket.moved")
async def set_status(call: Call) -> Answer:
    """Move a ticket through its lifecycle

    `open`, `pending`, `solved` or `closed`. Solved closes by itself after seven days.
    """
    return await _change(call, desk.MoveTicket(who="admin", status=call.body.status), status="status")


@route("POST", f"{ONE}/close", tag=TAG, who="admin", answer=StaffTicketDetail, act="ticket.closed")
async def close_ticket(call: Call) -> Answer:
    """Close a ticket"""
    return await _change(call, desk.MoveTicket(who="admin", status="closed"), status="status")


@route("POST", f"{ONE}/reopen", tag=TAG, who="admin", answer=StaffTicketDetail, act="ticket.reopened")
async def reopen_ticket(call: Call) -> Answer:
    """Reopen a ticket"""
    return await _change(call, desk.MoveTicket(who="admin", status="open"), status="status")


@route(
    "POST",
    f"{ONE}/priority",
    tag=TAG,
    who="admin",
    body=SetPriority,
    answer=StaffTicketDetail,
    act="ticket.prioritised",
)
async def set_priority(call: Call) -> Answer:
    """Set a ticket's priority

    By it, it is told until when somebody should have answered. What the member wished stays as `requested_priority`.
    """
    return await _change(call, desk.Prioritise(priority=call.body.priority), priority="priority")


@route("POST", f"{ONE}/assign", tag=TAG, who="admin", body=SetAssignee, answer=StaffTicketDetail, act="ticket.assigned")
async def assign_ticket(call: Call) -> Answer:
    """Assign a ticket to somebody of staff, or to nobody"""
    admin_id = call.body.admin_id
    if admin_id is not None and await call.read(admins.get_admin, admin_id) is None:
        raise Invalid({"admin_id": ["This is nobody of the staff."]})
    return await _change(call, desk.Assign(admin_id=admin_id), admin_id="assignee")


@route("PUT", f"{ONE}/tags", tag=TAG, who="admin", body=SetTags, answer=StaffTicketDetail, act="ticket.tagged")
async def set_tags(call: Call) -> Answer:
    """Set a ticket's tags

    They take the place of those that it has.
    """
    tags, wanted = (await _desk(call)).tags, call.body.tag_ids
    if wrong := [place for place, id_ in enumerate(wanted) if id_ not in tags]:
        raise Invalid({f"tag_ids.{place}": ["This tag does not exist."] for place in wrong})
    return await _change(call, desk.TagTicket(tags=tuple(wanted)), tag_ids="tags")


@route("POST", f"{ONE}/viewing", tag=TAG, who="admin", body=Viewing, answer=list[TicketViewer], act="ticket.viewed")
async def view_ticket(call: Call) -> Answer:
    """Say that one is looking at a ticket, and hear who else is

    Good for 30 seconds. It is advice, never a lock.
    """
    row, caller, now = await ticket_row(call), call.caller, call.services.clock.now()
    await call.services.bus.own(row["tenant_id"])  # who looks is known where the ticket is
    viewers = call.services[VIEWERS]
    if call.body.state == "gone":
        viewers.leave(row["id"], caller.user_id)
    else:
        viewers.say(row["id"], Viewer(caller.user_id, caller.name, call.body.state, now + LASTS), now)
    return Answer([shown_viewer(each) for each in viewers.others(row["id"], caller.user_id, now)])


@route(
    "POST",
    f"{ONE}/attachments",
    tag=TAG,
    who="admin",
    body=files.TicketFile,
    form=True,
    answer=files.Uploaded,
    status=201,
    max_body=files.FORM_LIMIT,
    idempotent=True,
    act="ticket.file_added",
)
async def upload_for_answer(call: Call) -> Answer:
    """Upload a file for an answer

    As for members.
    """
    row = await ticket_row(call)
    return await files.keep(call, row["tenant_id"], _me(call))


@route("GET", f"{ONE}/attachments/{{file}}", tag=TAG, who="admin", answer=bytes, act="ticket.file_opened")
async def get_file(call: Call) -> Answer:
    """Get a file of a ticket"""
    row = await ticket_row(call)
    call.params = {"ticket_id": row["id"], "file": call.params["file"]}
    return await files.send(call, row["tenant_id"])


# -- what is shared ----------------------------------------------------------------------------------------------------


async def _desk(call: Call) -> shared.Desk:
    """As it is now. Tenant 0 may be another node's than the ticket's."""
    state: shared.Desk = await call.services.bus.look_at(Address(0, "desk", 0))
    return state


async def _ask(call: Call, command: Any) -> shared.Desk:
    outcome = await call.ask("desk", 0, command, tenant=0)
    state: shared.Desk = outcome.state
    return state


@route("GET", REPLIES, tag=TAG, who="admin", answer=list[CannedReplyShown], act="canned_reply.listed")
async def list_replies(call: Call) -> Answer:
    """List the canned replies, by title"""
    replies = (await _desk(call)).replies.values()
    return Answer([_reply(each) for each in sorted(replies, key=lambda each: (each.title.casefold(), each.id))])


def _reply(reply: shared.CannedReply) -> dict[str, Any]:
    return {"id": reply.id, "title": reply.title, "body": reply.body}


@route(
    "POST",
    REPLIES,
    tag=TAG,
    who="admin",
    body=NewReply,
    answer=CannedReplyShown,
    status=201,
    idempotent=True,
    act="canned_reply.added",
)
async def add_reply(call: Call) -> Answer:
    """Add a canned reply

    Shared by all staff.
    """
    command = shared.SaveReply(title=call.body.title, body=call.body.body)
    return await call.answered("desk", 0, command, rendering(_as_added), tenant=0)


def _as_added(events: Sequence[Event]) -> Answer:
    [saved] = [each for each in events if isinstance(each, shared.ReplySaved)]
    return Answer({"id": saved.reply_id, "title": saved.title, "body": saved.body}, status=201)


@route(
    "PATCH",
    f"{REPLIES}/{{cannedReply}}",
    tag=TAG,
    who="admin",
    body=ChangeReply,
    answer=CannedReplyShown,
    act="canned_reply.changed",
)
async def change_reply(call: Call) -> Answer:
    """Change a canned reply"""
    reply_id = call.params["cannedReply"]
    known = (await _desk(call)).replies.get(reply_id)
    call.concern.before = None if known is None else {"title": known.title, "body": {"characters": len(known.body)}}
    command = shared.SaveReply(reply_id=reply_id, title=call.body.title, body=call.body.body)
    return Answer(_reply((await _ask(call, command)).replies[reply_id]))


@route("DELETE", f"{REPLIES}/{{cannedReply}}", tag=TAG, who="admin", status=204, act="canned_reply.removed")
async def remove_reply(call: Call) -> Answer:
    """Remove a canned reply"""
    await _ask(call, shared.RemoveReply(reply_id=call.params["cannedReply"]))
    return Answer(status=204)


@route("GET", TAGS, tag=TAG, who="admin", answer=list[TagShown], act="tag.listed")
async def list_tags(call: Call) -> Answer:
    """List the tags of tickets, by name"""
    tags = (await _desk(call)).tags.values()
    return Answer([{"id": each.id, "name": each.name} for each in sorted(tags, key=lambda tag: tag.name.casefold())])


@route("POST", TAGS, tag=TAG, who="admin", body=NewTag, answer=TagShown, status=201, idempotent=True, act="tag.added")
async def add_tag(call: Call) -> Answer:
    """Add a tag

    Names are told apart without case and accents.
    """
    return await call.answered("desk", 0, shared.AddTag(name=call.body.name), rendering(_as_new_tag), tenant=0)


def _as_new_tag(events: Sequence[Event]) -> Answer:
    [added] = [each for each in events if isinstance(each, shared.TagAdded)]
    return Answer({"id": added.tag_id, "name": added.name}, status=201)


@route("DELETE", f"{TAGS}/{{id}}", tag=TAG, who="admin", status=204, act="tag.removed")
async def remove_tag(call: Call) -> Answer:
    """Remove a tag

    Tickets do not have it any more.
    """
    call.concern.target = "tag"
    await _ask(call, shared.RemoveTag(tag_id=call.params["id"]))
    return Answer(status=204)
