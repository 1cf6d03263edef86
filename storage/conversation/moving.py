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


AT_ONCE = 500
NEWEST_MOVED = replace(
    _moved("messages"),
    sql=f"""
update messages t set conversation_id = newest.into_id from (
    select u.tenant_id, u.into_id, m.id
    from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as u(tenant_id, conversation_id, into_id)
    cross join lateral (
        select id from messages where tenant_id = u.tenant_id and conversation_id = u.conversation_id
        order by id desc limit {AT_ONCE}
    ) m
) newest where t.tenant_id = newest.tenant_id and t.id = newest.id
""",
)
"""What people look at first is there with the commit itself; all the rest follows (`Move`)."""
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
MARKS_MOVED = replace(
    update("sweeps", "tenant_id bigint, target bigint, into_id bigint", 2, set_="target = u.into_id"), key=1
)
"""What was on its way to the merged one goes on to the survivor."""
