"""What commits write of broadcasts. What becomes of a recipient's message is written by its conversation's commits."""

from __future__ import annotations

from plixa.storage.eventlog.statement import delete, insert, update, upsert

KEY = "tenant_id bigint, broadcast_id bigint, id integer"
BROADCAST = upsert(
    "broadcasts",
    "tenant_id bigint, id bigint, name text, body text, source text, label_id bigint, number_id bigint, status text, "
    "reason text, waits_until timestamptz, listed integer, cooldown boolean, scheduled_at timestamptz, "
    "started_at timestamptz, finished_at timestamptz, created_by bigint, created_at timestamptz",
    "tenant_id, id",
)
RECIPIENT = insert("broadcast_recipients", f"{KEY}, contact_id bigint, state text, reason text", key=3)
SETTLED = update("broadcast_recipients", f"{KEY}, state text, reason text", 3)
"""By the broadcast itself: there is no message."""
QUEUED = update(
    "broadcast_recipients",
    f"{KEY}, message_id bigint, conversation_id bigint, number_id bigint, stranger boolean, queued_at timestamptz",
    3,
    set_="message_id = u.message_id, conversation_id = u.conversation_id, number_id = u.number_id, "
    "stranger = u.stranger, queued_at = u.queued_at, state = 'pending', reason = null",
)
PROGRESSED = update(
    "broadcast_recipients",
    f"{KEY}, state text, reason text",
    3,
    set_="state = case when t.state = 'replied' then t.state else u.state end, reason = u.reason",
)
"""A message that was answered stays so, whatever ticks come late."""
OPTED_OUT = update(
    "broadcast_recipients",
    f"{KEY}, opted_out_at timestamptz",
    3,
    set_="state = 'replied', opted_out_at = u.opted_out_at",
)
CLOSED = update(
    "broadcast_recipients",
    "tenant_id bigint, broadcast_id bigint, first integer, last integer",
    2,
    where="t.id between u.first and u.last and t.state = 'pending' and t.message_id is null",
    set_="state = 'failed', reason = 'cancelled'",
)
LIST = insert("broadcast_lists", "tenant_id bigint, broadcast_id bigint, body bytea, kept_at timestamptz")
LIST_DROPPED = delete("broadcast_lists", "tenant_id bigint, broadcast_id bigint")
