"""What an integrator knows by webhook alone, and by pull alone, held against a fresh snapshot.

By webhook: of each resource the event with the highest offset counts, in whatever order they come and however often.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.harness import Json, Workspace

State = dict[str, dict[int, Json]]


def by_webhook(events: Sequence[Json]) -> State:
    """The state after these deliveries."""
    messages, conversations, ends = dict[int, Json](), dict[int, Json](), dict[int, Json]()
    for event in events:
        type_, data = event["type"], event["data"]
        if type_ == "conversation.deleted":
            ends[data["id"]] = data
        else:
            known = messages if type_.startswith("message.") else conversations
            if known.get(data["id"], {"offset": -1})["offset"] < event["offset"]:
                known[data["id"]] = event
    return _without(
        {id_: event["data"] for id_, event in conversations.items()},
        {id_: event["data"] for id_, event in messages.items()},
        ends,
    )


def _without(conversations: dict[int, Json], messages: dict[int, Json], ends: dict[int, Json]) -> State:
    """A deleted conversation goes with its messages; those of a merged one are the other's."""

    def home(id_: int) -> int | None:
        while id_ in ends:
            if (into := ends[id_]["merged_into"]) is None:
                return None
            id_ = into
        return id_

    moved = {id_: {**each, "conversation_id": home(each["conversation_id"])} for id_, each in messages.items()}
    return {
        "conversations": {id_: each for id_, each in conversations.items() if id_ not in ends},
        "messages": {id_: each for id_, each in moved.items() if each["conversation_id"] is not None},
    }


async def snapshot(workspace: Workspace) -> State:
    """Everything as `GET` gives it."""
    conversations = {each["id"]: each for each in await _all(workspace, "/v1/conversations", snoozed="all")}
    messages = [
        message for id_ in conversations for message in await _all(workspace, f"/v1/conversations/{id_}/messages")
    ]
    plain = {id_: {**each, "unread_by_me": None} for id_, each in conversations.items()}
    return {"conversations": plain, "messages": {each["id"]: each for each in messages}}


async def _all(workspace: Workspace, path: str, **query: Any) -> list[Json]:
    found, cursor = list[Json](), None
    while True:
        page = await workspace.get(path, limit=100, **query, **({"cursor": cursor} if cursor else {}))
        found += page["data"]
        if (cursor := page["meta"]["next_cursor"]) is None:
            return found
