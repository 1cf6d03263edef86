"""What commits write whatever they are about: the log and its keys, states, timers, the outbox, answers, marks."""

from __future__ import annotations

from plixa.storage.eventlog.statement import Statement, delete, insert, update, upsert

EVENTS = insert(
    "events",
    "tenant_id bigint, position bigint, stream text, revision bigint, type text, schema smallint, at timestamptz, "
    "actor text, cause text, key_id text, data json",
)
KEY_ADDED = insert("stream_keys", "tenant_id bigint, stream text, sealed bytea")
KEY_DESTROYED = delete("stream_keys", "tenant_id bigint, stream text")
SNAPSHOT = upsert(
    "state_snapshots",
    "tenant_id bigint, stream text, version text, revision bigint, state bytea, saved_at timestamptz",
    "tenant_id, stream, version",
)
SNAPSHOT_DROPPED = delete("state_snapshots", "tenant_id bigint, stream text")
EARLIER_SNAPSHOT_DROPPED = delete("snapshots", "tenant_id bigint, stream text")
"""Where the release before keeps them; it may serve beside this one."""
TIMER_SET = upsert("timers", "tenant_id bigint, stream text, name text, due_at timestamptz", "tenant_id, stream, name")
TIMER_CLEARED = delete("timers", "tenant_id bigint, stream text, name text")
TIMER_GONE = delete("timers", "tenant_id bigint, stream text, name text, due_at timestamptz", 3)
"""Exactly this row: one that was set anew meanwhile stays."""
EFFECT_QUEUED = insert(
    "outbox",
    "tenant_id bigint, effect_id text, stream text, kind text, lane text, pace text, state text, "
    "not_before timestamptz, position bigint, place smallint, request json, created_at timestamptz",
)
EFFECT_MARKED = update(
    "outbox",
    "tenant_id bigint, effect_id text, state text, not_before timestamptz, uncounted boolean, at timestamptz",
    2,
    set_="state = u.state, not_before = u.not_before, "
    "attempts = attempts + (u.state = 'attempting')::int - u.uncounted::int, "
    "settled_at = case when u.state in ('done', 'failed', 'cancelled', 'left') then u.at end",
)
EFFECT_BOOKED = update(
    "outbox",
    "tenant_id bigint, effect_id text, state text, not_before timestamptz, attempts integer, reason text, "
    "at timestamptz",
    2,
    where="t.state in ('queued', 'attempting', 'unknown')",
    set_="state = u.state, not_before = u.not_before, attempts = u.attempts, reason = u.reason, "
    "settled_at = case when u.state in ('done', 'failed', 'cancelled', 'left') then u.at end",
)
SWEEP_MARKED = upsert(
    "sweeps", "tenant_id bigint, what text, ref text, marked_at timestamptz, target bigint", "tenant_id, what, ref"
)
ANSWERS_DROPPED = delete("answers", "tenant_id bigint, stream text", 1)
PARKED_DROPPED = delete("parked", "tenant_id bigint, stream text", 1)
LETTER_TAKEN = delete("parked", "tenant_id bigint, id bigint")
ANSWER = insert(
    "answers",
    "tenant_id bigint, scope text, key text, stream text, body_hash bytea, status smallint, body bytea, "
    "created_at timestamptz",
    key=3,
)
ADVANCE = Statement(
    "heads",
    "update heads h set position = u.upto, last_id = greatest(h.last_id, u.last_id) "
    "from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) "
    "as u(tenant_id, position, upto, epoch, last_id) "
    "where h.tenant_id = u.tenant_id and h.position = u.position and h.epoch = u.epoch returning 1",
    ("tenant_id", "position", "upto", "epoch", "last_id"),
    1,
    exact=True,
)
