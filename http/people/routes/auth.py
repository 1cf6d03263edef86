"""Register, sign in (with a second factor, if there is one), sign out."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from typing import Annotated, Any, Literal

import structlog
from pydantic import Field, StringConstraints

from plixa.actors.people import accounts as people
from plixa.actors.workspace.actor import RegisterWorkspace
from plixa.actors.workspace.state import Workspace, evolve
from plixa.engine.errors import Duplicate, Invalid, PlixaError, Unauthenticated
from plixa.engine.events import Event
from plixa.http.api import Answer, Call, auth, cookies, rendering, route, shapes
from plixa.http.api.fields import Body, CountryCode, Email, Line, Text, TimeZone
from plixa.http.people import second_factor
from plixa.http.people.resources import tenant_resource, user_resource
from plixa.http.people.routes.emails import LASTS
from plixa.http.people.routes.passwords import NewPassword
from plixa.http.server.addresses import source_of
from plixa.http.workspace.parts import PICTURES
from plixa.storage.people import vault

TAG = "Authentication"
PANEL = auth.PANEL
_NOT_IN_SLUGS = re.compile(r"[^a-z0-9]+")
CHALLENGE_LASTS = timedelta(minutes=10)
CHALLENGE_TRIES = 5
log = structlog.get_logger("plixa.auth")


class Register(NewPassword):
    """A new workspace and its owner."""

    name: Annotated[Line, StringConstraints(max_length=255)]
    email: Email
    company_name: Annotated[Line, StringConstraints(max_length=255)]
    country_code: CountryCode
    tax_id: Annotated[Text, StringConstraints(max_length=40)] | None = None
    timezone: TimeZone | None = None
    locale: Literal["en", "pt", "pt-BR", "es"] | None = None


class Login(Body):
    email: Annotated[str, Field(max_length=254)]
    password: Annotated[str, Field(max_length=1024)]


class Challenge(Body):
    """One of the two: a code of the authenticator app, or a recovery code."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] | None = None
    recovery_code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] | None = None


@route(
    "POST",
    "/v1/auth/register",
    tag=TAG,
    who="public",
    body=Register,
    answer=shapes.Session,
    status=201,
    rate="30/minute",
    idempotent=True,
)
async def register(call: Call) -> Answer:
    """Register a new workspace

    Makes the workspace with its owner, and a session token for the owner. Nothing is made if the e-mail address is
    taken.
    """
    body: Register = call.body
    [tenant], [user] = [await call.read(vault.next_ids, sequence) for sequence in ("tenants_id", "users_id")]
    hashed = await auth.hash_password(body.password, source_of(call.address))
    token = await auth.new_session(call, tenant, user)
    command = RegisterWorkspace(
        name=body.company_name,
        slug=slug_of(body.company_name),
        country_code=body.country_code,
        timezone=body.timezone or "UTC",
        locale=body.locale or "en",
        tax_id=body.tax_id,
        owner_id=user,
        owner_name=body.name,
        owner_email=body.email,
    )

    rows = [vault.password_row(tenant, user, hashed), token.row]

    render = rendering(_registered, tenant, user, token.bearer, call.services[PICTURES].url(""))
    try:
        answer = await call.answered("workspace", tenant, command, render, tenant=tenant, attach=rows)
    except Duplicate as error:
        if error.constraint == "members_email":
            raise Invalid({"email": ["The email has already been taken."]}) from None
        raise
    await _welcome(call, tenant, user)
    return answer


def _registered(events: Sequence[Event], tenant: int, user_id: int, token: str, pictures: str) -> Answer:
    workspace = reduce(evolve, events, Workspace(id=tenant))
    return Answer(_session(workspace, user_id, token, pictures), status=201)


async def _welcome(call: Call, tenant: int, user_id: int) -> None:
    """Send the link that verifies the address. The workspace is there, whatever becomes of this."""
    try:
        secret = auth.one_time_secret(call, tenant, people.VERIFY, user_id, LASTS)
        command = people.AskEmailVerification(user_id=user_id)
        await call.ask("workspace", tenant, command, tenant=tenant, attach=[secret])
    except PlixaError as error:
        log.warning("verification_not_sent", tenant=tenant, error=str(error))


def _session(workspace: Workspace, user_id: int, token: str, pictures: str) -> dict[str, Any]:
    return {"user": user_resource(workspace, user_id), "tenant": tenant_resource(workspace, pictures), "token": token}


