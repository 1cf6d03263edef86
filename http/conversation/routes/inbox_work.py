"""What members do with conversations beside answering: labels, taking over, giving back, many at once, later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from plixa.actors.contacts.labels import LABELS
from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.state import Conversation
from plixa.actors.merged import Merged
from plixa.actors.whatsapp.gateway import Content, MessageKind
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event
from plixa.engine.ports import Address
from plixa.http.api import Answer, Call, rendering, route, shapes
from plixa.http.api.fields import Body, Id, Moment
from plixa.http.conversation.finding import (
    TAG,
    after,
    conversation,
    erase,
    must_be_allowed_to_erase,
    must_have_its_number,
    visible,
)
from plixa.http.conversation.routes.messages import MessageText, author_of

TAG_OF_LABELS = "Labels"


class Bulk(Body):
    """One action on up to 100 conversations. Ids that are not yours to see, or were merged, are passed over."""

    action: Literal["close", "reopen", "assign", "delete", "add_label", "remove_label"]
    ids: Annotated[list[Id], Field(min_length=1, max_length=100)]
    assignee_id: Id | None = None
    label_id: Id | None = None


class Affected(TypedDict):
    affected: int


class FlowToStart(Body):
    flow_id: Id


class Later(Body):
    """`only_if_silent`: not if the customer writes before."""

    body: MessageText
    send_at: Moment
    only_if_silent: bool = True


class ScheduledMessage(TypedDict):
    id: int
    body: str | None
    send_at: str
    only_if_silent: bool


@route("POST", "/v1/conversations/{conversation}/labels/{label}", tag=TAG_OF_LABELS, answer=shapes.Conversation)
async def attach(call: Call) -> Answer:
    """Attach a label to a conversation

    Attaching it again changes nothing.
    """
    return await _label(call, attach=True)


@route("DELETE", "/v1/conversations/{conversation}/labels/{label}", tag=TAG_OF_LABELS, answer=shapes.Conversation)
async def detach(call: Call) -> Answer:
    """Detach a label from a conversation"""
    return await _label(call, attach=False)


async def _label(call: Call, *, attach: bool) -> Answer:
    await conversation(call, "conversation")
    command = cmd.Label(label_id=call.params["label"], attach=attach, why=f"user:{call.caller.user_id}")
    return await _told(call, command)


@route(
    "POST", "/v1/conversations/{conversation}/claim", tag=TAG, answer=shapes.Conversation, raises=("ALREADY_ASSIGNED",)
)
async def claim(call: Call) -> Answer:
    """Take a conversation that is nobody's

    Of two who try at once, one gets it; the other hears 409 `ALREADY_ASSIGNED`.
    """
    await conversation(call, "conversation")
    return await _told(call, cmd.Claim(user_id=call.caller.user_id))


@route("POST", "/v1/conversations/{conversation}/take-over", tag=TAG, answer=shapes.Conversation)
async def take_over(call: Call) -> Answer:
    """Lead a conversation yourself

    From here on nothing answers by itself, as if you had written.
    """
    await conversation(call, "conversation")
    return await _told(call, cmd.TakeOver(by=call.caller.user_id))


@route("POST", "/v1/conversations/{conversation}/give-back", tag=TAG, answer=shapes.Conversation)
async def give_back(call: Call) -> Answer:
    """Let the automation lead again

    Flows and the AI answer from the customer's next message on.
    """
    await conversation(call, "conversation")
    return await _told(call, cmd.GiveBack(by=call.caller.user_id))


@route("POST", "/v1/conversations/{conversation}/flow", tag=TAG, body=FlowToStart, answer=shapes.Conversation)
async def start_flow(call: Call) -> Answer:
    """Start a flow in a conversation by hand

    The flow must be published; whether it is enabled does not matter.
    """
    await must_have_its_number(call, await conversation(call, "conversation"))
    return await _told(call, cmd.StartFlow(flow_id=call.body.flow_id))


async def _told(call: Call, command: object) -> Answer:
    conversation_id = call.params["conversation"]
    await call.ask("conversation", conversation_id, command)
    return Answer(await after(call, conversation_id))


@route("POST", "/v1/conversations/bulk", tag=TAG, body=Bulk, answer=Affected, rate="60/minute", acting=False)
async def bulk(call: Call) -> Answer:
    """Apply an action to many conversations in one request

    Answers how many were changed by it.
    """
    body: Bulk = call.body
    await _check(call, body)
    affected = 0
    for conversation_id in dict.fromkeys(body.ids):
        affected += await _one(call, body, conversation_id)
    return Answer({"affected": affected})


async def _check(call: Call, body: Bulk) -> None:
    workspace = await call.services.bus.workspace(call.tenant)
    if body.action == "delete":
        await must_be_allowed_to_erase(call)
    if body.action == "assign":
        if "assignee_id" not in body.model_fields_set:
            raise Invalid({"assignee_id": ["Say who gets them; null takes them from everybody."]})
        workspace.must_have_member(body.assignee_id, "assignee_id")
    if body.action in ("add_label", "remove_label") and body.label_id not in LABELS.of(workspace):
        raise Invalid({"label_id": ["This is not one of the workspace's labels."]})


async def _one(call: Call, body: Bulk, conversation_id: int) -> int:
    """1 if it was changed."""
    try:
        await visible(call, conversation_id)
        if body.action == "delete":
            outcome = await erase(call, conversation_id)
        else:
            outcome = await call.ask("conversation", conversation_id, _command(call, body))
    except (NotFound, Merged):
        return 0
    return 1 if outcome.recorded else 0


def _command(call: Call, body: Bulk) -> object:
    by = call.caller.user_id
    match body.action:
        case "close":
            return cmd.Update(fields=("status",), status="resolved", by=by)
        case "reopen":
            return cmd.Update(fields=("status",), status="open", by=by)
        case "assign":
            return cmd.Update(fields=("assigned_user_id",), assigned_user_id=body.assignee_id, by=by)
        case _:
            attach = body.action == "add_label"
            return cmd.Label(label_id=body.label_id or 0, attach=attach, why=f"user:{by}")


@route("GET", "/v1/conversations/{conversation}/scheduled-messages", tag=TAG, answer=list[ScheduledMessage])
async def list_scheduled(call: Call) -> Answer:
    """List the messages that are to go out later"""
    await conversation(call, "conversation")
    address = Address(call.tenant, "conversation", call.params["conversation"])
    state: Conversation = await call.services.bus.state(address)
    in_order = sorted(state.scheduled, key=lambda each: (each.due, each.id))
    return Answer(
        [_scheduled(each.id, each.content.body, each.due, only_if_silent=each.only_if_silent) for each in in_order]
    )


def _scheduled(id_: int, body: str | None, due: datetime, *, only_if_silent: bool) -> ScheduledMessage:
    return {"id": id_, "body": body, "send_at": due.isoformat(), "only_if_silent": only_if_silent}


@route(
    "POST",
    "/v1/conversations/{conversation}/scheduled-messages",
    tag=TAG,
    body=Later,
    answer=ScheduledMessage,
    status=201,
    idempotent=True,
    raises=("TOO_MANY", "NUMBER_REMOVED"),
)
async def schedule(call: Call) -> Answer:
    """Send a message later

    It is not sent if the customer writes first, unless `only_if_silent` is false.
    """
    body: Later = call.body
    await must_have_its_number(call, await conversation(call, "conversation"))
    content = Content(MessageKind.TEXT, body.body, "conversation")
    command = cmd.Schedule(
        due=body.send_at, author=author_of(call), content=content, only_if_silent=body.only_if_silent
    )
    return await call.answered("conversation", call.params["conversation"], command, rendering(_planned, body.body))


def _planned(events: Sequence[Event], body: str) -> Answer:
    made = next(event for event in events if isinstance(event, ev.MessageScheduled))
    return Answer(_scheduled(made.scheduled_id, body, made.due, only_if_silent=made.only_if_silent), status=201)


@route("DELETE", "/v1/conversations/{conversation}/scheduled-messages/{scheduled}", tag=TAG, status=204)
async def unschedule(call: Call) -> Answer:
    """Do not send it after all"""
    await conversation(call, "conversation")
    await call.ask("conversation", call.params["conversation"], cmd.Unschedule(scheduled_id=call.params["scheduled"]))
    return Answer(status=204)
