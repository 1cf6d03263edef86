"""Tokens and passwords. A token is `{id}|{40 random characters}`; of the secret only a hash is kept."""

from __future__ import annotations

import hmac
import secrets
import string

import argon2
import trio

from plixa.engine.errors import Unauthenticated
from plixa.http.api import Caller
from plixa.http.services import Services
from plixa.storage import vault

_ALPHABET = string.ascii_letters + string.digits
_hasher = argon2.PasswordHasher()
_hashing = trio.CapacityLimiter(2)  # argon2 takes 64 MiB each time: a flood of logins must not take the machine
# Verified against when an e-mail address is unknown, so that the answer takes as long as for a known one.
_NOBODY = _hasher.hash("nobody has this password")


def new_secret() -> str:
    """40 random characters."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(40))


def bearer(token_id: int, secret: str) -> str:
    """The token as it is shown, once."""
    return f"{token_id}|{secret}"


async def hash_password(password: str) -> str:
    """An argon2id hash."""
    return await trio.to_thread.run_sync(_hasher.hash, password, limiter=_hashing)


async def password_is(password: str, hashed: str | None) -> bool:
    """Whether it fits; takes as long when there is nothing to compare with."""

    def verify() -> bool:
        try:
            return _hasher.verify(hashed or _NOBODY, password) and hashed is not None
        except argon2.exceptions.VerificationError:
            return False

    return await trio.to_thread.run_sync(verify, limiter=_hashing)


def token_of(header: str | None) -> str | None:
    """The token in an Authorization header, or None."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def authenticate(services: Services, token: str | None) -> Caller:
    """Who this token is. Raises `Unauthenticated`."""
    token_id, _, secret = (token or "").partition("|")
    if not secret or not token_id.isascii() or not token_id.isdigit() or len(token_id) > 18:
        raise Unauthenticated
    row = await services.database.run(vault.find_token, int(token_id))
    if row is None or not hmac.compare_digest(row["hash"], vault.token_hash(secret)):
        raise Unauthenticated
    if row["revoked_at"] is not None:
        raise Unauthenticated
    if row["expires_at"] is not None and row["expires_at"] <= services.clock.now():
        raise Unauthenticated
    return Caller(
        row["tenant_id"], row["user_id"], row["role"], row["user_name"], row["id"], frozenset(row["abilities"])
    )
