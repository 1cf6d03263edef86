"""What commits write of webhook endpoints: their secrets, and where their feed begins."""

from __future__ import annotations

from plixa.storage.eventlog.statement import delete, insert, update

SECRET = insert("webhook_secrets", "tenant_id bigint, endpoint_id bigint, made_at timestamptz, sealed bytea", key=3)
SECRET_ENDS = update(
    "webhook_secrets",
    "tenant_id bigint, endpoint_id bigint, made_at timestamptz, expires_at timestamptz",
    2,
    "t.expires_at is null and t.made_at < u.made_at",
    "expires_at = u.expires_at",
)
SECRETS_DROPPED = delete("webhook_secrets", "tenant_id bigint, endpoint_id bigint")
FEED = insert(
    "webhook_feeds",
    "tenant_id bigint, endpoint_id bigint, position bigint",
    "on conflict (tenant_id, endpoint_id) do update "
    "set position = excluded.position, failing_since = null, failures = 0",
)
FEED_DROPPED = delete("webhook_feeds", "tenant_id bigint, endpoint_id bigint")
