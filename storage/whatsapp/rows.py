"""Which rows follow from what happens to numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plixa.actors.whatsapp import number
from plixa.actors.workspace import events as ws
from plixa.engine.events import Recorded
from plixa.engine.ports import address_of
from plixa.storage.eventlog.codec import as_json
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import Projector
from plixa.storage.whatsapp import statements as sql

projects = Projector()


@projects.on(ws.NumberAdded)
def _number(recorded: Recorded, event: ws.NumberAdded, _: Any) -> Iterator[Row]:
    values = (recorded.tenant, event.number_id, event.instance, "pending_qr", event.name, event.added_at, "{}")
    yield sql.NUMBER_ADDED, values


@projects.on(number.NumberStatus)
def _number_status(recorded: Recorded, event: number.NumberStatus, _: Any) -> Iterator[Row]:
    number_id = address_of(recorded.tenant, recorded.stream).id
    more = {"reason": event.reason, "why": event.why, "blind_since": event.blind_since, "changed_at": recorded.at}
    yield sql.NUMBER_STATUS, (recorded.tenant, number_id, event.status, event.phone, event.name, as_json(more))


@projects.on(number.NumberRenamed)
def _number_renamed(recorded: Recorded, event: number.NumberRenamed, _: Any) -> Iterator[Row]:
    yield sql.NUMBER_NAMED, (recorded.tenant, address_of(recorded.tenant, recorded.stream).id, event.name)


@projects.on(ws.NumberRemoved)
def _number_removed(recorded: Recorded, event: ws.NumberRemoved, _: Any) -> Iterator[Row]:
    yield sql.NUMBER_REMOVED, (recorded.tenant, event.number_id, True)
