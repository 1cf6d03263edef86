"""What commits write of appointments, and of the time that they occupy."""

from __future__ import annotations

from dataclasses import replace

from plixa.storage.eventlog.statement import Again, delete, insert, update

CLAIMED = "appointment_claims_once"
"""The constraint by which nobody is booked twice."""
APPOINTMENT = insert(
    "appointments",
    "tenant_id bigint, id bigint, service_id bigint, provider_id bigint, resource_ids bigint[], contact_id bigint, "
    "conversation_id bigint, starts_at timestamptz, ends_at timestamptz, timezone text, status text, source text, "
    "series_id bigint, occurrence integer, revision integer, notes text, created_at timestamptz, "
    "updated_at timestamptz, deposit_cents bigint, currency text, pays_until timestamptz",
)
APPOINTMENT_MOVED = update(
    "appointments",
    "tenant_id bigint, id bigint, provider_id bigint, starts_at timestamptz, ends_at timestamptz, timezone text, "
    "revision integer, confirmed_by_contact_at timestamptz, updated_at timestamptz",
    2,
)
APPOINTMENT_CONFIRMED = update(
    "appointments",
    "tenant_id bigint, id bigint, confirmed_by_contact_at timestamptz, updated_at timestamptz",
    2,
)
APPOINTMENT_REMINDED = update(
    "appointments",
    "tenant_id bigint, id bigint, reminded_at timestamptz",
    2,
    set_="reminded_at = coalesce(t.reminded_at, u.reminded_at)",
)
APPOINTMENT_EDITED = update(
    "appointments", "tenant_id bigint, id bigint, contact_id bigint, notes text, updated_at timestamptz", 2
)
APPOINTMENT_STATUS = update(
    "appointments",
    "tenant_id bigint, id bigint, status text, reason text, cancelled_by text, cancel_kind text, "
    "updated_at timestamptz, pays_until timestamptz",
    2,
)
APPOINTMENT_HELD = update(
    "appointments", "tenant_id bigint, id bigint, pays_until timestamptz, updated_at timestamptz", 2
)
CLAIM = insert(
    "appointment_claims",
    "tenant_id bigint, appointment_id bigint, sort smallint, thing_id bigint, unit integer, first_minute bigint, "
    "last_minute bigint",
    key=4,
)
CLAIM_RESEATED = update(
    "appointment_claims", "tenant_id bigint, appointment_id bigint, sort smallint, thing_id bigint, unit integer", 4
)
CLAIMS_DROPPED = delete("appointment_claims", "tenant_id bigint, appointment_id bigint")
CHANGED = insert(
    "appointment_changes",
    "tenant_id bigint, appointment_id bigint, position bigint",
    "on conflict do nothing",
    3,
    Again.JOINS,
)
CONTACT_MOVED = replace(
    update("appointments", "tenant_id bigint, contact_id bigint, into_id bigint", 2, set_="contact_id = u.into_id"),
    key=1,
)
CONTACT_WIPED = replace(
    update(
        "appointments",
        "tenant_id bigint, contact_id bigint",
        2,
        set_="contact_id = null, notes = null, reason = null",
    ),
    key=1,
)
"""Both change rows of many appointments; of which ones, only the tenant can be said."""
