"""Whether a webhook is Stripe's: HMAC-SHA256 over its time and its raw bytes, under any of the secrets that are set.

The SDK's own check raises all sorts of errors on hostile input, and takes times of the future; this one says yes or no.
"""

from __future__ import annotations

import hashlib
import hmac

TOLERANCE = 300
"""Seconds that a signature is old at most, or ahead of our clock."""
MOST_SIGNATURES = 20
LONGEST = 4_096


def is_signed(raw: bytes, header: str, secrets: tuple[str, ...], now: float) -> bool:
    """Whether one of the header's signatures is right under one of the secrets, and is of about now."""
    at, given = _parsed(header)
    if at is None or abs(now - at) > TOLERANCE:
        return False
    signed = b"%d." % at + raw
    wanted = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode() for secret in secrets]
    return sum(hmac.compare_digest(each, mine) for each in given for mine in wanted) > 0  # all are compared


def _parsed(header: str) -> tuple[int | None, list[bytes]]:
    """The time and the signatures of version 1."""
    at: int | None = None
    given: list[bytes] = []
    for part in header[:LONGEST].split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and value.isascii() and value.isdigit() and len(value) < 12:
            at = int(value)
        elif name == "v1" and len(given) < MOST_SIGNATURES:
            given.append(value.encode("utf-8", "replace"))
    return at, given
