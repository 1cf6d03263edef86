"""Which rows follow from a broadcast's events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plixa.actors.broadcasts import events as ev
from plixa.actors.broadcasts.state import Broadcast
from plixa.engine.events import Recorded
from plixa.engine.ports import address_of
from plixa.storage.broadcasts import statements as sql
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import Projector

projects = Projector()


def _id(recorded: Recorded) -> int:
    return address_of(recorded.tenant, recorded.stream).id


@projects.on(
    ev.BroadcastCreated,
    ev.BroadcastStarted,
    ev.NumberChosen,
    ev.BroadcastHeld,
    ev.BroadcastWoken,
    ev.BroadcastPaused,
    ev.BroadcastResumed,
    ev.BroadcastStopped,
    ev.BroadcastDone,
)
def _broadcast(recorded: Recorded, event: Any, state: Broadcast) -> Iterator[Row]:
    yield (
        sql.BROADCAST,
        (
            recorded.tenant,
            _id(recorded),
            state.name,
            state.body,
            state.source,
            state.label_id,
            state.number_id,
            state.status,
            state.reason,
            state.waits_until,
            state.listed,
            state.cooldown,
            state.scheduled_at,
            state.started_at,
            state.finished_at,
            state.created_by,
            state.created_at,
        ),
    )


@projects.on(ev.BroadcastCancelled)
def _cancelled(recorded: Recorded, event: ev.BroadcastCancelled, state: Broadcast) -> Iterator[Row]:
    yield from _broadcast(recorded, event, state)
    yield sql.LIST_DROPPED, (recorded.tenant, _id(recorded))


@projects.on(ev.RecipientsFrozen)
def _frozen(recorded: Recorded, event: ev.RecipientsFrozen, _: Broadcast) -> Iterator[Row]:
    for place, contact_id in enumerate(event.contact_ids, event.first):
        twice = place in event.duplicates
        state = ("skipped", "duplicate") if twice else ("pending", None)
        yield sql.RECIPIENT, (recorded.tenant, _id(recorded), place, contact_id, *state)
    if event.phase is None:
        yield sql.LIST_DROPPED, (recorded.tenant, _id(recorded))


@projects.on(ev.RecipientSkipped)
def _skipped(recorded: Recorded, event: ev.RecipientSkipped, _: Broadcast) -> Iterator[Row]:
    yield sql.SETTLED, (recorded.tenant, _id(recorded), event.place, "skipped", event.reason)


@projects.on(ev.OutcomeCounted)
def _counted(recorded: Recorded, event: ev.OutcomeCounted, _: Broadcast) -> Iterator[Row]:
    if event.reason is not None:
        yield sql.SETTLED, (recorded.tenant, _id(recorded), event.place, "failed", event.reason)


@projects.on(ev.RecipientsClosed)
def _closed(recorded: Recorded, event: ev.RecipientsClosed, _: Broadcast) -> Iterator[Row]:
    yield sql.CLOSED, (recorded.tenant, _id(recorded), event.first, event.last)
