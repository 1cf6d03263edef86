"""What owners ask of a conversation when they look back, each by one call."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from typing_extensions import TypedDict

from plixa.actors.conversation import questions
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.state import Conversation
from plixa.actors.workspace.state import Workspace
from plixa.engine.events import Recorded
from plixa.engine.ports import Address
from plixa.http.api import Answer, Call, route
from plixa.http.api.fields import Body, Moment
from plixa.http.conversation.finding import TAG, conversation
from plixa.storage.eventlog.reader import read_streams

CHUNK, MOST = 500, 20_000
SHOWN = 200


class At(Body):
    """`at`: a time, like 2026-05-25T10:02:00-03:00."""

    at: Moment


class CauseShown(TypedDict):
    code: str
    text: str
    since: datetime | None


class LateShown(TypedDict):
    clock: str
    due_at: datetime
    met_at: datetime | None
    causes: list[CauseShown]


class Why(TypedDict):
    late: list[LateShown]
    unanswered_since: datetime | None
    unanswered: list[CauseShown]


class SeenShown(TypedDict):
    id: int
    direction: str
    type: str
    body: str | None
    author: str
    status: str
    created_at: datetime | None
    edited: bool
    deleted: bool


@route("GET", "/v1/conversations/{id}/why", tag=TAG, answer=Why, rate="120/minute")
async def why(call: Call) -> Answer:
    """Why it was late, and why nothing answers

    `late`: each promise that was broken, with its causes as things stood then, the nearest to the customer first: an
    answer that did not go out (`not_sent`), the `queue` or `nobody`, the `assignee` who had it, what the automation
    said of its silence (`nothing_said`, `ai_handed_off`), a `human` who leads, `ai_off`. `unanswered`: the same for
    the customer's last words where nobody has answered them, with the `plan` that does not include the AI. In the
    language of whoever asks (`Accept-Language`); what a decision said of itself at its time is quoted as it was.
    """
    await conversation(call)
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    state: Conversation = await call.services.bus.state(Address(call.tenant, "conversation", call.params["id"]))
    recorded = await _all(call, state)
    first: Conversation = CONVERSATION.initial(state.id)
    locale = call.locale(workspace)
    late = questions.lateness(recorded, first, CONVERSATION.evolve, workspace, locale)
    since, causes = questions.unanswered(recorded, state, workspace, call.services.clock.now(), locale)
    shown: dict[str, Any] = {
        "late": [msgspec.structs.asdict(each) | {"causes": _plain(each.causes)} for each in late],
        "unanswered_since": since,
        "unanswered": _plain(causes),
    }
    return Answer(shown)


@route("GET", "/v1/conversations/{id}/seen", tag=TAG, query=At, answer=list[SeenShown], rate="120/minute")
async def seen(call: Call) -> Answer:
    """What the customer saw at a time

    The last 200 messages of the chat as their phone had it at `at`, oldest first, each with the words and the tick of
    that moment. No notes, and nothing that had not gone out by then.
    """
    await conversation(call)
    at: datetime = call.query.at
    state: Conversation = await call.services.bus.state(Address(call.tenant, "conversation", call.params["id"]))
    recorded = [each for each in await _all(call, state) if each.at <= at]
    return Answer([msgspec.structs.asdict(each) for each in questions.on_screen(recorded)[-SHOWN:]])


def _plain(causes: Any) -> list[dict[str, Any]]:
    return [msgspec.structs.asdict(each) for each in causes]


async def _all(call: Call, state: Conversation) -> list[Recorded]:
    """The events of a conversation and its parts, oldest first; of very many, the last `MOST`."""
    streams = [f"conversation-{id_}" for id_ in (state.id, *state.parts)]
    found: list[Recorded] = []
    while True:
        after = found[-1].position if found else 0
        chunk = await call.read(
            read_streams, call.services.store.keyring, call.tenant, streams, after, 2**63 - 1, CHUNK
        )
        found = [*found, *chunk][-MOST:]
        if len(chunk) < CHUNK:
            return found
