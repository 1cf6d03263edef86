"""Endpoints and deliveries as they are answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from typing_extensions import TypedDict

from plixa.actors.webhooks.endpoints import Endpoint, Reason, Told
from plixa.http.webhooks.happened import answer_belongs, body_belongs
from plixa.storage.eventlog.sealing import ApplicationKey, WrongKey

Status = Literal["pending", "delivering", "delivered", "failed", "cancelled"]
Type = Literal[Told, "webhook.test"]


class WebhookEndpoint(TypedDict):
    id: int
    url: str
    events: list[Told]
    is_active: bool
    description: str | None
    disabled_at: datetime | None
    disabled_reason: Reason | None
    created_at: datetime


class WebhookEndpointWithSecret(WebhookEndpoint):
    secret: str | None


class WebhookDelivery(TypedDict):
    id: int
    endpoint_id: int
    event_id: str
    type: Type
    offset: int | None
    status: Status
    attempts: int
    next_attempt_at: datetime | None
    response_status: int | None
    response_body: str | None
    duration_ms: int | None
    error: str | None
    erased: bool
    created_at: datetime
    delivered_at: datetime | None


class WebhookDeliveryWithBody(WebhookDelivery):
    body: dict[str, Any] | None


class WebhookReplay(TypedDict):
    endpoint_id: int
    after: int
    upto: int


def endpoint_resource(endpoint: Endpoint) -> dict[str, Any]:
    """Without its secret, which nobody is told again."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "is_active": endpoint.is_active,
        "description": endpoint.description,
        "disabled_at": endpoint.disabled_at,
        "disabled_reason": endpoint.disabled_reason,
        "created_at": endpoint.created_at,
    }


def delivery_resource(row: Any, seal: ApplicationKey) -> dict[str, Any]:
    """erased: what it told of is gone, and so is its body."""
    return {
        "id": row["id"],
        "endpoint_id": row["endpoint_id"],
        "event_id": row["event_id"],
        "type": row["type"],
        "offset": row["position"],
        "status": row["status"],
        "attempts": row["attempts"],
        "next_attempt_at": row["next_attempt_at"] if row["status"] == "pending" else None,
        "response_status": row["response_status"],
        "response_body": _answer(row, seal),
        "duration_ms": row["duration_ms"],
        "error": row["error"],
        "erased": row["position"] is None,
        "created_at": row["created_at"],
        "delivered_at": row["delivered_at"],
    }


def with_body(row: Any, seal: ApplicationKey) -> dict[str, Any]:
    """The same with what was sent."""
    sealed = row["body"]
    opened = _opened(sealed, seal, body_belongs(row["tenant_id"], row["event_id"])) if sealed is not None else None
    return {**delivery_resource(row, seal), "body": None if opened is None else msgspec.json.decode(opened)}


def _answer(row: Any, seal: ApplicationKey) -> str | None:
    sealed = row["response_body"]
    opened = None if sealed is None else _opened(sealed, seal, answer_belongs(row["tenant_id"], row["id"]))
    return None if opened is None else opened.decode("utf-8", "replace").replace("\x00", "\ufffd")


def _opened(sealed: bytes, seal: ApplicationKey, belongs: str) -> bytes | None:
    try:
        return seal.unseal(sealed, belongs)
    except WrongKey:
        return None
