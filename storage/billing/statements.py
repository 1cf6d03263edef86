"""What commits write of billing."""

from __future__ import annotations

from plixa.storage.eventlog.statement import insert, update

STRIPE_REF = insert("stripe_refs", "tenant_id bigint, kind text, id text", "on conflict do nothing", key=3)
STRIPE_EVENT = insert("stripe_events", "tenant_id bigint, id text, at timestamptz")
PERIOD = insert(
    "billing_periods",
    "tenant_id bigint, invoice text, position bigint, closed_at timestamptz, data json",
    "on conflict do nothing",
)
SUMS = update("billing_periods", "tenant_id bigint, invoice text, sums json", 2)
