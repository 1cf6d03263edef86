"""Who did what, when and from where: read straight from the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints, create_model

from plixa.actors.feature import Tell
from plixa.actors.workspace.state import Workspace
from plixa.engine.ports import address_of
from plixa.http.api import Answer, Call, cursors, route, shapes
from plixa.http.api.fields import Moment, Page
from plixa.http.workspace.summaries import consequences, summary
from plixa.storage.workspace.audit import AuditFilter, Deed, list_deeds


class Deeds(Page):
    """Which deeds. `actor` is like `user:12` or `token:7`, `type` an event's."""

    actor: Annotated[str, StringConstraints(pattern=r"^([a-z]+:[0-9]{1,19}|anonymous)$")] | None = None
    type: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=80)] | None = None


# `from` is a word of Python's, so it cannot stand in a class. `to` is excluded.
_AT: Any = Moment
_SPAN: dict[str, Any] = {"from": (_AT | None, None), "to": (_AT | None, None)}
Audit = create_model("Audit", __base__=Deeds, __doc__=Deeds.__doc__, **_SPAN)


@route("GET", "/v1/audit", tag="Audit", who="owner", ability="panel", query=Audit, answer=list[shapes.AuditEntry])
async def list_audit(call: Call) -> Answer:
    """List what people did

    Every change that a person or an integration made, newest first, never with what was written in it. `address` and
    `user_agent` are kept for 180 days.
    """
    query = call.query
    before = cursors.decode(query.cursor, int)
    chosen = AuditFilter(query.actor, query.type, getattr(query, "from"), query.to, consequences(call.services.tells))
    keyring = call.services.store.keyring
    deeds, more = await call.read(list_deeds, keyring, call.tenant, chosen, before, query.limit)
    house: Workspace = await call.services.bus.house(call.tenant)
    meta = {"next_cursor": cursors.encode(more), "limit": query.limit}
    return Answer([_entry(house, deed, call.services.tells) for deed in deeds], meta)


def _entry(house: Workspace, deed: Deed, tells: Mapping[str, Tell]) -> dict[str, Any]:
    recorded = deed.recorded
    subject = address_of(recorded.tenant, recorded.stream)
    return {
        "id": recorded.position,
        "at": recorded.at,
        "actor": recorded.actor,
        "actor_name": _name(house, recorded.actor),
        "type": recorded.event.type,
        "summary": summary(recorded.event, tells),
        "subject": {"kind": subject.kind, "id": subject.id},
        "address": deed.address,
        "user_agent": deed.user_agent,
    }


def _name(house: Workspace, actor: str) -> str | None:
    """Of somebody who is a member still."""
    kind, _, id_ = actor.partition(":")
    member = house.members.get(int(id_)) if kind == "user" and id_.isdecimal() else None
    return None if member is None else member.name
