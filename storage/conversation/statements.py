"""The SQL that a commit is made of: each statement writes the rows of a whole batch at once."""

from __future__ import annotations

from plixa.storage.eventlog.statement import delete, insert, update, upsert

CONVERSATION = upsert(
    "conversations",
    "tenant_id bigint, id bigint, contact_id bigint, number_id bigint, phone text, name text, status text, mode text, "
    "assigned_user_id bigint, sector_id bigint, labels bigint[], unread_count integer, last_message_id bigint, "
    "last_activity_at timestamptz, snoozed_until timestamptz, notes text, sla json, created_at timestamptz, "
    "updated_at timestamptz, resolved_at timestamptz, waiting_since timestamptz, csat json, broadcast_id bigint",
    "tenant_id, id",
)
FACETS = upsert(
    "conversation_facets",
    "tenant_id bigint, conversation_id bigint, folded text, phone text, status text, mode text, "
    "assigned_user_id bigint, sector_id bigint, number_id bigint, labels bigint[]",
    "tenant_id, conversation_id",
)
FACETS_DROPPED = delete("conversation_facets", "tenant_id bigint, conversation_id bigint")
SEEN = upsert(
    "conversation_seen",
    "tenant_id bigint, conversation_id bigint, user_id bigint, message_id bigint",
    "tenant_id, conversation_id, user_id",
)
SEEN_DROPPED = delete("conversation_seen", "tenant_id bigint, conversation_id bigint")
SUMMARY = upsert(
    "summaries",
    "tenant_id bigint, conversation_id bigint, upto bigint, model text, body bytea",
    "tenant_id, conversation_id",
)
SUMMARY_DROPPED = delete("summaries", "tenant_id bigint, conversation_id bigint")
SLA_CLOCK = upsert(
    "sla_clocks",
    "tenant_id bigint, conversation_id bigint, kind text, started_at timestamptz, target_seconds integer, "
    "due_at timestamptz, breached_at timestamptz, met_at timestamptz",
    "tenant_id, conversation_id, kind, started_at",
)
RESOLVED = upsert(
    "resolutions",
    "tenant_id bigint, conversation_id bigint, episode integer, resolved_at timestamptz, ended_by text, "
    "user_id bigint, flow_id bigint",
    "tenant_id, conversation_id, episode",
)
REOPENED = update(
    "resolutions", "tenant_id bigint, conversation_id bigint, episode integer, reopened_at timestamptz", 3
)
RESOLUTIONS_DROPPED = delete("resolutions", "tenant_id bigint, conversation_id bigint")
SLA_DROPPED = delete("sla_clocks", "tenant_id bigint, conversation_id bigint")
CSAT_RATED = upsert(
    "csat_ratings",
    "tenant_id bigint, conversation_id bigint, episode integer, rating smallint, user_id bigint, rated_at timestamptz",
    "tenant_id, conversation_id, episode",
)
CSAT_COMMENTED = update("csat_ratings", "tenant_id bigint, conversation_id bigint, episode integer, comment text", 3)
CSAT_DROPPED = delete("csat_ratings", "tenant_id bigint, conversation_id bigint")
CONVERSATION_DROPPED = delete("conversations", "tenant_id bigint, id bigint")
MESSAGE = insert(
    "messages",
    "tenant_id bigint, id bigint, conversation_id bigint, number_id bigint, key_id text, direction text, type text, "
    "body text, words text, media json, extra json, quoted_message_id bigint, author json, status text, "
    "created_at timestamptz",
)
MESSAGE_STATUS = update("messages", "tenant_id bigint, id bigint, status text, error text", 2)
MESSAGE_SENT = update("messages", "tenant_id bigint, id bigint, status text, error text, key_id text", 2)
MESSAGE_NUMBERED = update(
    "messages",
    "tenant_id bigint, id bigint",
    2,
    set_="extra = jsonb_set(t.extra::jsonb, '{menu,shown}', '\"numbers\"', false)::json",
)
MESSAGE_EDITED = update("messages", "tenant_id bigint, id bigint, body text, words text, edited_at timestamptz", 2)
MESSAGE_REVEALED = update(
    "messages",
    "tenant_id bigint, id bigint, type text, body text, words text, media json, extra json, quoted_message_id bigint",
    2,
)
MESSAGE_DELETED = update("messages", "tenant_id bigint, id bigint, deleted_at timestamptz", 2)
MESSAGE_REACTED = update(
    "messages",
    "tenant_id bigint, id bigint, who text, emoji text",
    2,
    set_="reactions = (coalesce(t.reactions::jsonb, '{}') || jsonb_build_object(u.who, nullif(u.emoji, '')))::json",
)
MESSAGE_ERROR = update("messages", "tenant_id bigint, id bigint, error text", 2)
MESSAGES_DROPPED = delete("messages", "tenant_id bigint, conversation_id bigint", 1)
MEDIA_STORED = upsert(
    "media_files",
    "tenant_id bigint, message_id bigint, conversation_id bigint, mime text, bytes bigint, sha256 bytea, "
    "stored_as text, stored_at timestamptz",
    "tenant_id, message_id",
)
MEDIA_DROPPED = delete("media_files", "tenant_id bigint, conversation_id bigint", 1)
