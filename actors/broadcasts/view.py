"""A broadcast's events as the live push shows them: what changes of it. Its counts are fetched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plixa.actors.broadcasts import events as ev
from plixa.actors.feature import Show, events_of
from plixa.engine.events import Event
from plixa.engine.ports import address_of

Shown = dict[str, Any]
RUNS: Shown = {"status": "sending", "reason": None, "waits_until": None}


def show(event: Event, broadcast_id: int) -> Shown | None:
    """What is seen of it; None when it is nobody's business."""
    changes = _changes(event)
    if changes is not None:
        return {"broadcast": {"id": broadcast_id, **changes}}
    progress = _progress(event)
    return None if progress is None else {"broadcast": {"id": broadcast_id}, "progress": progress}


def _changes(event: Event) -> Shown | None:
    match event:
        case ev.BroadcastCreated():
            return {"name": event.name, "status": "scheduled", "scheduled_at": _iso(event.scheduled_at)}
        case ev.BroadcastStarted():
            return {**RUNS, "started_at": _iso(event.at)}
        case ev.NumberChosen():
            return {"phone_instance_id": event.number_id}
        case ev.BroadcastHeld():
            missing = event.why in ("number_disconnected", "number_missing")
            waits = {"reason": event.why, "waits_until": _iso(event.until)}
            return {**({"status": "paused"} if missing else {}), **waits}
        case ev.BroadcastWoken() | ev.BroadcastResumed():
            return RUNS
        case ev.BroadcastPaused():
            return {"status": "paused", "reason": "person", "waits_until": None}
        case ev.BroadcastStopped():
            return {"status": "stopped", "reason": "failures", "waits_until": None}
        case ev.BroadcastCancelled():
            return {"status": "cancelled", "reason": None, "waits_until": None, "finished_at": _iso(event.at)}
        case ev.BroadcastDone():
            return {"status": "done", "reason": event.reason, "finished_at": _iso(event.at)}
        case _:
            return None


def _progress(event: Event) -> Shown | None:
    match event:
        case ev.OutcomeCounted():
            return {"recipient": event.place, "what": event.what}
        case ev.RecipientSkipped():
            return {"recipient": event.place, "what": "skipped"}
        case ev.RecipientsFrozen():
            return {"recipients": event.first + len(event.contact_ids) - 1}
        case ev.RecipientsClosed():
            return {"closed": event.last}
        case _:
            return None


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


SHOWS: Mapping[type[Event], Show] = dict.fromkeys(
    events_of(ev), lambda event, recorded: show(event, address_of(recorded.tenant, recorded.stream).id)
)
