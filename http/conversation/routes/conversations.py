"""Conversations: the inbox and what can be done with one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, StringConstraints

from plixa.actors.conversation import commands as cmd
from plixa.actors.fields import Name
from plixa.actors.workspace.state import Workspace
from plixa.http.api import Answer, Call, cursors, route, shapes
from plixa.http.api.fields import Body, Id, Moment, Page, Text
from plixa.http.clients.written_numbers import sought_forms
from plixa.http.conversation.finding import TAG, after, conversation, erase, must_be_allowed_to_erase
from plixa.http.realtime.visible import reader_of, shown, shown_to, sight_of
from plixa.storage.conversation import inbox

Flag = Literal["0", "1"]


def _assignee(value: Any) -> Any:
    return value if value in ("me", "none") else int(value) if str(value).isdecimal() else value


class Inbox(Page):
    """Which conversations. `assignee` is a member's id, `me` or `none`; `q` are beginnings of words of the customer's
    name, whatever their case and accents, or some of the number's digits. What is snoozed is left out, unless it is
    asked for with `snoozed` (1: only that, all: that too) or looked for with `q`. `in_doubt`: only those with a message
    of which it is not known whether it went out. `unread`: 1 for what nobody has read,
    0 for the rest, `mine` for what you have not read yourself.
    """

    status: Literal["open", "pending", "resolved"] | None = None
    mode: Literal["flow", "ai", "human", "idle"] | None = None
    assignee: Annotated[Id | Literal["me", "none"], BeforeValidator(_assignee)] | None = None
    label: Id | None = None
    sector: Id | None = None
    phone_instance: Id | None = None
    snoozed: Literal["0", "1", "all"] | None = None
    unread: Flag | Literal["mine"] | None = None
    in_doubt: Literal["1"] | None = None
    q: Annotated[Text, StringConstraints(max_length=200)] | None = None


class Change(Body):
    """What is left out stays as it is; an empty name clears it."""

    contact_name: Name | None = None
    notes: Annotated[Text, StringConstraints(max_length=4000)] | None = None
    assigned_user_id: Id | None = None
    sector_id: Id | None = None
    status: Literal["open", "resolved"] | None = None


class SnoozeUntil(Body):
    """Null, or nothing, wakes it."""

    until: Moment | None = None


@route("GET", "/v1/conversations", tag=TAG, query=Inbox, answer=list[shapes.Conversation])
async def list_conversations(call: Call) -> Answer:
    """List conversations

    Latest activity first. `meta.head` is the log's offset as of which the list is true: resume the live push from
    there.
    """
    query: Inbox = call.query
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    page, head, more = await call.read(
        inbox.list_conversations,
        call.tenant,
        filter_of(query, call, workspace),
        cursors.decode(query.cursor, tuple[datetime, int]),
        query.limit,
        reader_of(workspace, call.caller),
    )
    at = call.services.clock.now()
    rows = [shown(workspace, call.caller, row, at) for row in page]
    return Answer(rows, {"next_cursor": cursors.encode(more), "limit": query.limit, "head": head})


def filter_of(query: Inbox, call: Call, workspace: Workspace) -> inbox.InboxFilter:
    """What was asked for, within what the caller may see."""
    me = call.caller.user_id
    assignee = {"me": me, "none": 0}.get(str(query.assignee), query.assignee)
    return inbox.InboxFilter(
        status=query.status,
        mode=query.mode,
        assignee=assignee if isinstance(assignee, int) else None,
        label=query.label,
        sector=query.sector,
        phone_instance=query.phone_instance,
        snoozed=_snoozed(query),
        unread=None if query.unread in (None, "mine") else query.unread == "1",
        unread_to=reader_of(workspace, call.caller) if query.unread == "mine" else None,
        in_doubt=query.in_doubt == "1",
        q=query.q,
        forms=tuple(sought_forms(query.q, workspace.country_code)) if query.q else (),
        sight=sight_of(workspace, call.caller),
    )


def _snoozed(query: Inbox) -> bool | None:
    """Whether to list what is snoozed only, what is not, or (None) both: who looks for somebody wants to find them."""
    chosen = query.snoozed or ("all" if query.q else "0")
    return None if chosen == "all" else chosen == "1"


@route("GET", "/v1/conversations/{id}", tag=TAG, answer=shapes.Conversation)
async def get_conversation(call: Call) -> Answer:
    """Get a conversation"""
    return Answer(await shown_to(call, await conversation(call)))


@route("PATCH", "/v1/conversations/{id}", tag=TAG, body=Change, answer=shapes.Conversation)
async def change_conversation(call: Call) -> Answer:
    """Update a conversation"""
    body: Change = call.body
    await conversation(call)
    command = cmd.Update(
        fields=tuple(body.model_fields_set),
        name=body.contact_name or None,
        notes=body.notes or None,
        assigned_user_id=body.assigned_user_id,
        sector_id=body.sector_id,
        status=body.status,
        by=call.caller.user_id,
    )
    await call.ask("conversation", call.params["id"], command)
    return Answer(await after(call, call.params["id"]))


@route("DELETE", "/v1/conversations/{id}", tag=TAG, status=204, acting=False)
async def delete_conversation(call: Call) -> Answer:
    """Delete a conversation

    Erases it with every message and file in it, for good, and with what was merged into it; the contact stays. If they
    write again, a new conversation begins. The owner's to do, or every member's where the inbox configuration says so.
    """
    await conversation(call)
    await must_be_allowed_to_erase(call)
    await erase(call, call.params["id"])
    return Answer(status=204)


@route("POST", "/v1/conversations/{conversation}/snooze", tag=TAG, body=SnoozeUntil, answer=shapes.Conversation)
async def snooze(call: Call) -> Answer:
    """Snooze a conversation

    Hides it from the default inbox until then, or until the customer writes.
    """
    body: SnoozeUntil = call.body
    await conversation(call, "conversation")
    await call.ask("conversation", call.params["conversation"], cmd.Snooze(until=body.until))
    return Answer(await after(call, call.params["conversation"]))


@route("POST", "/v1/conversations/{conversation}/read", tag=TAG, answer=shapes.Conversation, acting=False)
async def mark_read(call: Call) -> Answer:
    """Mark a conversation as read

    Its unread count becomes 0 and the customer sees blue ticks. `unread_by_me`, what you have not read yourself,
    becomes 0 for you alone, and only when you do it at the panel.
    """
    await conversation(call, "conversation")
    command = cmd.MarkRead(user_id=call.caller.user_id, in_person=call.caller.panel)
    await call.ask("conversation", call.params["conversation"], command)
    return Answer(await after(call, call.params["conversation"]))
