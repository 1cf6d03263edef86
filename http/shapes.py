"""The resources as they are answered; the OpenAPI document and the tests take them from here."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from typing_extensions import TypedDict


class User(TypedDict):
    id: int
    tenant_id: int
    name: str
    email: str
    role: Literal["owner", "agent"]
    locale: str | None


class Tenant(TypedDict):
    id: int
    name: str
    slug: str
    country_code: str
    timezone: str
    locale: str
    status: str


class Me(TypedDict):
    user: User
    tenant: Tenant


class Session(TypedDict):
    user: User
    tenant: Tenant
    token: str


class PhoneInstance(TypedDict):
    id: int
    name: str | None
    instance: str
    phone: str | None
    status: Literal["pending_qr", "connecting", "connected", "disconnected"]
    status_reason: int | None
    status_changed_at: datetime | None
    created_at: datetime


class Qr(TypedDict):
    status: Literal["pending_qr", "connecting", "connected", "disconnected"]
    code: str | None
    image: str | None
    pairing_code: str | None


class Media(TypedDict):
    mime: str
    bytes: int | None
    file_name: str | None
    duration_seconds: int | None
    waveform: list[int] | None
    thumbnail: str | None
    voice: bool


class Author(TypedDict):
    kind: Literal["contact", "user", "ai", "flow", "system", "api", "phone"]
    id: int | None
    name: str | None


class Message(TypedDict):
    id: int
    conversation_id: int
    direction: Literal["inbound", "outbound"]
    type: Literal[
        "text",
        "note",
        "image",
        "video",
        "audio",
        "document",
        "sticker",
        "location",
        "contact",
        "reaction",
        "system",
        "unsupported",
    ]
    body: str | None
    media: Media | None
    extra: dict[str, Any] | None
    quoted_message_id: int | None
    author: Author
    status: Literal["received", "queued", "sending", "sent", "delivered", "read", "played", "failed", "unknown"]
    error: str | None
    evolution_message_id: str | None
    reactions: dict[str, str | None] | None
    edited_at: datetime | None
    deleted_at: datetime | None
    created_at: datetime


class LastMessage(TypedDict):
    id: int
    direction: Literal["inbound", "outbound"]
    type: str
    body: str | None
    created_at: datetime


class SlaClock(TypedDict):
    target_seconds: int
    due_at: datetime | None
    paused: bool
    running: bool
    breached_at: datetime | None
    met_at: datetime | None


class Sla(TypedDict):
    first_response: SlaClock | None
    resolution: SlaClock | None


class Conversation(TypedDict):
    id: int
    contact_id: int | None
    contact_phone: str | None
    contact_name: str | None
    phone_instance_id: int
    status: Literal["open", "pending", "resolved"]
    mode: Literal["flow", "ai", "human", "idle"]
    assigned_user_id: int | None
    sector_id: int | None
    labels: list[int]
    unread_count: int
    last_message: LastMessage | None
    snoozed_until: datetime | None
    sla: Sla | None
    csat: dict[str, Any] | None
    notes: str | None
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None


class Welcome(TypedDict):
    enabled: bool
    message: str | None
    delay_seconds: int


class SlaTargets(TypedDict):
    first_response_seconds: int | None
    resolution_seconds: int | None


class LiveEvent(TypedDict):
    offset: int
    type: str
    at: datetime
    data: dict[str, Any]
