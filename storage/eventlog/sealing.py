"""AES-GCM, twice: the application key seals the streams' keys and the vault; a stream's key seals what a person wrote.

A sealed value is 12 bytes of nonce and the ciphertext with its tag. What it belongs to is authenticated along, so that
one row's value cannot be put in another's place.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12


class WrongKey(Exception):
    """A value does not open: `PLIXA_SECRET_KEY` is not the one that sealed it, or the value was changed."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} cannot be opened. PLIXA_SECRET_KEY differs from the one that sealed it, or it was tampered with."
        )


def new_key() -> bytes:
    """A fresh 256-bit key."""
    return os.urandom(32)


def seal(key: bytes, data: bytes, belongs_to: str) -> bytes:
    """Encrypt and authenticate."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, belongs_to.encode())


def unseal(key: bytes, sealed: bytes, belongs_to: str) -> bytes:
    """The data again. Raises `WrongKey`."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], belongs_to.encode())
    except (InvalidTag, ValueError):  # the latter where it is shorter than anything sealed
        raise WrongKey(belongs_to) from None


class ApplicationKey:
    """Seals what must be read back, with a key derived from `PLIXA_SECRET_KEY`.

    others: secrets whose keys open what they have sealed, too, while `plixa rekey` seals it anew; "" is none.
    """

    def __init__(self, secret: str, *others: str) -> None:
        self._key, *self._others = [_derived(each) for each in (secret, *others) if each]

    def seal(self, data: bytes, belongs_to: str) -> bytes:
        """Encrypt and authenticate."""
        return seal(self._key, data, belongs_to)

    @property
    def ids(self) -> list[bytes]:
        """What each key is known by, the one that seals first."""
        return self.fingerprints("which key this is")

    def fingerprint(self, text: str) -> bytes:
        """16 bytes by which whoever has the key knows a text again, and nobody else can find it out by trying."""
        return _fingerprint(self._key, text)

    def fingerprints(self, text: str) -> list[bytes]:
        """The same by each key: by which of them a text was written down is not known."""
        return [_fingerprint(key, text) for key in (self._key, *self._others)]

    def unseal(self, sealed: bytes, belongs_to: str) -> bytes:
        """The data again. Raises `WrongKey`."""
        for key in (self._key, *self._others):
            with suppress(WrongKey):
                return unseal(key, sealed, belongs_to)
        raise WrongKey(belongs_to)

    def resealed(self, sealed: bytes, belongs_to: str) -> bytes | None:
        """The same under the key that seals; None where it is already. Raises `WrongKey`."""
        with suppress(WrongKey):
            unseal(self._key, sealed, belongs_to)
            return None
        return self.seal(self.unseal(sealed, belongs_to), belongs_to)


def _derived(secret: str) -> bytes:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=b"plixa", info=b"application key v1")
    return derived.derive(secret.encode())


def _fingerprint(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), hashlib.sha256)[:16]
