"""The second factor: codes by time (RFC 6238, SHA-1, 6 digits, 30 s) and recovery codes.

A code is good for its own time step and the one before and after it, and each step once. A recovery code has 80 random
bits, so that a plain hash is enough; it is good once.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from typing import Any

import segno
from pyotp.totp import TOTP

from plixa.actors.folding import figures
from plixa.engine.errors import Invalid
from plixa.http.api import Call, auth
from plixa.storage.people import vault

ISSUER = "Plixa"
STEP = 30
RECOVERY_CODES = 10
A_DAY = "100/day"
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_WRONG = "The code is incorrect, or was used before."


def otpauth_url(secret: str, email: str) -> str:
    """What authenticator apps read."""
    return TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def qr(url: str) -> str:
    """The same as a picture: an SVG in a data URL."""
    return segno.make(url, error="m").svg_data_uri(scale=4)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step whose code this is, among the present one and its neighbours; None if it is wrong."""
    totp, now = TOTP(secret), int(at.timestamp()) // STEP
    code = "".join(figures(code).replace("-", "").split())  # apps show it as "123 456"
    if not (code.isascii() and code.isdigit()):
        return None
    fitting = [step for step in (now + 1, now, now - 1) if hmac.compare_digest(totp.generate_otp(step), code)]
    return fitting[0] if fitting else None


def new_recovery_codes() -> list[str]:
    """Ten codes like "k3vq-…", to be shown once."""
    return ["-".join(_group() for _ in range(4)) for _ in range(RECOVERY_CODES)]


def _group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(4))


def recovery_hash(code: str) -> bytes:
    """What is kept of a recovery code; people may write it with or without its dashes."""
    return vault.token_hash("".join(figures(code).lower().replace("-", "").split()))


def seal(call: Call, user_id: int, secret: str) -> bytes:
    """The secret for the vault."""
    return call.services.store.keyring.application_key.seal(secret.encode(), f"second factor {user_id}")


def unseal(call: Call, row: Any) -> str:
    """The secret of a row of `two_factors`."""
    belongs = f"second factor {row['user_id']}"
    return call.services.store.keyring.application_key.unseal(row["sealed"], belongs).decode()


async def must_be_code(call: Call, code: str) -> tuple[str, int]:
    """The caller's secret and the step of their first code. Raises `Invalid` unless it is right, or `RateLimited`."""
    await count(call)
    row = await call.read(vault.get_two_factor, call.caller.user_id)
    if row is None:
        raise Invalid({"code": ["Nothing is set up yet. Begin at /v1/me/2fa/setup."]})
    secret = unseal(call, row)
    step = step_of(secret, code, call.services.clock.now())
    if step is None:
        raise Invalid({"code": [_WRONG]})
    return secret, step


async def use(call: Call, code: str | None, recovery_code: str | None) -> None:
    """Use up the caller's code or recovery code. Raises `Invalid` when it is wrong, `RateLimited` after too many."""
    await count(call)
    if code is not None and await _use_code(call, code):
        return
    if code is None and recovery_code is not None:
        hashed = recovery_hash(recovery_code)
        if await call.read(vault.take_recovery_code, call.caller.user_id, hashed):
            return
    raise Invalid({"code" if code is not None else "recovery_code": [_WRONG]})


async def _use_code(call: Call, code: str) -> bool:
    row = await call.read(vault.get_two_factor, call.caller.user_id)
    if row is None or row["confirmed_at"] is None:
        return False
    step = step_of(unseal(call, row), code, call.services.clock.now())
    if step is None:
        return False
    taken: bool = await call.read(vault.take_step, call.caller.user_id, step)
    return taken


async def count(call: Call) -> None:
    """One guess at the caller's second factor: so few a day that six digits are enough. Raises `RateLimited`."""
    await auth.count_guess(call, f"second factor {call.caller.user_id}")
    await auth.count_for_all(call, A_DAY, "second factor", str(call.caller.user_id))
