"""What sockets and the audit are told of flows' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Data, Show, Tell
from plixa.actors.flows.library import FlowDeleted, FlowPublished, FlowSaved, FlowToggled
from plixa.engine.events import Event, Recorded


def _saved(event: FlowSaved, _: Recorded) -> Data:
    """Which one; what is in it is the owner's to fetch."""
    return {"flow": {"id": event.flow_id}}


def _published(event: FlowPublished, _: Recorded) -> Data:
    return {"flow": {"id": event.flow_id, "published_version": event.version}}


def _toggled(event: FlowToggled, _: Recorded) -> Data:
    return {"flow": {"id": event.flow_id, "enabled": event.enabled}}


def _deleted(event: FlowDeleted, _: Recorded) -> Data:
    return {"flow": {"id": event.flow_id, "deleted": True}}


SHOWS: Mapping[type[Event], Show] = {
    FlowSaved: _saved,
    FlowPublished: _published,
    FlowToggled: _toggled,
    FlowDeleted: _deleted,
}

TELLS: Mapping[str, Tell] = {
    "flow.deleted": "deleted a flow",
    "flow.published": lambda e: f"published a flow (version {e.version})",
    "flow.saved": "saved a flow",
    "flow.toggled": lambda e: f"switched a flow {'on' if e.enabled else 'off'}",
}
