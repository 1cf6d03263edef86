"""What endpoints of the workspace's own are told (`http/webhooks`), as the API's documents describe it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from typing_extensions import TypedDict

from plixa.http.api.shapes import Conversation, Message


class ConversationEnd(TypedDict):
    id: int
    merged_into: int | None


class TestOfEndpoint(TypedDict):
    endpoint_id: int


class _Told(TypedDict):
    id: str
    offset: int
    created_at: datetime
    tenant_id: int


class MessageInboundEvent(_Told):
    type: Literal["message.inbound"]
    data: Message


class MessageOutboundEvent(_Told):
    type: Literal["message.outbound"]
    data: Message


class ConversationCreatedEvent(_Told):
    type: Literal["conversation.created"]
    data: Conversation


class ConversationUpdatedEvent(_Told):
    type: Literal["conversation.updated"]
    data: Conversation


class ConversationDeletedEvent(_Told):
    type: Literal["conversation.deleted"]
    data: ConversationEnd


class WebhookTestEvent(_Told):
    type: Literal["webhook.test"]
    data: TestOfEndpoint


class Hook(NamedTuple):
    """An event's body, and in words when it comes."""

    model: Any
    text: str


HOOKS: Mapping[str, Hook] = {
    "message.inbound": Hook(
        MessageInboundEvent,
        "A customer's message is new, or has changed: it was edited or deleted, or its file is there. Answer each `id` "
        "of a message once.",
    ),
    "message.outbound": Hook(
        MessageOutboundEvent,
        "A message of the business is new, or has changed: its status, an edit, its deletion. A note (`type`: `note`) "
        "never leaves the business.",
    ),
    "conversation.created": Hook(ConversationCreatedEvent, "A conversation has begun."),
    "conversation.updated": Hook(ConversationUpdatedEvent, "Something about a conversation has changed."),
    "conversation.deleted": Hook(
        ConversationDeletedEvent,
        "A conversation is gone, and its messages with it; or it was merged, and its messages are those of "
        "`merged_into`.",
    ),
    "webhook.test": Hook(WebhookTestEvent, "Somebody wants to see whether deliveries arrive."),
}
PROMISE = """\
Signed in `X-Plixa-Signature` (`sha256=` and the HMAC-SHA256 in hex of the raw body, keyed with the secret as it is
shown; two of them, with a comma, while a secret is being replaced) and as Standard Webhooks 1.0 has it
(`webhook-id`, `webhook-timestamp`, `webhook-signature`). Answer 2xx within 15 seconds. Anything else is tried again,
ten times over three days, under the same `id`; 410 switches the endpoint off. `data` is what GET gives to an owner,
never older than the event. An event may come twice, and a replayed one late: keep, for each resource, the one with the
highest `offset`."""
HEADERS: Mapping[str, str] = {
    "X-Plixa-Signature": "`sha256=…`, one for each secret that holds.",
    "X-Plixa-Event": "The event's type.",
    "X-Plixa-Delivery": "The delivery's id, as `GET /v1/webhook-deliveries` has it.",
    "webhook-id": "The event's id, the same at every try.",
    "webhook-timestamp": "Unix seconds of this try.",
    "webhook-signature": "`v1,…`, one for each secret that holds.",
}
