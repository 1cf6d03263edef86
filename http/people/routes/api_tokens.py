"""Tokens for integrations."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from plixa.actors.people import accounts as people
from plixa.engine.errors import NotFound
from plixa.http.api import Answer, Call, auth, rendering, route, settled, shapes
from plixa.http.api.fields import Body, Line
from plixa.storage.people import vault

TAG = "API tokens"
PATH = "/v1/api-tokens"
PREFIX = "api:"


class NewToken(Body):
    """expires_in_days: left out or null, it does not expire."""

    name: Annotated[Line, StringConstraints(max_length=60)]
    abilities: Annotated[list[Literal["read", "write"]], Field(min_length=1, max_length=20)]
    expires_in_days: Annotated[int, Field(ge=1, le=365)] | None = None


@route("GET", PATH, tag=TAG, who="owner", ability="panel", answer=list[shapes.ApiToken])
async def all_tokens(call: Call) -> Answer:
    """List the API tokens

    Those that are good at the moment, newest first. Of the token itself only the beginning of its hash is shown.
    """
    rows = await call.read(vault.list_tokens, call.tenant, None, call.services.clock.now())
    return Answer([_shown(dict(row)) for row in rows])


@route(
    "POST",
    PATH,
    tag=TAG,
    who="owner",
    ability="panel",
    body=NewToken,
    answer=shapes.NewApiToken,
    status=201,
    rate="30/minute",
    idempotent=True,
    feature="api_access",
    raises=("TOO_MANY",),
)
async def create(call: Call) -> Answer:
    """Create a new API token

    `token` is shown here and never again. Its name gets the prefix `api:`.
    """
    body, tenant, user_id = call.body, call.tenant, call.caller.user_id
    now = call.services.clock.now()
    name, abilities = f"{PREFIX}{body.name}", sorted(set(body.abilities))
    expires_at = now + timedelta(days=body.expires_in_days) if body.expires_in_days else None
    others = len(await call.read(vault.list_tokens, tenant, None, now))
    made = await auth.new_token(call, tenant, user_id, name, abilities, expires_at)
    row = {"id": made.id, "name": name, "hash": made.hashed, "abilities": abilities, "created_at": made.created_at}
    shown = _shown({**row, "expires_at": expires_at, "used_at": None})
    answer = Answer({**shown, "token": made.bearer}, status=201)
    command = people.MakeToken(
        token_id=made.id, name=name, abilities=tuple(abilities), expires_at=expires_at, by=user_id, others=others
    )
    return await call.answered("workspace", tenant, command, rendering(settled, answer), attach=[made.row])


@route(
    "DELETE",
    f"{PATH}/{{token}}",
    tag=TAG,
    who="owner",
    ability="panel",
    status=204,
    feature="api_access",
)
async def revoke(call: Call) -> Answer:
    """Revoke an API token"""
    now, token_id = call.services.clock.now(), call.params["token"]
    rows = await call.read(vault.list_tokens, call.tenant, None, now)
    name = next((row["name"] for row in rows if row["id"] == token_id), None)
    if name is None:
        raise NotFound("token")
    command = people.RevokeToken(token_id=token_id, name=name, by=call.caller.user_id)
    revoked = vault.token_revoked_row(call.tenant, token_id, now)
    await call.ask("workspace", call.tenant, command, attach=[revoked])
    return Answer(status=204)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "hash_prefix": row["hash"].hex()[:8],
        "abilities": row["abilities"],
        "expires_at": row["expires_at"],
        "last_used_at": row["used_at"],
        "created_at": row["created_at"],
    }
