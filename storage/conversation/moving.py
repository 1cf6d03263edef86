"""The statements by which what hangs on a conversation becomes another one's."""

from __future__ import annotations

from dataclasses import replace

from plixa.storage.eventlog.statement import Statement, update

KEY = "tenant_id bigint, conversation_id bigint, into_id bigint"
TO = "conversation_id = u.into_id"


def _moved(table: str) -> Statement:
    return _of_two(update(table, KEY, 2, set_=TO))


def _shifted(table: str) -> Statement:
    """What is counted by episodes, which follow those of the survivor."""
    return _of_two(update(table, f"{KEY}, shift integer", 2, set_=f"{TO}, episode = t.episode + u.shift"))


def _of_two(statement: Statement) -> Statement:
    """It changes rows of either conversation; of which ones, only the tenant can be said."""
    return replace(statement, key=1)


MESSAGES_MOVED = _moved("messages")
MEDIA_MOVED = _moved("media_files")
SLA_MOVED = _of_two(
    update(
        "sla_clocks",
        KEY,
        2,
        "not exists (select from sla_clocks o where o.tenant_id = t.tenant_id and o.conversation_id = u.into_id "
        "and o.kind = t.kind and o.started_at = t.started_at)",
        TO,
    )
)
CSAT_MOVED = _shifted("csat_ratings")
RESOLUTIONS_MOVED = _shifted("resolutions")