def slug_of(name: str) -> str:
    """A readable, unique name for URLs: "padaria-sao-jose-4f2c"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return f"{_NOT_IN_SLUGS.sub('-', plain).strip('-')[:48] or 'workspace'}-{secrets.token_hex(4)}"


@route(
    "POST",
    "/v1/auth/login",
    tag=TAG,
    who="public",
    body=Login,
    answer=shapes.Session | shapes.TwoFactorRequired,
    rate="30/minute",
)
async def login(call: Call) -> Answer:
    """Sign in

    A wrong e-mail address and a wrong password give the same answer, after the same time. Whoever has a second factor
    gets a token that is good for /v1/auth/2fa-challenge and nothing else, for 10 minutes. Wrong passwords from
    elsewhere keep nobody out who signs in from where they have before.
    """
    body: Login = call.body
    email = body.email.strip().lower()
    places: list[Any] = await call.read(vault.places, email) if storable(email) else []
    lane = await auth.count_stranger(call, f"login {email}", places, auth.ACCOUNT_GUESSES, auth.STRANGERS_GUESSES)
    row = await call.read(vault.find_login, email) if storable(email) else None
    fits = await auth.password_is(body.password, row["password_hash"] if row else None, lane)
    if row is None or not fits:
        raise Unauthenticated("The email or password is incorrect.", code="INVALID_CREDENTIALS")
    tenant, user_id = row["tenant_id"], row["user_id"]
    workspace: Workspace = await call.services.bus.workspace(tenant)
    member = workspace.members.get(user_id)
    if gone(workspace, call.services.clock.now()):  # its rows go in the seconds after
        raise Unauthenticated("The email or password is incorrect.", code="INVALID_CREDENTIALS")
    if member is not None and member.two_factor:
        return await _challenge(call, tenant, user_id)
    return await _signed_in(call, workspace, user_id, row["password_hash"], by_code=False)


def gone(workspace: Workspace, now: datetime) -> bool:
    """Whether this workspace was deleted, or is to be at this moment."""
    return workspace.status == "erased" or (workspace.deletion is not None and workspace.deletion.due <= now)


def storable(text: str) -> bool:
    """Whether the database could hold this at all."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


async def _signed_in(call: Call, workspace: Workspace, user_id: int, hashed: str | None, *, by_code: bool) -> Answer:
    """A session, if what was proven still holds once it is there. A change of password, or a second factor, ends all
    sessions that there are, and the one that is made at that very moment must not be left."""
    token = await auth.new_session(call, workspace.id, user_id)
    await call.services.store.writer.write([token.row])
    if not await call.read(vault.still_proven, user_id, hashed, by_code):
        await call.read(vault.revoke_token, token.id)
        raise Unauthenticated
    if by_code:
        await call.read(vault.note_proof, token.id, call.services.clock.now())
    return Answer(_session(workspace, user_id, token.bearer, call.services[PICTURES].url("")))


async def _challenge(call: Call, tenant: int, user_id: int) -> Answer:
    expires_at = call.services.clock.now() + CHALLENGE_LASTS
    token = await auth.new_token(call, tenant, user_id, auth.CHALLENGE, [auth.CHALLENGE], expires_at)
    await call.services.store.writer.write([token.row])
    return Answer({"two_factor_required": True, "token": token.bearer})


@route(
    "POST",
    "/v1/auth/2fa-challenge",
    tag=TAG,
    ability="challenge",
    body=Challenge,
    answer=shapes.Session,
    rate="10/minute",
    always=True,
)
async def challenge(call: Call) -> Answer:
    """Verify a TOTP or recovery code and complete the login

    With the token that the sign-in gave, which is spent by it, or by five wrong codes.
    """
    body: Challenge = call.body
    if body.code is None and body.recovery_code is None:
        raise Invalid({"code": ["Send a code of your authenticator app, or a recovery code."]})
    if not await call.read(vault.take_attempt, call.caller.token_id, CHALLENGE_TRIES):
        raise Unauthenticated
    user_id = call.caller.user_id
    hashed = await call.read(vault.get_password, user_id)
    await second_factor.use(call, body.code, body.recovery_code)
    if not await call.read(vault.revoke_token, call.caller.token_id):
        raise Unauthenticated
    return await _signed_in(call, await call.services.bus.workspace(call.tenant), user_id, hashed, by_code=True)


@route("POST", "/v1/auth/logout", tag=TAG, ability="panel", status=204, always=True, acting=True)
async def logout(call: Call) -> Answer:
    """Sign out

    Only the token that was sent is revoked; others of the account go on working. A browser's cookie goes, too.
    """
    await call.read(vault.revoke_token, call.caller.token_id)
    call.services.judge.hurry(call.tenant)
    return Answer(status=204, cookies=cookies.gone(call.services))
