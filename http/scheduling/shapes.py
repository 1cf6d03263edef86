"""An appointment as it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from plixa.actors.scheduling.events import By, How, Source
from plixa.actors.scheduling.offering import Status

KEPT = (
    "id",
    "service_id",
    "provider_id",
    "contact_id",
    "conversation_id",
    "timezone",
    "status",
    "series_id",
    "occurrence",
    "revision",
    "notes",
    "reason",
    "cancelled_by",
    "cancel_kind",
    "confirmed_by_contact_at",
    "source",
    "created_at",
    "updated_at",
)
"""What is answered as it stands in the table."""


class Payment(TypedDict):
    status: Literal["none", "owed", "open", "waiting", "paid", "partly_refunded", "refunded", "disputed", "lost"]
    amount_cents: int
    currency: str
    url: str | None
    expires_at: datetime | None


class Appointment(TypedDict):
    id: int
    service_id: int
    provider_id: int | None
    resource_ids: list[int]
    contact_id: int | None
    conversation_id: int | None
    start: datetime
    end: datetime
    timezone: str
    status: Status
    payment: Payment | None
    series_id: int | None
    occurrence: int | None
    revision: int
    notes: str | None
    reason: str | None
    cancelled_by: By | None
    cancel_kind: How | None
    confirmed_by_contact_at: datetime | None
    source: Source
    created_at: datetime
    updated_at: datetime


class AppointmentChange(TypedDict):
    offset: int
    at: datetime
    type: str
    text: str
    by: str
    details: dict[str, Any]


def appointment(row: Mapping[str, Any], payment: dict[str, Any] | None) -> dict[str, Any]:
    """The contract's appointment, of a row; times with the offset that the provider's zone has then."""
    zone = ZoneInfo(row["timezone"])
    times = {"start": row["starts_at"].astimezone(zone), "end": row["ends_at"].astimezone(zone)}
    resources = {"resource_ids": sorted(row["resource_ids"]), "payment": payment}
    return {**{name: row[name] for name in KEPT}, **times, **resources}
