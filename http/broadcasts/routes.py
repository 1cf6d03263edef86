"""Broadcasts: tried dry, created, followed, held up and ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from plixa.actors.broadcasts import commands as cmd, events as ev
from plixa.actors.broadcasts.deciding import MOST
from plixa.actors.contacts.labels import LABELS
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event
from plixa.http.api import DEFAULT_BODY, Answer, Call, cursors, rendering, route
from plixa.http.api.fields import Body, Id, Line, Page, Text
from plixa.http.broadcasts.freezing import Listed, sealed_as
from plixa.http.broadcasts.phones import LONGEST, phone_of
from plixa.http.broadcasts.preview import Preview, preview
from plixa.http.broadcasts.times import instant_of
from plixa.http.realtime.visible import sight_of
from plixa.storage.broadcasts import reads, standing

TAG = "Broadcasts"
LISTED = 1_000
BODY = 2 * DEFAULT_BODY
State = Literal["pending", "sent", "delivered", "read", "replied", "failed", "skipped", "unknown"]


class NewRecipient(Body):
    """A number, with its country code or as it is written in the workspace's country; a name for who has none yet."""

    phone: Annotated[Text, StringConstraints(max_length=LONGEST)]
    name: Annotated[Text, StringConstraints(max_length=120)] | None = None


class Recipients(Body):
    """Whom it goes to, and what they read. `{{name}}` and `{{first_name}}` are each contact's own; where there is no
    name, what held it goes along.

    source: `manual` needs `recipients`, `label` needs `label_id` (whoever has the label when it starts).
    phone_instance_id: the number it goes out from; by default the first that is connected.
    ignore_cooldown: also to contacts who have had another broadcast lately.
    """

    body: Annotated[Text, StringConstraints(min_length=1, max_length=1024)]
    source: Literal["manual", "label"] = "manual"
    recipients: Annotated[list[NewRecipient], Field(max_length=LISTED)] | None = None
    label_id: Id | None = None
    phone_instance_id: Id | None = None
    ignore_cooldown: bool = False


class NewBroadcast(Recipients):
    """The same, with what the business calls it, and when it is to start: a time with its offset, or one by the clock
    of the workspace; now, if it is left out."""

    name: Annotated[Line, StringConstraints(max_length=100)]
    scheduled_at: Annotated[Text, StringConstraints(max_length=40)] | None = None


class Chosen(Page):
    """`status`: only recipients of this one."""

    status: State | None = None


class Counts(TypedDict):
    pending: int
    sent: int
    delivered: int
    read: int
    replied: int
    failed: int
    skipped: int
    unknown: int
    opted_out: int
    booked: int


class Broadcast(TypedDict):
    id: int
    name: str
    body: str
    source: Literal["manual", "label"]
    label_id: int | None
    phone_instance_id: int | None
    status: Literal["scheduled", "sending", "paused", "done", "cancelled", "stopped"]
    reason: str | None
    waits_until: datetime | None
    total: int
    counts: Counts
    ignore_cooldown: bool
    scheduled_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    created_by: int | None
    created_at: datetime


class Recipient(TypedDict):
    id: int
    phone: str | None
    name: str | None
    contact_id: int | None
    status: State
    reason: str | None
    message_id: int | None
    conversation_id: int | None
    opted_out_at: datetime | None


@route(
    "POST",
    "/v1/broadcasts/preview",
    tag=TAG,
    who="owner",
    body=Recipients,
    answer=Preview,
    max_body=BODY,
    rate="30/minute",
    feature="broadcasts",
)
async def preview_broadcast(call: Call) -> Answer:
    """Try a broadcast dry

    Nothing is sent and nobody is written down. How many would get it as things stand, who would not and why, the text
    as three of them would read it, and when the last one would have it.
    """
    listed = await _checked(call)
    return Answer(await preview(call, call.body, listed))


