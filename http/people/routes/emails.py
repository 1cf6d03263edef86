"""One's e-mail address: proven by a link that only its mailbox gets, and changed only once it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from plixa.actors.people import accounts as people
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Duplicate, Invalid, NotFound
from plixa.http.api import Answer, Call, auth, route, shapes
from plixa.http.api.fields import Body, Email
from plixa.storage.eventlog.statement import Row
from plixa.storage.people import vault

LASTS = timedelta(days=3)
A_DAY = "10/day"


class Verify(Body):
    """`token`: from the link in the mail."""

    token: Annotated[str, Field(max_length=200)]


class ChangeEmail(Body):
    """`password`: one's own, again."""

    email: Email
    password: Annotated[str, Field(max_length=1024)]


@route(
    "POST",
    "/v1/auth/email/verify",
    tag="Authentication",
    who="public",
    body=Verify,
    answer=shapes.EmailAddress,
    rate="10/minute",
)
async def verify(call: Call) -> Answer:
    """Verify an e-mail address with the link from the mail"""
    found = await auth.find_secret(call, people.VERIFY, call.body.token)
    tenant, user_id, now = found["tenant_id"], found["ref"], call.services.clock.now()

    verified = vault.AddressVerified(tenant, user_id, found["hash"], now)
    try:
        email = await _asked_for(call, tenant, user_id)
        await auth.find_secret(call, people.VERIFY, call.body.token)  # the link is this address's, not an earlier one's
        command = people.VerifyEmail(user_id=user_id, email=email)
        outcome = await call.ask("workspace", tenant, command, tenant=tenant, attach=[verified])
    except NotFound:
        raise auth.bad_secret() from None
    except Duplicate as error:
        raise _clash(error) from None
    return Answer(_shown(outcome.state, user_id))


async def _asked_for(call: Call, tenant: int, user_id: int) -> str:
    """The address that this member's latest link is about."""
    member = people.member_of(await call.services.bus.workspace(tenant), user_id)
    return member.pending_email or member.email


def _clash(error: Duplicate) -> Exception:
    if error.constraint == vault.SPENT:
        return auth.bad_secret()
    return _taken() if error.constraint == "members_email" else error


def _taken() -> Invalid:
    return Invalid({"email": ["The email has already been taken."]})


@route(
    "POST",
    "/v1/me/email/verification",
    tag="Account",
    ability="panel",
    answer=shapes.EmailAddress,
    status=202,
    rate="10/minute",
    raises=("EMAIL_VERIFIED",),
)
async def send_again(call: Call) -> Answer:
    """Send the mail that verifies my e-mail address

    To the address that waits to be mine, if there is one. An earlier link is void.
    """
    call.services.limits.spend(A_DAY, "verification", str(call.caller.user_id))
    command = people.AskEmailVerification(user_id=call.caller.user_id)
    outcome = await call.ask("workspace", call.tenant, command, attach=[_link(call)])
    return Answer(_shown(outcome.state, call.caller.user_id), status=202)


@route(
    "PUT",
    "/v1/me/email",
    tag="Account",
    ability="panel",
    body=ChangeEmail,
    answer=shapes.EmailAddress,
    rate="10/minute",
)
async def change(call: Call) -> Answer:
    """Change my e-mail address

    Takes effect once the new address is verified; until then one signs in with the old one. The present address again
    calls a change off.
    """
    body: ChangeEmail = call.body
    user_id = call.caller.user_id
    await auth.must_know_password(call, body.password)
    call.services.limits.spend(A_DAY, "verification", str(user_id))
    known = await call.read(vault.find_login, body.email)
    if known is not None and known["user_id"] != user_id:
        raise _taken()
    command = people.ChangeEmail(user_id=user_id, email=body.email)
    outcome = await call.ask("workspace", call.tenant, command, attach=[_link(call)])
    return Answer(_shown(outcome.state, user_id))


def _link(call: Call) -> Row:
    """A fresh link; an earlier one, perhaps of another address, is void."""
    return auth.one_time_secret(call, call.tenant, people.VERIFY, call.caller.user_id, LASTS)


def _shown(workspace: Workspace, user_id: int) -> dict[str, Any]:
    member = people.member_of(workspace, user_id)
    return {"email": member.email, "verified": member.email_verified, "pending_email": member.pending_email}
