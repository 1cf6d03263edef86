"""Which rows follow from what happens to webhook endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plixa.actors.webhooks import endpoints as ev
from plixa.engine.events import Recorded
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import Projector
from plixa.storage.webhooks import statements as sql

projects = Projector()


@projects.on(ev.EndpointCreated)
def _created(recorded: Recorded, event: ev.EndpointCreated, _: Any) -> Iterator[Row]:
    yield sql.FEED, (recorded.tenant, event.endpoint_id, recorded.position)


@projects.on(ev.EndpointChanged)
def _changed(recorded: Recorded, event: ev.EndpointChanged, _: Any) -> Iterator[Row]:
    if event.started:
        yield sql.FEED, (recorded.tenant, event.endpoint_id, recorded.position)


@projects.on(ev.EndpointRemoved)
def _removed(recorded: Recorded, event: ev.EndpointRemoved, _: Any) -> Iterator[Row]:
    yield sql.FEED_DROPPED, (recorded.tenant, event.endpoint_id)
    yield sql.SECRETS_DROPPED, (recorded.tenant, event.endpoint_id)
