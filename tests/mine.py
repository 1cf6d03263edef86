"""What a live client keeps by itself: what a member has not read, and when something last went on. Pure.

The rules are those of `actors/conversation/view.py`. The panel's `static/mine.js` says the same in its language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plixa.actors.conversation import events as ev
from plixa.engine.events import Event
from tests.harness import Json

MOST = 100


@dataclass(frozen=True)
class Mine:
    """Whose count it is, and since when they are a member."""

    user_id: int
    since: datetime | None = None

    def counted(self, known: Json, data: Json) -> int | None:
        """What is unread after an event, given the conversation as it was before; None: it has to be asked for."""
        if "absorbed" in data.get("activity", {}):
            return None  # it has another one's messages now, which nobody has counted
        if "created_at" in data.get("conversation", {}):
            return 0  # it has just begun
        unread: int | None = known.get("unread_by_me")
        if unread is None:
            return None
        message, last = data.get("message", {}), last_of(known)
        if message.get("direction") == "inbound" and message["id"] > last and self._counts(message):
            unread = min(MOST, unread + 1)
        activity = data.get("activity", {})
        read = activity.get("seen_by") == self.user_id and activity["upto"] >= last
        return 0 if read else unread

    def _counts(self, message: Json) -> bool:
        joined = self.since and self.since.replace(microsecond=0)
        return joined is None or datetime.fromisoformat(message["created_at"]) >= joined

    def count(self, known: Json, data: Json) -> None:
        """Keep the count of a conversation up to date; without one where it would have to be asked for."""
        unread = self.counted(known, data)
        known["unread_by_me"] = unread
        if unread is None:
            del known["unread_by_me"]


def in_order(known: Json, part: Json) -> Json:
    """What an event says of a conversation, with the latest activity that this leaves it with."""
    told = (part.get("last_message") or {}).get("created_at")
    was = part.get("last_activity_at") or known.get("last_activity_at")
    if told is None or was is None:
        return part
    return {**part, "last_activity_at": max(told, was, key=datetime.fromisoformat)}


def last_of(conversation: Json) -> int:
    """The id of its last message."""
    last: int = (conversation.get("last_message") or {}).get("id", 0)
    return last


def unread_to(user_id: int, log: Sequence[Event]) -> int:
    """The same, counted anew from a conversation's whole log."""
    seen, received = 0, list[int]()
    for event in log:
        match event:
            case ev.MessageReceived():
                received.append(event.message_id)
            case ev.ConversationSeen() if event.user_id == user_id:
                seen = event.upto
            case ev.MessageQueued() if event.why == "scheduled":
                pass
            case ev.MessageQueued() | ev.MessageNoted() if (event.author.kind, event.author.id) == ("user", user_id):
                seen = event.message_id
            case _:
                pass
    return min(MOST, sum(id_ > seen for id_ in received))
