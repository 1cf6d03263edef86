"""Sign-in of Plixa's own staff. Their tokens are of a kind of their own, and no token at all to a workspace.

A session lasts twelve hours. In production it is good for nothing but setting up a second factor until there is one;
from then on a sign-in needs its code. Who tries, and fails, is in the audit.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import pyotp
from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from plixa.engine.errors import Conflict, Invalid, PlixaError, Unauthenticated
from plixa.http.api import Answer, Call, auth, route, shapes
from plixa.http.api.fields import Body, Email
from plixa.http.notifications.pushing import PUSH
from plixa.http.people import second_factor
from plixa.http.server.addresses import source_of
from plixa.storage.people import vault
from plixa.storage.staff import admins, deeds

TAG = "Admin — Authentication"
SESSION_LASTS = timedelta(hours=12)
CHALLENGE_LASTS = timedelta(minutes=10)
CHALLENGE_TRIES = 5
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class AdminLogin(Body):
    email: Email
    password: Annotated[str, Field(max_length=1024)]


class AdminCode(Body):
    """`code`: of the authenticator app."""

    code: Code


class AdminPassword(Body):
    """`password`: one's own, again."""

    password: Annotated[str, Field(max_length=1024)]


class StaffMe(TypedDict):
    id: int
    name: str
    email: str
    abilities: list[str]
    two_factor_enabled: bool


class StaffMyself(StaffMe):
    """push_key: what a browser of staff subscribes to pushes with, as `applicationServerKey`."""

    push_key: str


class StaffMember(TypedDict):
    id: int
    name: str
    email: str
    abilities: list[str]
    two_factor_enabled: bool
    created_at: datetime
    disabled_at: datetime | None


@route(
    "POST",
    "/v1/admin/auth/login",
    tag=TAG,
    who="public",
    body=AdminLogin,
    answer=shapes.StaffSession | shapes.TwoFactorRequired,
    rate="30/minute",
)
async def admin_login(call: Call) -> Answer:
    """Sign in as staff

    A wrong e-mail address and a wrong password give the same answer, after the same time. Whoever has a second factor
    gets a token that is good for /v1/admin/auth/2fa-challenge and nothing else, for 10 minutes.
    """
    body: AdminLogin = call.body
    await auth.count_guess(call, f"admin {body.email}")
    row = await call.read(admins.find_admin_login, body.email)
    fits = await auth.password_is(body.password, row["password_hash"] if row else None, source_of(call.address))
    if row is None or not fits:
        await _note(call, "staff.login", 0 if row is None else row["id"], "INVALID_CREDENTIALS")
        raise Unauthenticated("The email or password is incorrect.", code="INVALID_CREDENTIALS")
    if row["totp_confirmed_at"] is not None:
        return await _challenge(call, row["id"])
    return await _signed_in(call, row)


async def _challenge(call: Call, admin_id: int) -> Answer:
    expires_at = call.services.clock.now() + CHALLENGE_LASTS
    token = await auth.new_token(call, 0, admin_id, auth.CHALLENGE, [auth.CHALLENGE], expires_at)
    await call.services.store.writer.write([token.row])
    return Answer({"two_factor_required": True, "token": token.bearer})


async def _signed_in(call: Call, row: Any) -> Answer:
    """A session, if what was proven still holds once it is there."""
    expires_at = call.services.clock.now() + SESSION_LASTS
    token = await auth.new_token(call, 0, row["id"], auth.ADMIN, [auth.ADMIN], expires_at)
    await call.services.store.writer.write([token.row])
    now = await call.read(admins.get_admin, row["id"])
    proven = ("password_hash", "totp")
    if now is None or [now[each] for each in proven] != [row[each] for each in proven]:
        await call.read(vault.revoke_token, token.id)
        raise Unauthenticated
    await _note(call, "staff.login", row["id"], "ok")
    staff = {"id": row["id"], "name": row["name"], "email": row["email"]}
    return Answer({"admin": staff, "token": token.bearer})


async def _note(call: Call, act: str, admin_id: int, outcome: str) -> None:
    """An entry in the audit of who is not signed in yet."""
    at = call.services.clock.now()
    deed = deeds.Deed(
        admin_id=admin_id, act=act, at=at, request_id=call.request_id, target="admin", outcome=outcome,
        target_id=admin_id or None,
    )  # fmt: skip
    await call.services.store.writer.write(deeds.rows_of(deed, call.address, call.user_agent))


