"""The VAPID key pair (RFC 8292): push services know this server by it, browsers bind their subscription to it.

There is one pair for as long as subscriptions shall live: with another one, every browser has to subscribe again.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

_VALID = timedelta(hours=12)  # a push service refuses more than 24 h


class VapidKeys:
    """A P-256 key pair. Keep what `to_bytes` gives in the vault: it is the private key, unsealed."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self._signer: Any = Vapid02(private)  # the library has no types

    @classmethod
    def make(cls) -> VapidKeys:
        """A new pair."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def load(cls, data: bytes) -> VapidKeys:
        """The pair that `to_bytes` wrote. Raises `ValueError` for anything else."""
        private = serialization.load_der_private_key(data, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise ValueError("These are not VAPID keys: expected a private key on the curve P-256.")
        return cls(private)

    def to_bytes(self) -> bytes:
        """The private key as PKCS #8 in DER."""
        return self._private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def public_key(self) -> str:
        """What browsers pass as `applicationServerKey`: the uncompressed point, base64url without padding."""
        point = self._private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return urlsafe_b64encode(point).decode().rstrip("=")

    def authorization(self, endpoint: str, subject: str, now: datetime) -> str:
        """The header `Authorization` for one push. subject: "mailto:…" or an https URL, whom the push service writes to
        when we misbehave."""
        url = httpx.URL(endpoint)
        audience = f"{url.scheme}://{url.netloc.decode('ascii')}"
        claims = {"aud": audience, "exp": int((now + _VALID).timestamp()), "sub": subject}
        return str(self._signer.sign(claims)["Authorization"])
