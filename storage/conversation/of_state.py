"""A conversation's own rows: functions of its state, whatever led to it. Commits and `plixa rebuild` both use them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plixa.actors.contacts.names import searchable
from plixa.actors.conversation.sla import SlaClock
from plixa.actors.conversation.state import Conversation
from plixa.storage.conversation import statements as sql
from plixa.storage.eventlog.codec import as_json
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import StateRows


def state_rows(tenant: int, state: Any, at: datetime) -> Iterator[Row]:
    """The rows that are a function of the state after a commit, one of each statement."""
    if isinstance(state, Conversation) and state.begun and not state.deleted and state.merged_into is None:
        yield sql.CONVERSATION, _conversation(tenant, state, at)
        yield sql.FACETS, _facets(tenant, state)


def _conversation(tenant: int, state: Conversation, at: datetime) -> tuple[object, ...]:
    return (
        tenant,
        state.id,
        state.contact_id or None,
        state.number_id,
        state.phone,
        state.name,
        state.status,
        state.mode,
        state.assigned_user_id,
        state.sector_id,
        "{" + ",".join(map(str, state.labels)) + "}",
        state.unread_count,
        state.last_message_id,
        state.last_activity_at,
        state.snoozed_until,
        state.notes,
        _sla(state),
        state.created_at,
        at,
        state.resolved_at,
        state.waiting_since,
        _csat(state),
        state.broadcast_id,
    )


def _facets(tenant: int, state: Conversation) -> tuple[object, ...]:
    return (
        tenant,
        state.id,
        searchable(state.name),
        state.phone,
        state.status,
        state.mode,
        state.assigned_user_id,
        state.sector_id,
        state.number_id,
        "{" + ",".join(map(str, state.labels)) + "}",
    )


def _sla(state: Conversation) -> str | None:
    clocks = {"first_response": _clock(state.first_response), "resolution": _clock(state.resolution)}
    return as_json(clocks) if any(clocks.values()) else None


def _clock(clock: SlaClock | None) -> dict[str, Any] | None:
    """What people look at; the spans that were counted are in the log."""
    if clock is None:
        return None
    times = {"due_at": clock.due_at, "breached_at": clock.breached_at, "met_at": clock.met_at}
    return {"target_seconds": clock.target_seconds, **times, "running": clock.running}


def _csat(state: Conversation) -> str | None:
    survey = state.survey
    if survey is None or survey.rating is None:
        return None
    return as_json({"rating": survey.rating, "comment": survey.comment})


ROWS = StateRows(
    state_rows,
    sql.CONVERSATION,
    alike=(
        "status",
        "mode",
        "assigned_user_id",
        "sector_id",
        "unread_count",
        "last_message_id",
        "snoozed_until",
        "waiting_since",
    ),
    but="updated_at",
)
