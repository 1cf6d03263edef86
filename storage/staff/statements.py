"""What commits write of staff's deeds, and of workspaces as staff find them."""

from __future__ import annotations

from plixa.storage.eventlog.statement import Again, delete, insert, upsert

DEED = insert(
    "admin_audit_logs",
    "tenant_id bigint, request_id text, at timestamptz, admin_id bigint, act text, target text, target_id bigint, "
    "before json, after json, reason text, outcome text",
    "on conflict do nothing",
    again=Again.JOINS,
)
ORIGIN = insert(
    "admin_audit_origins",
    "tenant_id bigint, request_id text, address text, user_agent text, at timestamptz",
    "on conflict do nothing",
    again=Again.JOINS,
)
SUSPENDED = upsert("suspensions", "tenant_id bigint, at timestamptz", "tenant_id")
REACTIVATED = delete("suspensions", "tenant_id bigint")
CARD = upsert(
    "tenant_cards",
    "tenant_id bigint, id bigint, name text, slug text, country text, locale text, status text, plan text, "
    "plan_until timestamptz, plan_then text, owners text, members integer, numbers integer, founded_at timestamptz, "
    "revenue text, webhooks_off integer, updated_at timestamptz",
    "tenant_id",
)
