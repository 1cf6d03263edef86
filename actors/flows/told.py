"""What sockets and the audit are told of flows' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Data, Show, Tell
from plixa.actors.flows.library import FlowDeleted, FlowPublished, FlowSaved, FlowToggled
from plixa.actors.sayings import Told, told
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
    "flow.deleted": Told("deleted a flow", "excluiu um fluxo", "eliminó un flujo"),
    "flow.published": lambda e: told(
        "published a flow (version {n})",
        "publicou um fluxo (versão {n})",
        "publicó un flujo (versión {n})",
        n=e.version,
    ),
    "flow.saved": Told("saved a flow", "salvou um fluxo", "guardó un flujo"),
    "flow.toggled": lambda e: (
        Told("switched a flow on", "ligou um fluxo", "activó un flujo")
        if e.enabled
        else Told("switched a flow off", "desligou um fluxo", "desactivó un flujo")
    ),
}
