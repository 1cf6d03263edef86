"""Sign-in of Plixa's own staff. Their tokens are of a kind of their own, and no token at all to a workspace."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from plixa.engine.errors import Unauthenticated
from plixa.http.api import Answer, Call, auth, route, shapes
from plixa.http.api.fields import Body, Email
from plixa.http.server.addresses import source_of
from plixa.storage.people import vault
from plixa.storage.staff import admins

TAG = "Admin — Authentication"


class AdminLogin(Body):
    email: Email
    password: Annotated[str, Field(max_length=1024)]


@route(
    "POST",
    "/v1/admin/auth/login",
    tag=TAG,
    who="public",
    body=AdminLogin,
    answer=shapes.StaffSession,
    rate="30/minute",
)
async def admin_login(call: Call) -> Answer:
    """Sign in as staff

    A wrong e-mail address and a wrong password give the same answer, after the same time.
    """
    body: AdminLogin = call.body
    auth.count_guess(call, f"admin {body.email}")
    row = await call.read(admins.find_admin_login, body.email)
    fits = await auth.password_is(body.password, row["password_hash"] if row else None, source_of(call.address))
    if row is None or not fits:
        raise Unauthenticated("The email or password is incorrect.", code="INVALID_CREDENTIALS")
    token = await auth.new_token(call, 0, row["id"], auth.ADMIN, [auth.ADMIN])
    await call.services.store.writer.write([token.row])
    staff = {"id": row["id"], "name": row["name"], "email": row["email"]}
    return Answer({"admin": staff, "token": token.bearer})


@route("POST", "/v1/admin/auth/logout", tag=TAG, who="admin", ability="panel", status=204)
async def admin_logout(call: Call) -> Answer:
    """Sign out

    Only the token that was sent is revoked.
    """
    await call.read(vault.revoke_token, call.caller.token_id)
    return Answer(status=204)
