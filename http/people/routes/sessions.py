"""Where one is signed in."""

from __future__ import annotations

from plixa.actors.people import accounts as people
from plixa.engine.errors import NotFound
from plixa.http.api import Answer, Call, auth, route, shapes
from plixa.storage.eventlog.statement import Row
from plixa.storage.people import vault

TAG = "Account"
PATH = "/v1/me/sessions"


@route("GET", PATH, tag=TAG, ability="panel", answer=list[shapes.SignedIn])
async def mine(call: Call) -> Answer:
    """List my sessions, newest first"""
    rows = await call.read(
        vault.list_tokens, call.tenant, call.caller.user_id, call.services.clock.now(), auth.idle_since(call.services)
    )
    return Answer(
        [
            {
                "id": row["id"],
                "address": row["address"],
                "user_agent": row["user_agent"],
                "created_at": row["created_at"],
                "last_used_at": row["used_at"],
                "expires_at": row["expires_at"],
                "current": row["id"] == call.caller.token_id,
            }
            for row in rows
        ]
    )


@route("DELETE", f"{PATH}/{{session}}", tag=TAG, ability="panel", status=204)
async def end(call: Call) -> Answer:
    """End one of my sessions"""
    now, session = call.services.clock.now(), call.params["session"]
    rows = await call.read(vault.list_tokens, call.tenant, call.caller.user_id, now, auth.idle_since(call.services))
    if session not in {row["id"] for row in rows}:
        raise NotFound("session")
    await _end(call, vault.token_revoked_row(call.tenant, session, now), session)
    return Answer(status=204)


@route("DELETE", PATH, tag=TAG, ability="panel", status=204)
async def end_others(call: Call) -> Answer:
    """End all my sessions but this one"""
    caller = call.caller
    row = vault.sessions_revoked_row(call.tenant, caller.user_id, call.services.clock.now(), kept=caller.token_id)
    await _end(call, row)
    return Answer(status=204)


async def _end(call: Call, row: Row, session_id: int | None = None) -> None:
    command = people.EndSessions(user_id=call.caller.user_id, session_id=session_id)
    await call.ask("workspace", call.tenant, command, attach=[row])
