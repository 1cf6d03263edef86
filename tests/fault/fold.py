"""How a client folds the live push: by merging, without knowing what any event means. Pure.

`message` is merged by id into the messages, `conversation` by id into the conversations, objects within them key by
key; a conversation that is deleted goes, with its messages, or, where it was merged into another one, without them.
What the member has not read is counted beside it, and when something last went on is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fault.reading import Snapshot
from tests.harness import Json
from tests.mine import Mine, in_order


def merged(old: Any, new: Any) -> Any:
    """Objects key by key, everything else replaced."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
    return new


@dataclass
class Folded:
    """What a client shows. `offsets`: of all events that it was given."""

    mine: Mine
    conversations: dict[int, Json] = field(default_factory=dict)
    messages: dict[int, Json] = field(default_factory=dict)
    offsets: list[int] = field(default_factory=list)

    @property
    def offset(self) -> int:
        """Where to resume."""
        return self.offsets[-1] if self.offsets else 0

    def take(self, event: Json) -> None:
        """Fold one event."""
        self.offsets.append(event["offset"])
        data = event["data"]
        if "message" in data:
            message = {"conversation_id": data["conversation_id"], **data["message"]}
            self.messages[message["id"]] = merged(self.messages.get(message["id"]), message)
        if (id_ := data.get("conversation_id")) in self.conversations or "created_at" in data.get("conversation", {}):
            known = self.conversations.setdefault(id_, {})
            self.mine.count(known, data)
        if "conversation" in data:
            self._conversation(data["conversation"])

    def _conversation(self, change: Json) -> None:
        id_ = change["id"]
        known = self.conversations.get(id_, {})
        self.conversations[id_] = merged(known, in_order(known, change))
        if "merged_into" in change:
            for message in self.messages.values():
                if message["conversation_id"] == id_:
                    message["conversation_id"] = change["merged_into"]
        if change.get("deleted"):
            del self.conversations[id_]
            gone = [message["id"] for message in self.messages.values() if message["conversation_id"] == id_]
            for message_id in gone:
                del self.messages[message_id]


def differences(folded: Folded, truth: Snapshot) -> Iterator[str]:
    """Where a client shows something else than REST does, in the fields that it was told of."""
    for what, shown, real in (
        ("conversation", folded.conversations, truth.conversations),
        ("message", folded.messages, truth.messages),
    ):
        if shown.keys() != real.keys():
            extra, missing = sorted(shown.keys() - real.keys()), sorted(real.keys() - shown.keys())
            yield f"{what}s that are shown only {extra[:5]}, that are missing {missing[:5]}"
        for id_ in shown.keys() & real.keys():
            yield from _fields(f"{what} {id_}", shown[id_], real[id_])


def _fields(where: str, shown: Any, real: Any) -> Iterator[str]:
    if isinstance(shown, dict) and isinstance(real, dict):
        for name, value in shown.items():
            yield from _fields(f"{where}.{name}", value, real.get(name))
    elif shown != real:
        yield f"{where}: {shown!r} is shown, REST says {real!r}"
