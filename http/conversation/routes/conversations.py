"""Conversations: the inbox and what can be done with one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, StringConstraints

from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation.events import ConversationDeleted
from plixa.actors.merged import Merged
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Outcome
from plixa.engine.errors import Conflict, Forbidden, NotFound
from plixa.http.api import Answer, Call, cursors, route, shapes
from plixa.http.api.fields import Body, Id, Moment, Page, Text
from plixa.http.clients.numbers import canonical
from plixa.http.conversation.merging import Joining
from plixa.http.realtime.visible import may_see, reader_of, shown, shown_to, sight_of
from plixa.storage.conversation import inbox, merges

TAG = "Conversations"
Flag = Literal["0", "1"]


def _assignee(value: Any) -> Any:
    return value if value in ("me", "none") else int(value) if str(value).isdecimal() else value


class Inbox(Page):
    """Which conversations. `assignee` is a member's id, `me` or `none`; `q` are beginnings of words of the customer's
    name, whatever their case and accents, or some of the number's digits. What is snoozed is left out, unless it is
    asked for with `snoozed` (1: only that, all: that too) or looked for with `q`. `unread`: 1 for what nobody has read,
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
    q: Annotated[Text, StringConstraints(max_length=200)] | None = None


class Change(Body):
    """What is left out stays as it is; an empty name clears it."""

    contact_name: Annotated[Text, StringConstraints(max_length=120)] | None = None
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
    house: Workspace = await call.services.bus.house(call.tenant)
    page, head, more = await call.read(
        inbox.list_conversations,
        call.tenant,
        filter_of(query, call, house),
        cursors.decode(query.cursor, tuple[datetime, int]),
        query.limit,
        reader_of(house, call.caller),
    )
    at = call.services.clock.now()
    rows = [shown(house, call.caller, row, at) for row in page]
    return Answer(rows, {"next_cursor": cursors.encode(more), "limit": query.limit, "head": head})


def filter_of(query: Inbox, call: Call, house: Workspace) -> inbox.InboxFilter:
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
        unread_to=reader_of(house, call.caller) if query.unread == "mine" else None,
        q=query.q,
        forms=(canonical(query.q),) if query.q else (),
        sight=sight_of(house, call.caller),
    )


def _snoozed(query: Inbox) -> bool | None:
    """Whether to list what is snoozed only, what is not, or (None) both: who looks for somebody wants to find them."""
    chosen = query.snoozed or ("all" if query.q else "0")
    return None if chosen == "all" else chosen == "1"


@route("GET", "/v1/conversations/{id}", tag=TAG, answer=shapes.Conversation)
async def get_conversation(call: Call) -> Answer:
    """Get a conversation"""
    return Answer(await shown_to(call, await conversation(call)))


async def conversation(call: Call, name: str = "id") -> dict[str, Any]:
    """The conversation that the path names. Raises `NotFound`, also for one that the caller may not see; `Merged`."""
    return await visible(call, call.params[name])


async def visible(call: Call, conversation_id: int) -> dict[str, Any]:
    """This conversation as the caller sees it. Raises `NotFound`, also for another workspace's; `Merged`."""
    found: dict[str, Any] | None = await call.read(inbox.get_conversation, call.tenant, conversation_id)
    house: Workspace = await call.services.bus.house(call.tenant)
    if found is None:
        await _refuse_merged(call, house, conversation_id)
    if found is None or not may_see(house, call.caller, found["assigned_user_id"]):
        raise NotFound("conversation")
    return shown(house, call.caller, found, call.services.clock.now())


async def _refuse_merged(call: Call, house: Workspace, conversation_id: int) -> None:
    """Raises `Merged` for one that is a part of a conversation that the caller may see."""
    survivor = await call.read(merges.survivor, call.tenant, conversation_id)
    if survivor is not None and may_see(house, call.caller, survivor[1]):
        raise Merged(survivor[0])


async def must_have_its_number(call: Call, found: dict[str, Any]) -> None:
    """Raises `Conflict` where nothing can be sent any more, because the conversation's number was removed."""
    house = await call.services.bus.house(call.tenant)
    if found["phone_instance_id"] not in house.numbers:
        raise Conflict(
            "This conversation's WhatsApp number was removed, so nothing can be sent in it. Write to the customer from "
            "another number: what they answer begins a conversation there.",
            code="NUMBER_REMOVED",
        )


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


async def after(call: Call, conversation_id: int) -> dict[str, Any]:
    """A conversation after a change of the caller's, be it one that takes it out of their sight."""
    found = await call.read(inbox.get_conversation, call.tenant, conversation_id)
    if found is None:
        raise NotFound("conversation")
    return await shown_to(call, found)


@route("DELETE", "/v1/conversations/{id}", tag=TAG, status=204)
async def delete_conversation(call: Call) -> Answer:
    """Delete a conversation

    Erases it with every message and file in it, for good, and with what was merged into it; the contact stays. If they
    write again, a new conversation begins. The owner's to do, or every member's where the inbox configuration says so.
    """
    await conversation(call)
    await must_be_allowed_to_erase(call)
    await erase(call, call.params["id"])
    return Answer(status=204)


async def must_be_allowed_to_erase(call: Call) -> None:
    """Raises `Forbidden` for members where erasing is the owner's alone."""
    house: Workspace = await call.services.bus.house(call.tenant)
    if call.caller.role != "owner" and not house.inbox.members_may_delete:
        raise Forbidden(
            "Only the owner of the workspace may delete conversations for good. Resolve it instead, or have the owner "
            "turn on `members_may_delete` in the inbox configuration."
        )


async def erase(call: Call, conversation_id: int) -> Outcome:
    """Erase a conversation and all that it is made of; whoever wrote in it gets a new one."""
    outcome = await call.ask("conversation", conversation_id, cmd.Delete())
    deleted = outcome.first(ConversationDeleted)
    await joining(call).erase(deleted.parts, deleted.files)
    await call.services.directory.unroute(call.tenant, conversation_id, f"http:{call.request_id}")
    return outcome


def joining(call: Call) -> Joining:
    """What makes a merge true, on behalf of this request."""
    return Joining(call.services.database, call.services.bus, call.tenant, f"http:{call.request_id}")


@route("POST", "/v1/conversations/{conversation}/snooze", tag=TAG, body=SnoozeUntil, answer=shapes.Conversation)
async def snooze(call: Call) -> Answer:
    """Snooze a conversation

    Hides it from the default inbox until then, or until the customer writes.
    """
    body: SnoozeUntil = call.body
    await conversation(call, "conversation")
    await call.ask("conversation", call.params["conversation"], cmd.Snooze(until=body.until))
    return Answer(await after(call, call.params["conversation"]))


@route("POST", "/v1/conversations/{conversation}/read", tag=TAG, answer=shapes.Conversation)
async def mark_read(call: Call) -> Answer:
    """Mark a conversation as read

    Its unread count becomes 0 and the customer sees blue ticks. `unread_by_me`, what you have not read yourself,
    becomes 0 for you alone, and only when you do it at the panel.
    """
    await conversation(call, "conversation")
    command = cmd.MarkRead(user_id=call.caller.user_id, in_person=call.caller.panel)
    await call.ask("conversation", call.params["conversation"], command)
    return Answer(await after(call, call.params["conversation"]))
