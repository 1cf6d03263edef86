"""Why and when: what happened in a conversation in plain words, and how it stood at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec.structs import replace
from pydantic import Field
from typing_extensions import TypedDict

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.explain import explain
from plixa.actors.conversation.state import Conversation
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import NotFound
from plixa.engine.events import Event, Recorded
from plixa.engine.ports import Address, address_of
from plixa.http.api import Answer, Call, route
from plixa.http.api.fields import Body
from plixa.http.conversation.finding import TAG, conversation
from plixa.http.realtime.shown_events import is_rating
from plixa.http.realtime.visible import may_see, sees_ratings
from plixa.storage.conversation.grounds import Grounds, faqs_as_they_were
from plixa.storage.eventlog.reader import read_streams

CHUNK = 500
FOREVER = 2**63 - 1


class Since(Body):
    """`after`: an offset of the log; `limit`: how many entries."""

    after: Annotated[int, Field(ge=0, le=FOREVER)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 200


class TimelineEntry(TypedDict):
    conversation_id: int
    offset: int
    at: datetime
    type: str
    text: str
    by: str
    why: str | None
    details: dict[str, Any]


class Standing(TypedDict):
    offset: int
    at: datetime | None
    status: str
    mode: str
    assigned_user_id: int | None
    sector_id: int | None
    labels: list[int]
    unread_count: int
    snoozed_until: datetime | None
    state: dict[str, Any]


@route("GET", "/v1/conversations/{id}/timeline", tag=TAG, query=Since, answer=list[TimelineEntry])
async def timeline(call: Call) -> Answer:
    """What happened in a conversation, and why

    Every decision in the order of the log, each with its reason: who or which rule, and what else was considered; what
    was decided together may have one offset. Those
    of conversations that were merged into it are among them. `meta.next_after` is null at the end. Of an answer of the
    AI, `details.grounds` are the FAQs that it rests on, in the words that they had then. `text` is in the language of
    whoever asks (`Accept-Language`, or the member's own); what a decision said of itself at its time is quoted as it
    was where we have no other words for it.
    """
    query: Since = call.query
    await conversation(call)
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    state: Conversation = await call.services.bus.state(Address(call.tenant, "conversation", call.params["id"]))
    recorded = await _streams(call, (call.params["id"], *state.parts), query.after, FOREVER, query.limit + 1)
    page = recorded[: query.limit]
    more = page[-1].position if len(recorded) > query.limit else None
    grounds = await call.read(faqs_as_they_were, call.tenant, [(each.position, *_faqs(each.event)) for each in page])
    locale = call.locale(workspace)
    shown = [each for each in page if sees_ratings(workspace, call.caller) or not is_rating(each.event)]
    parts = [replace(each, event=part) for each in shown for part in each.event.stands_for()]
    entries = [_entry(each, workspace, grounds, locale) for each in parts]
    return Answer(entries, {"next_after": more, "limit": query.limit})


def _faqs(event: Event) -> list[int]:
    """The FAQs that an answer rests on."""
    sources = event.sources if isinstance(event, ev.AiAnswered) else ()
    return [int(each.removeprefix("faq:")) for each in sources if each.startswith("faq:")]


def _entry(recorded: Recorded, workspace: Workspace, grounds: Grounds, locale: str) -> TimelineEntry:
    event = recorded.event
    details = {
        name: value
        for name, value in msgspec.to_builtins(event).items()
        if name not in ("content", "jid", "last", "run", "thumbnail")
    }
    if isinstance(event, ev.AiAnswered):
        words = (grounds.get((recorded.position, id_)) for id_ in _faqs(event))
        details["grounds"] = [each for each in words if each is not None]
    return {
        "conversation_id": address_of(recorded.tenant, recorded.stream).id,
        "offset": recorded.position,
        "at": recorded.at,
        "type": event.type,
        "text": explain(event, workspace, locale),
        "by": recorded.actor,
        "why": getattr(event, "why", None),
        "details": details,
    }


@route("GET", "/v1/conversations/{id}/at/{offset}", tag=TAG, answer=Standing)
async def standing(call: Call) -> Answer:
    """How a conversation stood at an offset of the log

    `state` is everything that its actor knew then.
    """
    await conversation(call)
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    state, last = await _folded(call, call.params["offset"])
    if last is None or not may_see(workspace, call.caller, state.assigned_user_id):
        raise NotFound("conversation at this offset")
    known: dict[str, Any] = msgspec.to_builtins(state)
    if not sees_ratings(workspace, call.caller):
        known.pop("survey", None)
    shown = {
        "offset": last.position,
        "at": last.at,
        "status": state.status,
        "mode": state.mode,
        "assigned_user_id": state.assigned_user_id,
        "sector_id": state.sector_id,
        "labels": list(state.labels),
        "unread_count": state.unread_count,
        "snoozed_until": state.snoozed_until,
        "state": known,
    }
    return Answer(shown)


async def _folded(call: Call, upto: int) -> tuple[Conversation, Recorded | None]:
    """The state after everything up to an offset, and the last event of it."""
    state: Conversation = CONVERSATION.initial(call.params["id"])
    last: Recorded | None = None
    while chunk := await _streams(call, (state.id,), last.position if last else 0, upto, CHUNK):
        for recorded in chunk:
            state = CONVERSATION.evolve(state, recorded.event)
        last = chunk[-1]
    return state, last


async def _streams(call: Call, ids: Sequence[int], after: int, upto: int, limit: int) -> list[Recorded]:
    keyring, streams = call.services.store.keyring, [f"conversation-{id_}" for id_ in ids]
    found: list[Recorded] = await call.read(read_streams, keyring, call.tenant, streams, after, upto, limit)
    return found
