"""The resources as they are answered; the OpenAPI document and the tests take them from here."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from typing_extensions import TypedDict

from plixa.actors.whatsapp.reasons import Why


class User(TypedDict):
    id: int
    tenant_id: int
    name: str
    email: str
    role: Literal["owner", "agent"]
    locale: str | None
    email_verified: bool
    two_factor_enabled: bool
    is_available: bool


class Suspension(TypedDict):
    since: datetime
    reason: str


class Tenant(TypedDict):
    id: int
    name: str
    slug: str
    country_code: str
    timezone: str
    locale: str
    status: str
    suspension: Suspension | None
    deletion_scheduled_for: datetime | None
    logo_url: str | None


class ActingStaff(TypedDict):
    name: str
    mode: Literal["read", "write"]
    until: datetime


class Me(TypedDict):
    user: User
    tenant: Tenant
    acting: ActingStaff | None


class Session(TypedDict):
    user: User
    tenant: Tenant
    token: str


class TwoFactorRequired(TypedDict):
    two_factor_required: Literal[True]
    token: str


class TwoFactor(TypedDict):
    enabled: bool
    configured: bool
    confirmed_at: datetime | None
    recovery_codes_remaining: int


class TwoFactorSetup(TypedDict):
    secret: str
    otpauth_url: str
    qr: str


class RecoveryCodes(TypedDict):
    recovery_codes: list[str]


class RecoveryCodesRemaining(TypedDict):
    remaining: int


class ApiToken(TypedDict):
    id: int
    name: str
    hash_prefix: str
    abilities: list[Literal["read", "write"]]
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime


class NewApiToken(ApiToken):
    token: str


class SignedIn(TypedDict):
    id: int
    address: str | None
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    current: bool


class Said(TypedDict):
    message: str


class EmailAddress(TypedDict):
    email: str
    verified: bool
    pending_email: str | None


class Staff(TypedDict):
    id: int
    name: str
    email: str


class StaffSession(TypedDict):
    admin: Staff
    token: str


class TeamMember(TypedDict):
    id: int
    name: str
    email: str
    role: Literal["owner", "agent"]
    locale: str | None
    is_available: bool
    is_online: bool
    last_seen_at: datetime | None
    two_factor_enabled: bool
    joined_at: datetime | None


class Invitation(TypedDict):
    id: int
    email: str
    role: Literal["owner", "agent"]
    status: Literal["pending", "accepted", "expired"]
    invited_by: int
    created_at: datetime
    expires_at: datetime


class InvitationWithLink(TypedDict):
    id: int
    email: str
    role: Literal["owner", "agent"]
    status: Literal["pending", "accepted", "expired"]
    invited_by: int
    created_at: datetime
    expires_at: datetime
    accept_url: str


class Availability(TypedDict):
    is_available: bool
    is_online: bool
    last_seen_at: datetime | None


class MemberAvailability(TypedDict):
    user_id: int
    name: str
    role: Literal["owner", "agent"]
    is_available: bool
    is_online: bool
    last_seen_at: datetime | None


class Deletion(TypedDict):
    scheduled_for: datetime | None
    requested_at: datetime | None
    requested_by: int | None


class DigestSent(TypedDict):
    email: str


class AuditSubject(TypedDict):
    kind: str
    id: int


class AuditChange(TypedDict):
    """`before` is null where there was nothing."""

    before: Any
    after: Any


class AuditEntry(TypedDict):
    id: int
    at: datetime
    actor: str
    actor_name: str | None
    type: str
    summary: str
    subject: AuditSubject
    setting: str | None
    changes: dict[str, AuditChange] | None
    address: str | None
    user_agent: str | None


class PhoneInstance(TypedDict):
    id: int
    name: str | None
    instance: str
    phone: str | None
    status: Literal["pending_qr", "connecting", "connected", "disconnected"]
    status_reason: int | None
    status_detail: Why | None
    status_text: str | None
    status_changed_at: datetime | None
    created_at: datetime


class Qr(TypedDict):
    status: Literal["pending_qr", "connecting", "connected", "disconnected"]
    status_detail: Why | None
    status_text: str | None
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


class Csat(TypedDict):
    rating: int
    comment: str | None


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
    unread_by_me: int | None
    last_message: LastMessage | None
    last_activity_at: datetime
    snoozed_until: datetime | None
    sla: Sla | None
    csat: Csat | None
    broadcast_id: int | None
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
