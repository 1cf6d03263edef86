"""How deliveries are signed, so that a receiver knows whom they are from: our own header, and Standard Webhooks 1.0.

A secret is shown as `whsec_` and base64 of 32 bytes. `X-Plixa-Signature` is keyed with the text as it is shown and
signs the body; `webhook-signature` is keyed with the bytes that the base64 stands for and signs id, time and body.
While two secrets hold, each header has a signature of each, the newer one first.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence

PREFIX = "whsec_"


def new_secret() -> str:
    """A fresh one, as it is shown."""
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()


def is_secret(text: str) -> bool:
    """Whether this is one as it is shown."""
    try:
        return text.startswith(PREFIX) and len(b64decode(text.removeprefix(PREFIX), validate=True)) > 0
    except ValueError:
        return False


def headers(event_id: str, type_: str, delivery_id: int, body: bytes, at: int, good: Sequence[str]) -> dict[str, str]:
    """A delivery's headers. at: Unix seconds of this try. good: the secrets that hold, the newest first."""
    return {
        "content-type": "application/json",
        "x-plixa-event": type_,
        "x-plixa-delivery": str(delivery_id),
        "x-plixa-signature": ",".join(_ours(each, body) for each in good),
        "webhook-id": event_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(_standard(each, event_id, at, body) for each in good),
    }


def _ours(secret: str, body: bytes) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _standard(secret: str, event_id: str, at: int, body: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    signed = hmac.digest(key, f"{event_id}.{at}.".encode() + body, "sha256")
    return f"v1,{b64encode(signed).decode()}"
