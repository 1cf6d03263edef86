"""A browser's subscription, and a message that only this browser can read (RFC 8291)."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from typing import Any, cast

import http_ece
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from plixa.engine.errors import Invalid
from plixa.http.clients.safe_http import problem_with

ENCODING = "aes128gcm"
LONGEST = 3993
"""Bytes of a message: push services take a body of 4096, of which 86 are its header and 17 its end."""
_POINT, _AUTH = 65, 16  # bytes


class Subscription(msgspec.Struct, frozen=True):
    """What `PushSubscription.toJSON()` gave in the browser. p256dh, auth: base64url, with or without padding.

    locale: the language of what it is told, where the server has the words.
    """

    endpoint: str
    p256dh: str
    auth: str
    content_encoding: str | None = None
    locale: str | None = None


def check(subscription: Subscription, *, allow_loopback: bool = False) -> None:
    """Raise `Invalid` with every field that can never work, named as in the request's body."""
    found = {
        "endpoint": problem_with(subscription.endpoint, allow_loopback=allow_loopback),
        "keys.p256dh": None if _point(subscription.p256dh) else "Expected a point on the curve P-256 in base64url.",
        "keys.auth": None if _secret(subscription.auth) else "Expected 16 bytes in base64url.",
        "content_encoding": None
        if subscription.content_encoding in (None, ENCODING)
        else f"Only {ENCODING} is supported.",
    }
    details = {field: [problem] for field, problem in found.items() if problem is not None}
    if details:
        raise Invalid(details)


def encrypt(subscription: Subscription, message: bytes) -> bytes:
    """The body of a push, with a key pair and a salt of its own. Raises `ValueError` with what is wrong."""
    point, secret = _point(subscription.p256dh), _secret(subscription.auth)
    if point is None or secret is None:
        raise ValueError("the subscription's keys are not right")
    if subscription.content_encoding not in (None, ENCODING):
        raise ValueError(f"the subscription asks for an encoding that is not {ENCODING}")
    if not 1 <= len(message) <= LONGEST:
        raise ValueError(f"the message has {len(message)} bytes, between 1 and {LONGEST} are allowed")
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    library = cast("Any", http_ece)  # it has no types
    return bytes(library.encrypt(message, private_key=ephemeral, dh=point, auth_secret=secret, version=ENCODING))


def _point(text: str) -> bytes | None:
    data = _decoded(text)
    if data is None or len(data) != _POINT:
        return None
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
    except ValueError:  # not on the curve
        return None
    return data


def _secret(text: str) -> bytes | None:
    data = _decoded(text)
    return data if data is not None and len(data) == _AUTH else None


def _decoded(text: str) -> bytes | None:
    bare = text.rstrip("=")
    if len(bare) > 2 * _POINT:
        return None
    try:
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (NotBase64, ValueError):
        return None
