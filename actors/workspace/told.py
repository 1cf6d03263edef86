"""What sockets and the audit are told of the workspace's own events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Data, Show, Tell
from plixa.actors.workspace.events import MemberChanged, MemberJoined, NumberAdded, NumberRemoved
from plixa.engine.events import Event, Recorded


def _member(event: MemberJoined | MemberChanged, _: Recorded) -> Data:
    return {"user": {"id": event.user_id, "name": event.name}}


def _number_added(event: NumberAdded, _: Recorded) -> Data:
    return {"phone_instance": {"id": event.number_id, "status": "pending_qr", "name": event.name}}


def _number_removed(event: NumberRemoved, _: Recorded) -> Data:
    return {"phone_instance": {"id": event.number_id, "deleted": True}}


SHOWS: Mapping[type[Event], Show] = {
    MemberJoined: _member,
    MemberChanged: _member,
    NumberAdded: _number_added,
    NumberRemoved: _number_removed,
}

TELLS: Mapping[str, Tell] = {
    "config.changed": lambda e: f"changed the {e.config.replace('_', ' ')} settings",
    "deletion.cancelled": "called off the deletion of the workspace",
    "deletion.scheduled": lambda e: f"scheduled the deletion of the workspace for {e.due:%Y-%m-%d}",
    "logo.changed": lambda e: f"{'removed' if e.key is None else 'changed'} the logo",
    "member.changed": "changed their own name or language",
    "member.joined": lambda e: f"joined the workspace as {e.role}",
    "number.added": "added a WhatsApp number",
    "number.removed": "removed a WhatsApp number",
    "onboarding.dismissed": "dismissed the getting-started list",
    "setting.changed": lambda e: f"changed an entry of the {e.collection.replace('_', ' ')}",
    "setting.created": lambda e: f"added an entry to the {e.collection.replace('_', ' ')}",
    "setting.removed": lambda e: f"removed an entry from the {e.collection.replace('_', ' ')}",
    "setting.reordered": lambda e: f"put the {e.collection.replace('_', ' ')} in another order",
    "workspace.founded": "founded the workspace",
}
