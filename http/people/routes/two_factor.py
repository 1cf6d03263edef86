"""A member's second factor."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import pyotp
from pydantic import Field, StringConstraints

from plixa.actors.people import accounts as people
from plixa.engine.errors import Conflict, Invalid
from plixa.http.api import Answer, Call, auth, route, shapes
from plixa.http.api.fields import Body
from plixa.http.people import second_factor
from plixa.storage.people import vault

TAG = "Two-factor authentication"
PATH = "/v1/me/2fa"
FRESH = timedelta(minutes=5)
"""For so long a session that has shown a second factor is believed without another one."""
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class PasswordAgain(Body):
    """`password`: one's own, again."""

    password: Annotated[str, Field(max_length=1024)]


class Confirm(Body):
    code: Code


class RevokeCode(PasswordAgain):
    """`code`: the recovery code that is to be void."""

    code: Code


class Proof(PasswordAgain):
    """`password`: one's own, again. `code` or `recovery_code`: unless this session has shown one of late."""

    code: Code | None = None
    recovery_code: Code | None = None


async def _must_prove(call: Call) -> None:
    """Whoever has found a session open and knows the password must not get rid of the second factor with these."""
    body: Proof = call.body
    await auth.must_know_password(call, body.password)
    member = people.member_of(await call.services.bus.workspace(call.tenant), call.caller.user_id)
    shown_at = await call.read(vault.proven_at, call.caller.token_id)
    if not member.two_factor or (shown_at is not None and call.services.clock.now() - shown_at < FRESH):
        return
    if body.code is None and body.recovery_code is None:
        raise Invalid({"code": ["Send a code of your authenticator app, or a recovery code."]})
    await second_factor.use(call, body.code, body.recovery_code)


@route("GET", PATH, tag=TAG, ability="panel", answer=shapes.TwoFactor, always=True)
async def status(call: Call) -> Answer:
    """Whether two-factor authentication is on

    `configured` without `enabled`: a secret was made, and its first code has not been confirmed yet.
    """
    row = await call.read(vault.get_two_factor, call.caller.user_id)
    confirmed_at = row["confirmed_at"] if row else None
    return Answer(
        {
            "enabled": confirmed_at is not None,
            "configured": row is not None,
            "confirmed_at": confirmed_at,
            "recovery_codes_remaining": len(row["codes"]) if row else 0,
        }
    )


@route(
    "POST",
    f"{PATH}/setup",
    tag=TAG,
    ability="panel",
    body=PasswordAgain,
    answer=shapes.TwoFactorSetup,
    rate="10/minute",
    raises=("TWO_FACTOR_ENABLED",),
    always=True,
)
async def set_up(call: Call) -> Answer:
    """Begin: a fresh secret for an authenticator app

    Shown once, also as a QR code (an SVG in a data URL). An earlier secret that was not confirmed is void.
    """
    await auth.must_know_password(call, call.body.password)
    user_id = call.caller.user_id
    member = people.member_of(await call.services.bus.workspace(call.tenant), user_id)
    if member.two_factor:
        raise Conflict(
            "Two-factor authentication is on already. Turn it off first to set it up anew.", code="TWO_FACTOR_ENABLED"
        )
    secret = pyotp.random_base32()
    row = vault.two_factor_row(call.tenant, user_id, second_factor.seal(call, user_id, secret))
    await call.services.store.writer.write([row])
    url = second_factor.otpauth_url(secret, member.email)
    return Answer({"secret": secret, "otpauth_url": url, "qr": second_factor.qr(url)})


@route(
    "POST",
    f"{PATH}/confirm",
    tag=TAG,
    ability="panel",
    body=Confirm,
    answer=shapes.RecoveryCodes,
    rate="10/minute",
    raises=("TWO_FACTOR_ENABLED",),
    always=True,
)
async def confirm(call: Call) -> Answer:
    """Confirm with the first code, and get the recovery codes

    They are shown once. All other sessions of the account end.
    """
    tenant, user_id, now = call.tenant, call.caller.user_id, call.services.clock.now()
    secret, step = await second_factor.must_be_code(call, call.body.code)
    codes = second_factor.new_recovery_codes()
    sealed = second_factor.seal(call, user_id, secret)

    rows = [
        vault.two_factor_confirmed_row(tenant, user_id, sealed, now, step),
        *_code_rows(call, codes),
        vault.sessions_revoked_row(tenant, user_id, now, kept=call.caller.token_id),
    ]
    command = people.EnableTwoFactor(user_id=user_id, codes=len(codes))
    await call.ask("workspace", tenant, command, attach=rows)
    await call.read(vault.note_proof, call.caller.token_id, now)
    return Answer({"recovery_codes": codes})


@route(
    "POST",
    f"{PATH}/recovery-codes",
    tag=TAG,
    ability="panel",
    body=Proof,
    answer=shapes.RecoveryCodes,
    rate="10/minute",
    raises=("TWO_FACTOR_NOT_ENABLED",),
    always=True,
)
async def remake_codes(call: Call) -> Answer:
    """Make new recovery codes; all earlier ones are void

    With a code, or a recovery code, unless this session has shown one in the last five minutes.
    """
    await _must_prove(call)
    codes = second_factor.new_recovery_codes()
    command = people.RemakeRecoveryCodes(user_id=call.caller.user_id, codes=len(codes))
    await call.ask("workspace", call.tenant, command, attach=_code_rows(call, codes))
    return Answer({"recovery_codes": codes})


@route(
    "POST",
    f"{PATH}/recovery-codes/revoke",
    tag=TAG,
    ability="panel",
    body=RevokeCode,
    answer=shapes.RecoveryCodesRemaining,
    rate="10/minute",
    raises=("TWO_FACTOR_NOT_ENABLED",),
    always=True,
)
async def revoke_code(call: Call) -> Answer:
    """Revoke a single recovery code

    The others stay good; says how many those are.
    """
    await auth.must_know_password(call, call.body.password)
    await second_factor.count(call)
    tenant, user_id = call.tenant, call.caller.user_id
    row = await call.read(vault.get_two_factor, user_id)
    hashed = second_factor.recovery_hash(call.body.code)
    if row is None or hashed not in row["codes"]:
        raise Invalid({"code": ["This is none of your unused recovery codes."]})
    dropped = vault.recovery_code_dropped_row(tenant, user_id, hashed)
    command = people.RevokeRecoveryCode(user_id=user_id, remaining=len(row["codes"]) - 1)
    await call.ask("workspace", tenant, command, attach=[dropped])
    left = await call.read(vault.get_two_factor, user_id)
    return Answer({"remaining": len(left["codes"]) if left else 0})


@route(
    "DELETE",
    PATH,
    tag=TAG,
    ability="panel",
    body=Proof,
    status=204,
    rate="10/minute",
    raises=("TWO_FACTOR_NOT_ENABLED",),
    always=True,
)
async def turn_off(call: Call) -> Answer:
    """Turn two-factor authentication off

    With a code, or a recovery code, unless this session has shown one in the last five minutes. In a workspace that
    demands it the panel is closed to you from then on, until you set it up again.
    """
    await _must_prove(call)
    tenant, user_id = call.tenant, call.caller.user_id
    dropped = vault.two_factor_dropped_rows(tenant, user_id)
    await call.ask("workspace", tenant, people.DisableTwoFactor(user_id=user_id), attach=dropped)
    return Answer(status=204)


def _code_rows(call: Call, codes: list[str]) -> list[Any]:
    hashes = [second_factor.recovery_hash(code) for code in codes]
    return [*vault.recovery_code_rows(call.tenant, call.caller.user_id, hashes)]
