"""Register, sign in, sign out."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from plixa.actors.workspace.actor import Found
from plixa.engine.errors import Duplicate, Invalid, Unauthenticated
from plixa.engine.events import Event
from plixa.http import auth, shapes
from plixa.http.api import Answer, Call, route
from plixa.http.fields import Body, CountryCode, Email, Line, Password, Text, TimeZone
from plixa.http.resources import tenant_resource, user_resource
from plixa.storage import vault

TAG = "Authentication"
PANEL = "panel"


MISMATCH = "\x00 does not match"


def _matches(confirmation: str) -> str:
    if confirmation == MISMATCH:
        raise ValueError("The password confirmation does not match.")
    return confirmation


class Register(Body):
    """A new workspace and its owner."""

    name: Annotated[Line, StringConstraints(max_length=255)]
    email: Email
    password: Password
    password_confirmation: Annotated[str, AfterValidator(_matches)]
    company_name: Annotated[Line, StringConstraints(max_length=255)]
    country_code: CountryCode
    tax_id: Annotated[Text, StringConstraints(max_length=40)] | None = None
    timezone: TimeZone | None = None
    locale: Literal["en", "pt", "pt-BR", "es"] | None = None

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


class Login(Body):
    email: Annotated[str, Field(max_length=254)]
    password: Annotated[str, Field(max_length=1024)]


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
    [tenant], [user], [token_id] = [await call.read(vault.next_ids, s) for s in ("tenants_id", "users_id", "tokens")]
    secret, hashed = auth.new_secret(), await auth.hash_password(body.password)
    now = call.services.clock.now()
    command = Found(
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

    def attach(_: Sequence[Event]) -> Sequence[object]:
        token = vault.token_row(token_id, tenant, user, PANEL, secret, ["*"], now)
        return [vault.password_row(tenant, user, hashed), token]

    def render(_: Sequence[Event]) -> Answer:
        shown = {
            "user": {
                "id": user,
                "tenant_id": tenant,
                "name": body.name,
                "email": body.email,
                "role": "owner",
                "locale": None,
            },
            "tenant": {
                "id": tenant,
                "name": command.name,
                "slug": command.slug,
                "country_code": command.country_code,
                "timezone": command.timezone,
                "locale": command.locale,
                "status": "active",
            },
            "token": auth.bearer(token_id, secret),
        }
        return Answer(shown, status=201)

    try:
        outcome = await call.ask("workspace", tenant, command, tenant=tenant, attach=attach, render=render)
    except Duplicate as error:
        if error.constraint == "members_email":
            raise Invalid({"email": ["The email has already been taken."]}) from None
        raise
    return render([each.event for each in outcome.recorded])


def slug_of(name: str) -> str:
    """A readable, unique name for URLs: "padaria-sao-jose-4f2c"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return f"{re.sub(r'[^a-z0-9]+', '-', plain).strip('-')[:48] or 'workspace'}-{secrets.token_hex(4)}"


@route("POST", "/v1/auth/login", tag=TAG, who="public", body=Login, answer=shapes.Session, rate="30/minute")
async def login(call: Call) -> Answer:
    """Sign in

    A wrong e-mail address and a wrong password give the same answer, after the same time.
    """
    body: Login = call.body
    email = body.email.strip().lower()
    call.services.limits.spend("10/minute", "login", email)
    row = await call.read(vault.find_login, email) if "\x00" not in email else None
    fits = await auth.password_is(body.password, row["password_hash"] if row else None)
    if row is None or not fits:
        raise Unauthenticated("The email or password is incorrect.", code="INVALID_CREDENTIALS")
    [token_id] = await call.read(vault.next_ids, "tokens")
    secret, now = auth.new_secret(), call.services.clock.now()
    token = vault.token_row(token_id, row["tenant_id"], row["user_id"], PANEL, secret, ["*"], now)
    await call.services.store.writer.write([token])
    house = await call.services.bus.house(row["tenant_id"])
    user = user_resource(house, row["user_id"])
    return Answer({"user": user, "tenant": tenant_resource(house), "token": auth.bearer(token_id, secret)})


@route("POST", "/v1/auth/logout", tag=TAG, ability="panel", status=204, always=True)
async def logout(call: Call) -> Answer:
    """Sign out

    Only the token that was sent is revoked; others of the account go on working.
    """
    await call.read(vault.revoke_token, call.caller.token_id)
    return Answer(status=204)
