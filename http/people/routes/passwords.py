"""Passwords: changed by who knows the old one, or reset by who gets the member's mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, cast

import structlog
from pydantic import AfterValidator, Field, model_validator

from plixa.actors.people import accounts as people
from plixa.engine.errors import Duplicate, NotFound, PlixaError
from plixa.http.api import Answer, Call, auth, route, shapes
from plixa.http.api.fields import Body, Email, Password
from plixa.storage.people import vault

FORGOT_TAKES = 0.25  # seconds; longer than a commit
A_LINK, LINKS = "5/hour", "10/hour"
"""Mails with a link that somebody may ask for, of one source and of all."""
MISMATCH = "\x00 does not match"
log = structlog.get_logger("plixa.passwords")


def _matches(confirmation: str) -> str:
    if confirmation == MISMATCH:
        raise ValueError("The password confirmation does not match.")
    return confirmation


class NewPassword(Body):
    """A password and, to be sure, the same once more."""

    password: Password
    password_confirmation: Annotated[str, AfterValidator(_matches)]

    @model_validator(mode="before")
    @classmethod
    def _confirmed(cls, data: Any) -> Any:
        # Before the fields, so that this is reported along with whatever else is wrong.
        if not isinstance(data, dict):
            return data
        fields = cast("dict[str, Any]", data)
        if "password_confirmation" in fields and fields.get("password") != fields["password_confirmation"]:
            fields = {**fields, "password_confirmation": MISMATCH}
        return fields


class ChangePassword(NewPassword):
    current_password: Annotated[str, Field(max_length=1024)]


class Forgot(Body):
    email: Email


class Reset(NewPassword):
    """`token`: from the link in the mail."""

    token: Annotated[str, Field(max_length=200)]


@route("PUT", "/v1/me/password", tag="Account", ability="panel", body=ChangePassword, status=204, rate="10/minute")
async def change(call: Call) -> Answer:
    """Change my password

    All other sessions of the account end; tokens of integrations go on working.
    """
    body: ChangePassword = call.body
    await auth.must_know_password(call, body.current_password, "current_password")
    hashed, now = await auth.hash_password(body.password, auth.KNOWN), call.services.clock.now()
    tenant, user_id = call.tenant, call.caller.user_id
    rows = [
        vault.password_row(tenant, user_id, hashed),
        vault.drop_secret_row(tenant, people.RESET, user_id),
        vault.sessions_revoked_row(tenant, user_id, now, kept=call.caller.token_id),
    ]
    await call.ask("workspace", tenant, people.ChangePassword(user_id=user_id, how="changed"), attach=rows)
    return Answer(status=204)


@route(
    "POST",
    "/v1/auth/password/forgot",
    tag="Authentication",
    who="public",
    body=Forgot,
    answer=shapes.Said,
    status=202,
    rate="10/minute",
)
async def forgot(call: Call) -> Answer:
    """Ask for a link to set a new password

    The answer is the same, after the same time, whether the e-mail address is known or not. The link is good once, for
    an hour.
    """
    email: str = call.body.email
    await auth.count_stranger(call, f"forgot {email}", await call.read(vault.places, email), A_LINK, LINKS)
    async with auth.within(FORGOT_TAKES):
        row = await call.read(vault.find_login, email)
        if row is not None:
            await _try_link(call, row["tenant_id"], row["user_id"])
    return Answer({"message": "If this e-mail address is known, a link is on its way to it."}, status=202)


async def _try_link(call: Call, tenant: int, user_id: int) -> None:
    """Trouble of ours is not told here: only a known address can have any."""
    try:
        await _send_link(call, tenant, user_id)
    except PlixaError as error:
        log.warning("reset_not_sent", tenant=tenant, error=str(error))


async def _send_link(call: Call, tenant: int, user_id: int) -> None:
    lasts = timedelta(minutes=people.RESET_MINUTES)
    secret = auth.one_time_secret(call, tenant, people.RESET, user_id, lasts)
    command = people.AskPasswordReset(user_id=user_id)
    await call.ask("workspace", tenant, command, tenant=tenant, attach=[secret])


@route(
    "POST",
    "/v1/auth/password/reset",
    tag="Authentication",
    who="public",
    body=Reset,
    status=204,
    rate="10/minute",
)
async def reset(call: Call) -> Answer:
    """Set a new password with the link from the mail

    All sessions of the account end. Whoever has a second factor needs it as before to sign in.
    """
    body: Reset = call.body
    found = await auth.find_secret(call, people.RESET, body.token)
    hashed, now = await auth.hash_password(body.password, auth.KNOWN), call.services.clock.now()
    tenant, user_id = found["tenant_id"], found["ref"]

    rows = [
        vault.password_row(tenant, user_id, hashed),
        vault.spend_secret_row(tenant, found["hash"], now),
        vault.sessions_revoked_row(tenant, user_id, now),
    ]
    command = people.ChangePassword(user_id=user_id, how="reset")
    try:
        await call.ask("workspace", tenant, command, tenant=tenant, attach=rows)
    except NotFound:
        raise auth.bad_secret() from None
    except Duplicate as error:
        if error.constraint == vault.SPENT:
            raise auth.bad_secret() from None
        raise
    return Answer(status=204)
