"""Which rows follow from a workspace's founding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plixa.actors.workspace import events as ws
from plixa.engine.events import Recorded
from plixa.storage.eventlog.codec import as_json
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import Projector
from plixa.storage.workspace import statements as sql

projects = Projector()


@projects.on(ws.WorkspaceFounded)
def _workspace(recorded: Recorded, event: ws.WorkspaceFounded, _: Any) -> Iterator[Row]:
    yield sql.WORKSPACE, (recorded.tenant, event.name, event.slug, as_json(event))
