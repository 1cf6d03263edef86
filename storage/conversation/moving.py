"""The statements by which what hangs on a conversation becomes another one's."""

from __future__ import annotations

from plixa.storage.eventlog.statement import Statement, delete, update, upsert

KEY = "tenant_id bigint, conversation_id bigint, into_id bigint"
TO = "conversation_id = u.into_id"


def _moved(table: str) -> Statement:
    return update(table, KEY, 2, set_=TO)


def _shifted(table: str) -> Statement:
    """What is counted by episodes, which follow those of the survivor."""
    return update(table, f"{KEY}, shift integer", 2, set_=f"{TO}, episode = t.episode + u.shift")


PEERS_LED = _moved("peers")
MESSAGES_MOVED = _moved("messages")
MEDIA_MOVED = _moved("media_files")
SLA_MOVED = update(
    "sla_clocks",
    KEY,
    2,
    "not exists (select from sla_clocks o where o.tenant_id = t.tenant_id and o.conversation_id = u.into_id "
    "and o.kind = t.kind and o.started_at = t.started_at)",
    TO,
)
CSAT_MOVED = _shifted("csat_ratings")
RESOLUTIONS_MOVED = _shifted("resolutions")
CONVERSATIONS_MERGED = upsert(
    "conversation_merges",
    "tenant_id bigint, from_id bigint, into_id bigint, id bigint, user_id bigint, merged_at timestamptz",
    "tenant_id, from_id",
)
CONVERSATIONS_UNMERGED = delete("conversation_merges", "tenant_id bigint, from_id bigint")
