"""Tokens, passwords, one-time secrets. A token is `{id}|{40 random characters}`; of the secret only a hash is kept.

Invariants: a token is looked up and judged on every request, so that revoking it works at once. Guesses are counted per
account and per address, and whether an account exists changes neither the answer nor, as far as can be, its time.
"""

from __future__ import annotations

import hmac
import secrets
import string
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import trio

from plixa.engine.errors import Invalid, RateLimited, Unauthenticated
from plixa.http.api import Acting, Call, Caller
from plixa.http.api.hashing import ANYBODY, KNOWN, hash_password, password_is
from plixa.http.api.limits import window_of
from plixa.http.api.services import Services
from plixa.http.server.addresses import source_of
from plixa.http.server.door import current_door
from plixa.storage.eventlog.statement import Row
from plixa.storage.people import guesses, vault
from plixa.storage.staff import admins

__all__ = ["ANYBODY", "KNOWN", "hash_password", "password_is"]
PANEL, CHALLENGE, ADMIN = "panel", "challenge", "admin"
"""The names of tokens, beside `api:…`; the latter two are abilities as well."""
ACCOUNT_GUESSES, ADDRESS_GUESSES = "10/minute", "60/minute"
STRANGERS_GUESSES = "30/minute"
"""At one account, by all who sign in from where nobody of it has."""
_USED = "1/minute"

_ALPHABET = string.ascii_letters + string.digits


def new_secret() -> str:
    """40 random characters."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(40))


def bearer(token_id: int, secret: str) -> str:
    """The token as it is shown, once."""
    return f"{token_id}|{secret}"


def token_of(header: str | None) -> str | None:
    """The token in an Authorization header, or None."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def authenticate(services: Services, token: str | None, *, challenge: bool = False) -> Caller:
    """Which member this token is. Raises `Unauthenticated`.

    challenge: whether it must be a sign-in that waits for its code, or must not.
    """
    caller = await _caller(services, token, vault.find_token)
    if (CHALLENGE in caller.abilities) != challenge:
        raise Unauthenticated
    return caller


async def authenticate_admin(services: Services, token: str | None, *, challenge: bool = False) -> Caller:
    """Who of Plixa's staff this token is. Raises `Unauthenticated`. challenge: as of `authenticate`.

    In production somebody without a second factor is let in to set it up, and to nothing else: they lack `ADMIN`.
    """
    caller = await _caller(services, token, admins.find_admin_token)
    if (CHALLENGE in caller.abilities) != challenge:
        raise Unauthenticated
    return caller


async def _caller(services: Services, token: str | None, find: Callable[..., Awaitable[Any]]) -> Caller:
    token_id, _, secret = (token or "").partition("|")
    if not secret or not token_id.isascii() or not token_id.isdigit() or len(token_id) > 18:
        raise Unauthenticated
    row = await services.database.run(find, int(token_id))
    if row is None or not hmac.compare_digest(row["hash"], vault.token_hash(secret)):
        raise Unauthenticated
    return caller_of(services, row)


def caller_of(services: Services, row: Any) -> Caller:
    """Which member a token is, by its row; None is no row. Raises `Unauthenticated` if it is no good (any more)."""
    now = services.clock.now()
    if row is None or row["revoked_at"] is not None or (row["expires_at"] is not None and row["expires_at"] <= now):
        raise Unauthenticated
    idle = idle_since(services)
    if row["name"] == PANEL and idle is not None and (row["used_at"] or row["created_at"]) <= idle:
        raise Unauthenticated
    if services.limits.first(_USED, "token used", str(row["id"])):
        services.store.writer.note([vault.token_used_row(row["tenant_id"], row["id"], now)])
    abilities = frozenset(row["abilities"])
    if row["tenant_id"] == 0 and services.settings.production and not row["two_factor"]:
        abilities -= {ADMIN}
    return Caller(row["tenant_id"], row["user_id"], row["role"], row["user_name"], row["id"], abilities, _acting(row))


def _acting(row: Any) -> Acting | None:
    if row["acting_admin"] is None:
        return None
    return Acting(row["acting_admin"], row["admin_name"], row["acting_mode"], row["expires_at"])


def idle_since(services: Services) -> datetime | None:
    """Sessions that were not used after this are over; None where that never ends one."""
    hours = services.settings.session_idle_hours
    return services.clock.now() - timedelta(hours=hours) if hours else None


