"""Webhook bodies beside the plain text of `Number.message`: what happens to a message after it was written."""

from __future__ import annotations

import time

from tests.harness import Json, Number

CUSTOMER = "5511987650001"


def key(key_id: str, *, from_me: bool = False) -> Json:
    """A message's key in the chat with `CUSTOMER`."""
    return {"remoteJid": f"{CUSTOMER}@s.whatsapp.net", "fromMe": from_me, "id": key_id}


def typed(number: Number, text: str, key_id: str, **fields: float) -> Json:
    """A text that somebody typed on the phone."""
    body = number.message(CUSTOMER, text, key_id, **fields)
    body["data"]["key"]["fromMe"] = True
    return body


def edit(number: Number, key_id: str, text: str, at: float | None = None) -> Json:
    """A new text, given at this time (Unix seconds)."""
    when = str(int((time.time() if at is None else at) * 1000))
    data = {"key": key(key_id), "type": "MESSAGE_EDIT", "editedMessage": {"conversation": text}, "timestampMs": when}
    return {"event": "messages.edited", "instance": number.instance, "data": data}


def reaction(number: Number, key_id: str, emoji: str, at: float | None = None, *, from_me: bool = False) -> Json:
    """An emoji on a message; an empty one takes it away."""
    body = number.message(CUSTOMER, "", f"{key_id}-{emoji}-{at}", at=at)
    body["data"]["key"]["fromMe"] = from_me
    body["data"]["message"] = {"reactionMessage": {"key": key(key_id), "text": emoji}}
    body["data"]["messageType"] = "reactionMessage"
    return body


def deletion(number: Number, key_id: str) -> Json:
    """Deleted for everyone."""
    return {"event": "messages.delete", "instance": number.instance, "data": key(key_id) | {"status": "DELETED"}}


def tick(number: Number, key_id: str, status: str) -> Json:
    """SERVER_ACK, DELIVERY_ACK, READ, PLAYED or ERROR for a message of ours."""
    data = {"keyId": key_id, "remoteJid": f"{CUSTOMER}@s.whatsapp.net", "fromMe": True, "status": status}
    return {"event": "messages.update", "instance": number.instance, "data": data}
