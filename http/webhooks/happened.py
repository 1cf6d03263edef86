"""What of the log is told to endpoints, and in which words.

A message event is told when the message is new and whenever it changes (its status, an edit, its file, its deletion);
a conversation's once a commit, whatever the commit changed of it. `data` is the resource as `GET` gives it to an owner,
as it is when the event is queued, some milliseconds after the commit: never older than what happened. What is gone by
then is not told of, but for the end of a conversation, which says no more than which one it was.

An event's id names the workspace, the log's offset and what it is about: the same on every way and at every try.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.view import show
from plixa.actors.workspace.state import Workspace
from plixa.engine.events import Recorded
from plixa.engine.ports import address_of
from plixa.http.api import Caller
from plixa.http.realtime.visible import shown
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.webhooks.feeds import Happening, Resource, Told

OWNER = Caller(0, 0, "owner", "", 0, frozenset())
"""Whose view endpoints have."""
_ENDS = (ev.ConversationDeleted, ev.ConversationMerged)


class TellingOf:
    """See `storage.webhooks.feeds.Telling`: of one workspace, as of now."""

    def __init__(self, seal: ApplicationKey, tenant: int, workspace: Workspace, now: datetime) -> None:
        self._seal = seal
        self._tenant = tenant
        self._workspace = workspace
        self._now = now

    def happenings(self, recorded: Sequence[Recorded]) -> list[Happening]:
        """What of these events concerns endpoints, in the order of the log."""
        commits = groupby(recorded, key=lambda each: (each.stream, each.at, each.cause))
        return [each for (stream, *_), commit in commits for each in _of_commit(stream, list(commit))]

    def told(self, happening: Happening, resource: Resource | None) -> Told | None:
        """As it is told, sealed."""
        made = self.plain(happening, resource)
        if made is None:
            return None
        event_id, type_, body = made
        sealed = self._seal.seal(body, body_belongs(self._tenant, event_id))
        return Told(event_id, happening.position, type_, happening.conversation_id, sealed)

    def plain(self, happening: Happening, resource: Resource | None) -> tuple[str, str, bytes] | None:
        """Its id, its type and its body."""
        data, about = happening.data, "conversation" if happening.message_id is None else "message"
        if data is None and resource is not None:
            data = self._shown(resource) if about == "conversation" else resource
        if data is None:
            return None
        type_ = happening.type or f"message.{data['direction']}"
        event_id = f"evt_{self._tenant}_{happening.position}_{about}"
        return event_id, type_, body_of(event_id, type_, happening.position, happening.at, self._tenant, data)

    def _shown(self, resource: Resource) -> Resource:
        return {**shown(self._workspace, OWNER, resource, self._now), "unread_by_me": None}


def body_of(event_id: str, type_: str, offset: int, at: datetime, tenant: int, data: Resource) -> bytes:
    """The bytes that are sent."""
    fields = {"id": event_id, "type": type_, "offset": offset, "created_at": at, "tenant_id": tenant, "data": data}
    return msgspec.json.encode(_plain(fields))


def body_belongs(tenant: int, event_id: str) -> str:
    """What a sealed body is bound to."""
    return f"webhook event {tenant}/{event_id}"


def answer_belongs(tenant: int, delivery_id: int) -> str:
    """What a sealed answer is bound to."""
    return f"webhook answer {tenant}/{delivery_id}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_plain(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _of_commit(stream: str, commit: Sequence[Recorded]) -> list[Happening]:
    """In the order of the log. What a commit changes of its conversation is told once, as of its last change."""
    address = address_of(commit[0].tenant, stream)
    if address.kind != "conversation":
        return []
    if (end := next((each for each in commit if isinstance(each.event, _ENDS)), None)) is not None:
        return [_end(end, address.id)]
    seen = [(each, show(each) or {}, ev.home_of(each.event, address.id)) for each in commit]
    messages = [
        Happening(each.position, each.at, home, message_id=part["message"]["id"])
        for each, part, home in seen
        if "message" in part
    ]
    changes = [(each, home) for each, part, home in seen if "conversation" in part]
    return sorted([*messages, *_change(changes)], key=lambda each: each.position)


def _change(changes: Sequence[tuple[Recorded, int]]) -> Iterator[Happening]:
    opened = [each for each in changes if isinstance(each[0].event, ev.ConversationOpened)]
    for each, home in [*opened, *changes[-1:]][:1]:
        type_ = "conversation.created" if opened else "conversation.updated"
        yield Happening(each.position, each.at, home, type=type_)


def _end(recorded: Recorded, conversation: int) -> Happening:
    """A conversation is gone, or a part of another one from now on, which has its messages."""
    event = recorded.event
    into = event.into_id if isinstance(event, ev.ConversationMerged) else None
    data = {"id": conversation, "merged_into": into}
    return Happening(
        recorded.position, recorded.at, conversation, type="conversation.deleted", data=data, erased=into is None
    )