@route(
    "POST",
    "/v1/broadcasts",
    tag=TAG,
    who="owner",
    acting=False,
    body=NewBroadcast,
    answer=Broadcast,
    status=201,
    max_body=BODY,
    rate="60/minute",
    idempotent=True,
    feature="broadcasts",
)
async def create_broadcast(call: Call) -> Answer:
    """Create and queue a broadcast

    It starts now or at `scheduled_at`, and goes out at the pace of its number, behind what people say to each other,
    and never in the quiet hours. One number gets it once, however often and in whatever spelling it is listed.
    """
    body: NewBroadcast = call.body
    listed = await _checked(call)
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    broadcast_id = await call.services.bus.fresh_id(call.tenant)
    command = cmd.CreateBroadcast(
        by=call.caller.user_id,
        name=body.name,
        body=body.body,
        source=body.source,
        label_id=body.label_id if body.source == "label" else None,
        number_id=body.phone_instance_id,
        listed=len(listed),
        cooldown=not body.ignore_cooldown,
        scheduled_at=instant_of(body.scheduled_at, workspace.zone),
    )
    attach = [_list_row(call, broadcast_id, listed)] if listed else []
    render = rendering(_created, broadcast_id, command)
    return await call.answered("broadcast", broadcast_id, command, render, attach=attach)


def _list_row(call: Call, broadcast_id: int, listed: Sequence[Listed]) -> object:
    key, data = call.services.store.keyring.application_key, msgspec.json.encode(listed)
    sealed = key.seal(data, sealed_as(call.tenant, broadcast_id))
    return reads.list_row(call.tenant, broadcast_id, sealed, call.services.clock.now())


def _created(events: Sequence[Event], broadcast_id: int, command: cmd.CreateBroadcast) -> Answer:
    """The answer to a request that made a broadcast: as it is at first."""
    created = next(event for event in events if isinstance(event, ev.BroadcastCreated))
    started = next((event for event in events if isinstance(event, ev.BroadcastStarted)), None)
    number = next((event.number_id for event in events if isinstance(event, ev.NumberChosen)), command.number_id)
    counts = dict.fromkeys([*reads.STATES, *reads.BESIDE], 0) | {"pending": command.listed}
    made = {
        "id": broadcast_id,
        "name": command.name,
        "body": command.body,
        "source": command.source,
        "label_id": command.label_id,
        "phone_instance_id": number,
        "status": "scheduled" if started is None else "sending",
        "reason": None,
        "waits_until": None,
        "total": command.listed,
        "counts": counts,
        "ignore_cooldown": not command.cooldown,
        "scheduled_at": command.scheduled_at,
        "started_at": None if started is None else started.at,
        "finished_at": None,
        "created_by": command.by,
        "created_at": created.created_at,
    }
    return Answer(made, status=201)


async def _checked(call: Call) -> list[Listed]:
    """The recipients that were handed in, in canonical form. Raises `Invalid` with all that is wrong at once."""
    body: Recipients = call.body
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    wrong: dict[str, list[str]] = {}
    if body.phone_instance_id is not None and body.phone_instance_id not in workspace.numbers:
        wrong["phone_instance_id"] = ["This is not one of the workspace's numbers."]
    if body.source == "label":
        wrong |= await _wrong_label(call, workspace, body.label_id)
    elif not body.recipients:
        wrong["recipients"] = ["The recipients field is required when source is manual."]
    listed = _listed(body, workspace, wrong) if body.source == "manual" else []
    if wrong:
        raise Invalid(wrong)
    return listed


async def _wrong_label(call: Call, workspace: Workspace, label_id: int | None) -> dict[str, list[str]]:
    if label_id is None:
        return {"label_id": ["The label_id field is required when source is label."]}
    if label_id not in LABELS.of(workspace):
        return {"label_id": ["This is not one of the workspace's labels."]}
    if await call.read(standing.count_labelled, call.tenant, label_id, MOST + 1) > MOST:
        return {"label_id": [f"More than {MOST} contacts have this label. Use a narrower one."]}
    return {}


def _listed(body: Recipients, workspace: Workspace, wrong: dict[str, list[str]]) -> list[Listed]:
    listed: list[Listed] = []
    for index, each in enumerate(body.recipients or ()):
        phone = phone_of(each.phone, workspace.country_code)
        if phone is None:
            wrong[f"recipients.{index}.phone"] = [
                "This is not a phone number. Write country code, area code and number, like +5511987650001."
            ]
        else:
            name = " ".join((each.name or "").split())
            listed.append((phone, name or None))
    return listed


