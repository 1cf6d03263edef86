"""What commits write of numbers."""

from __future__ import annotations

from plixa.storage.eventlog.statement import insert, update

NUMBER_ADDED = insert(
    "numbers",
    "tenant_id bigint, id bigint, instance text, status text, name text, created_at timestamptz, data json",
)
NUMBER_STATUS = update("numbers", "tenant_id bigint, id bigint, status text, phone text, name text, data json", 2)
NUMBER_NAMED = update("numbers", "tenant_id bigint, id bigint, name text", 2)
NUMBER_REMOVED = update("numbers", "tenant_id bigint, id bigint, removed boolean", 2)
NUMBER_SECRET = insert(
    "number_secrets", "tenant_id bigint, number_id bigint, instance text, secret_hash bytea, sealed bytea"
)
