"""What commits write of workspaces, and of where requests came from."""

from __future__ import annotations

from plixa.storage.eventlog.statement import Again, insert, upsert

WORKSPACE = upsert("workspaces", "tenant_id bigint, name text, slug text, data json", "tenant_id")
ORIGIN = insert(
    "request_origins",
    "tenant_id bigint, request_id text, address text, user_agent text, at timestamptz",
    "on conflict do nothing",
    again=Again.JOINS,
)
