"""One's own account."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import StringConstraints

from plixa.actors.workspace.actor import ChangeMember
from plixa.http.api import Answer, Call, route, shapes
from plixa.http.api.fields import Body, Line, Locale
from plixa.http.people.resources import tenant_resource, user_resource
from plixa.http.workspace.parts import PICTURES

TAG = "Account"


class ChangeMe(Body):
    """What is left out stays as it is; a null locale follows the browser's."""

    name: Annotated[Line, StringConstraints(max_length=255)] | None = None
    locale: Locale | None = None


@route("GET", "/v1/me", tag=TAG, ability="panel", answer=shapes.Me, always=True, acting=True)
async def get_me(call: Call) -> Answer:
    """Current user and workspace"""
    workspace = await call.services.bus.workspace(call.tenant)
    return Answer(
        {
            "user": user_resource(workspace, call.caller.user_id),
            "tenant": tenant_resource(workspace, call.services[PICTURES].url("")),
            "acting": _acting(call),
        }
    )


def _acting(call: Call) -> dict[str, Any] | None:
    """Who of Plixa's staff this really is: for the panel's banner."""
    acting = call.caller.acting
    return None if acting is None else {"name": acting.name, "mode": acting.mode, "until": acting.until}


@route("PATCH", "/v1/me", tag=TAG, ability="panel", body=ChangeMe, answer=shapes.Me)
async def change_me(call: Call) -> Answer:
    """Update the current user's preferences"""
    body: ChangeMe = call.body
    fields = tuple(body.model_fields_set)
    command = ChangeMember(user_id=call.caller.user_id, fields=fields, name=body.name, locale=body.locale)
    outcome = await call.ask("workspace", call.tenant, command)
    workspace = outcome.state
    return Answer(
        {
            "user": user_resource(workspace, call.caller.user_id),
            "tenant": tenant_resource(workspace, call.services[PICTURES].url("")),
            "acting": None,
        }
    )