def session_ends(services: Services) -> datetime | None:
    """When a session that is made now ends at the latest."""
    days = services.settings.session_days
    return services.clock.now() + timedelta(days=days) if days else None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that is good once its row is written. `bearer` is shown once."""

    id: int
    bearer: str
    hashed: bytes
    created_at: datetime
    row: Row


async def new_token(
    call: Call, tenant: int, user_id: int, name: str, abilities: list[str], expires_at: datetime | None = None
) -> NewToken:
    """A token for whoever is calling."""
    [token_id] = await call.read(vault.next_ids, "tokens")
    secret, now = new_secret(), call.services.clock.now()
    row = vault.token_row(
        token_id, tenant, user_id, name, secret, abilities, now, expires_at, call.address, call.user_agent
    )
    return NewToken(token_id, bearer(token_id, secret), vault.token_hash(secret), now, row)


async def new_session(call: Call, tenant: int, user_id: int) -> NewToken:
    """A member's session at the panel."""
    return await new_token(call, tenant, user_id, PANEL, ["*"], session_ends(call.services))


async def must_know_password(call: Call, password: str, field: str = "password") -> None:
    """Raises `Invalid` on `field` unless it is the caller's own password, `RateLimited` after too many guesses."""
    await count_guess(call, str(call.caller.user_id))
    hashed = await call.read(vault.get_password, call.caller.user_id)
    if not await password_is(password, hashed, KNOWN):
        raise Invalid({field: ["The password is incorrect."]})


async def count_guess(call: Call, account: str) -> None:
    """One guess at something that only `account` knows. Raises `RateLimited`."""
    source = source_of(call.address)
    call.services.limits.spend(ADDRESS_GUESSES, "guess from", source)
    await count_for_all(call, ACCOUNT_GUESSES, "guess", account, source)
    await count_for_all(call, STRANGERS_GUESSES, "guesses", account)


async def count_stranger(call: Call, account: str, places: Iterable[str], rate: str, of_all: str) -> str | None:
    """One try of somebody who has shown nothing yet, at an account. Raises `RateLimited`.

    Counted by account and source, so that no stranger's tries keep the right person out; and by account for all sources
    together but those from which somebody of it has signed in (`places`: addresses). Returns the lane for hashing.
    """
    source = source_of(call.address)
    await count_for_all(call, rate, "stranger at", account, source)
    if source in map(source_of, places):
        return KNOWN
    await count_for_all(call, of_all, "strangers at", account)
    return source


async def count_for_all(call: Call, rate: str, *subject: str) -> None:
    """One use of what is so often for all nodes together, and not for each. Raises `RateLimited`."""
    call.services.limits.spend(rate, *subject)
    door = current_door()
    if not call.services.limits.for_all or (door is not None and door.counted):
        return
    most, span = window_of(rate)
    if wait := await call.read(guesses.spend, (rate, *subject), most, span, call.services.clock.now()):
        raise RateLimited(wait)


def one_time_secret(call: Call, tenant: int, kind: str, ref: int, lasts: timedelta) -> Row:
    """A new secret for a mail, instead of an earlier one: the row to be attached to what asks for the mail."""
    secret, now = new_secret(), call.services.clock.now()
    seal = call.services.store.keyring.application_key.seal
    sealed = seal(secret.encode(), vault.secret_belongs(tenant, kind, ref))
    return vault.secret_row(tenant, kind, ref, vault.token_hash(secret), sealed, now, now + lasts)


async def find_secret(call: Call, kind: str, secret: str) -> Any:
    """The row of a one-time secret that is good. Raises `Invalid` on `token`, in the same words whatever is wrong."""
    row = await call.read(vault.find_secret, kind, vault.token_hash(secret), call.services.clock.now())
    if row is None:
        raise bad_secret()
    return row


def bad_secret() -> Invalid:
    """What is said of a link that is unknown, used or too old."""
    return Invalid({"token": ["This link is not good any more. Ask for a new one."]})


@asynccontextmanager
async def within(seconds: float) -> AsyncGenerator[None]:
    """Takes this long, however little there was to do: who waits learns nothing from the time.

    What has to be carried to another node takes as long: the door sees to it, from now on.
    """
    until, door = trio.current_time() + seconds, current_door()
    try:
        yield
    finally:
        if door is not None and door.elsewhere is not None:
            door.not_before = until
        elif door is None or not door.timed:
            await trio.sleep_until(until)
