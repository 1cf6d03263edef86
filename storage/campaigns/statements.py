"""What commits write of campaigns, and of Resend's reports that led to one."""

from __future__ import annotations

from plixa.storage.eventlog.statement import insert, upsert

CAMPAIGN = upsert(
    "campaigns",
    "tenant_id bigint, id bigint, status text, subject text, audience json, size integer, reason text, "
    "created_by bigint, created_at timestamptz, scheduled_at timestamptz, started_at timestamptz, "
    "finished_at timestamptz, hidden boolean, updated_at timestamptz",
    "tenant_id, id",
)
HEARD = insert("resend_events", "tenant_id bigint, id text, at timestamptz")