@route(
    "POST",
    "/v1/admin/auth/2fa-challenge",
    tag=TAG,
    who="admin",
    ability="challenge",
    body=AdminCode,
    answer=shapes.StaffSession,
    rate="10/minute",
    always=True,
    act="staff.challenge",
)
async def admin_challenge(call: Call) -> Answer:
    """Complete a staff sign-in with a code

    With the token that the sign-in gave, which is spent by it, or by five wrong codes.
    """
    if not await call.read(vault.take_attempt, call.caller.token_id, CHALLENGE_TRIES):
        raise Unauthenticated
    row = await _myself(call)
    secret = _unsealed(call, row)
    step = second_factor.step_of(secret, call.body.code, call.services.clock.now())
    await auth.count_guess(call, f"second factor of staff {row['id']}")
    if step is None or not await call.read(admins.take_totp_step, row["id"], step):
        raise Invalid({"code": ["The code is incorrect, or was used before."]})
    if not await call.read(vault.revoke_token, call.caller.token_id):
        raise Unauthenticated
    return await _signed_in(call, row)


@route(
    "POST", "/v1/admin/auth/logout", tag=TAG, who="admin", ability="panel", status=204, always=True, act="staff.logout"
)
async def admin_logout(call: Call) -> Answer:
    """Sign out

    The token that was sent is revoked, and with it whatever its owner had stepped into.
    """
    await call.read(vault.revoke_token, call.caller.token_id)
    await call.read(admins.end_stays, call.caller.user_id)
    return Answer(status=204)


@route("GET", "/v1/admin/me", tag=TAG, who="admin", answer=StaffMyself, always=True, act="staff.me")
async def admin_me(call: Call) -> Answer:
    """Who of the staff this is"""
    return Answer({**_me(await _myself(call)), "push_key": call.services[PUSH].public_key})


def _me(row: Any) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "email": row["email"],
        "abilities": list(row["abilities"]),
        "two_factor_enabled": row["totp_confirmed_at"] is not None,
    }


@route("GET", "/v1/admin/staff", tag=TAG, who="admin", answer=list[StaffMember], act="staff.listed")
async def list_staff(call: Call) -> Answer:
    """List the staff

    Those who were disabled come last.
    """
    rows = await call.read(admins.list_admins)
    return Answer([{**_me(row), "created_at": row["created_at"], "disabled_at": row["removed_at"]} for row in rows])


@route(
    "POST",
    "/v1/admin/me/2fa/setup",
    tag=TAG,
    who="admin",
    body=AdminPassword,
    answer=shapes.TwoFactorSetup,
    rate="10/minute",
    always=True,
    raises=("TWO_FACTOR_ENABLED",),
    act="staff.second_factor_begun",
)
async def set_up_second_factor(call: Call) -> Answer:
    """Begin a second factor for one's own staff account

    Shown once. An earlier secret that was not confirmed is void.
    """
    row = await _myself(call)
    await auth.count_guess(call, f"admin {row['email']}")
    if not await auth.password_is(call.body.password, row["password_hash"], source_of(call.address)):
        raise Invalid({"password": ["The password is incorrect."]})
    secret = pyotp.random_base32()
    seal = call.services.store.keyring.application_key.seal
    if not await call.read(admins.set_totp, row["id"], seal(secret.encode(), admins.belongs(row["id"]))):
        raise _enabled()
    url = second_factor.otpauth_url(secret, row["email"])
    return Answer({"secret": secret, "otpauth_url": url, "qr": second_factor.qr(url)})


@route(
    "POST",
    "/v1/admin/me/2fa/confirm",
    tag=TAG,
    who="admin",
    body=AdminCode,
    answer=StaffMe,
    rate="10/minute",
    always=True,
    raises=("TWO_FACTOR_ENABLED",),
    act="staff.second_factor_confirmed",
)
async def confirm_second_factor(call: Call) -> Answer:
    """Confirm the second factor with its first code

    All other sessions of the account end. Who loses the app asks a colleague for `plixa staff reset-2fa`.
    """
    row = await _myself(call)
    if row["totp_confirmed_at"] is not None:
        raise _enabled()
    if row["totp"] is None:
        raise Invalid({"code": ["Nothing is set up yet. Begin at /v1/admin/me/2fa/setup."]})
    await auth.count_guess(call, f"second factor of staff {row['id']}")
    step = second_factor.step_of(_unsealed(call, row), call.body.code, call.services.clock.now())
    if step is None or not await call.read(admins.confirm_totp, row["id"], row["totp"], step):
        raise Invalid({"code": ["The code is incorrect, or was used before."]})
    await call.read(admins.sign_out, row["id"], call.caller.token_id)
    return Answer(_me(await _myself(call)))


async def _myself(call: Call) -> Any:
    row = await call.read(admins.get_admin, call.caller.user_id)
    if row is None:
        raise Unauthenticated
    return row


def _unsealed(call: Call, row: Any) -> str:
    unseal = call.services.store.keyring.application_key.unseal
    return unseal(row["totp"], admins.belongs(row["id"])).decode()


def _enabled() -> PlixaError:
    return Conflict("Your second factor is set up already.", code="TWO_FACTOR_ENABLED")