@route("GET", "/v1/broadcasts", tag=TAG, query=Page, answer=list[Broadcast])
async def list_broadcasts(call: Call) -> Answer:
    """List broadcasts

    The latest first, each with how many of its recipients are in which state.
    """
    query: Page = call.query
    before = cursors.decode(query.cursor, int)
    page, more = await call.read(reads.list_broadcasts, call.tenant, before, query.limit)
    return Answer(page, {"next_cursor": cursors.encode(more), "limit": query.limit})


@route("GET", "/v1/broadcasts/{broadcast}", tag=TAG, answer=Broadcast)
async def get_broadcast(call: Call) -> Answer:
    """Get a broadcast

    `reason` and `waits_until` say why it does not go on, and until when: `quiet_hours`, `daily_limit`,
    `number_disconnected`, `number_missing`, `suspended`, `plan`; `person` or `failures` until somebody resumes it.
    """
    return Answer(await _broadcast(call))


async def _broadcast(call: Call) -> dict[str, Any]:
    found: dict[str, Any] | None = await call.read(reads.get_broadcast, call.tenant, call.params["broadcast"])
    if found is None:
        raise NotFound("broadcast")
    return found


@route("GET", "/v1/broadcasts/{broadcast}/recipients", tag=TAG, query=Chosen, answer=list[Recipient])
async def list_recipients(call: Call) -> Answer:
    """List a broadcast's recipients

    In the order in which they are written to. They are written down when it starts. `reason` says why somebody gets
    nothing: `duplicate`, `opted_out`, `cooldown`, `complaint`, `breached_promise`, `in_conversation`, `booked`,
    `no_whatsapp`, `own_number`, `stranger`, `erased`, `cancelled`, or what the gateway said. Who sees only their own
    conversations and nobody's sees the names of those.
    """
    query: Chosen = call.query
    await _broadcast(call)
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    after = cursors.decode(query.cursor, int) or 0
    wanted = (call.params["broadcast"], query.status, min(after, 2**31 - 1), query.limit)
    page, more = await call.read(reads.list_recipients, call.tenant, *wanted, sight_of(workspace, call.caller))
    return Answer(page, {"next_cursor": cursors.encode(more), "limit": query.limit})


async def _told(call: Call, command: Any) -> Answer:
    await call.ask("broadcast", call.params["broadcast"], command)
    return Answer(await _broadcast(call))


@route(
    "POST",
    "/v1/broadcasts/{broadcast}/pause",
    tag=TAG,
    who="owner",
    answer=Broadcast,
    feature="broadcasts",
    raises=("STATUS_CONFLICT",),
)
async def pause_broadcast(call: Call) -> Answer:
    """Pause a broadcast

    Nothing goes out any more until it is resumed, but for what is on its way already.
    """
    return await _told(call, cmd.Pause(by=call.caller.user_id))


@route(
    "POST",
    "/v1/broadcasts/{broadcast}/resume",
    tag=TAG,
    who="owner",
    acting=False,
    answer=Broadcast,
    feature="broadcasts",
    raises=("STATUS_CONFLICT",),
)
async def resume_broadcast(call: Call) -> Answer:
    """Resume a broadcast

    Also one that stopped itself, because too many of the last recipients failed or opted out. Whoever has had it does
    not get it again.
    """
    return await _told(call, cmd.Resume(by=call.caller.user_id))


@route(
    "POST",
    "/v1/broadcasts/{broadcast}/cancel",
    tag=TAG,
    who="owner",
    answer=Broadcast,
    feature="broadcasts",
    raises=("STATUS_CONFLICT",),
)
async def cancel_broadcast(call: Call) -> Answer:
    """Cancel a broadcast still in flight

    What has gone out has gone out; whoever is still waiting becomes `failed` with reason `cancelled`, within seconds.
    Doing it again changes nothing; one that is done cannot be cancelled any more.
    """
    return await _told(call, cmd.CancelBroadcast(by=call.caller.user_id))
