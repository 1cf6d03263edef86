"""What commits write of tickets."""

from __future__ import annotations

from plixa.storage.eventlog.statement import insert, update, upsert

TICKET = upsert(
    "tickets",
    "tenant_id bigint, id bigint, subject text, status text, priority text, requested_priority text, assignee bigint, "
    "tags bigint[], opened_by bigint, follows bigint, messages integer, last_message_id bigint, last_author text, "
    "last_at timestamptz, waiting_since timestamptz, response_due_at timestamptz, first_response_at timestamptz, "
    "settled_at timestamptz, rating smallint, rating_comment text, created_at timestamptz, updated_at timestamptz",
    "tenant_id, id",
)
MESSAGE = insert(
    "ticket_messages",
    "tenant_id bigint, id bigint, ticket_id bigint, author text, author_id bigint, author_name text, "
    "is_internal boolean, body text, files json, created_at timestamptz",
)
FILE_TAKEN = update("ticket_files", "tenant_id bigint, id bigint, ticket_id bigint", 2)
