"""Who did what, when and from where: read straight from the log."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from pydantic import StringConstraints, create_model

from plixa.actors.workspace.state import Workspace
from plixa.actors.workspace.upkeep import ConfigChanged, SettingChanged, collection_of, config_of
from plixa.engine.events import Event
from plixa.engine.ports import address_of
from plixa.http.api import Answer, Call, cursors, route, shapes
from plixa.http.api.fields import Moment, Page
from plixa.http.workspace.summaries import consequences, summary
from plixa.storage.workspace.audit import AuditFilter, Deed, list_deeds, settings_before


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

    Every change that a person or an integration made, newest first, never with what customers or members wrote,
    in the caller's language.
    `changes`: of a `setting`, each field that changed, `before` and `after`. `address` and
    `user_agent` are kept for 180 days.
    """
    query = call.query
    before = cursors.decode(query.cursor, int)
    chosen = AuditFilter(query.actor, query.type, getattr(query, "from"), query.to, consequences(call.services.tells))
    keyring = call.services.store.keyring
    deeds, more = await call.read(list_deeds, keyring, call.tenant, chosen, before, query.limit)
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    meta = {"next_cursor": cursors.encode(more), "limit": query.limit}
    before_them = await call.read(settings_before, call.tenant, [deed.recorded for deed in deeds])
    tells, locale = call.services.tells, call.locale(workspace)

    def entry(deed: Deed) -> dict[str, Any]:
        told = summary(deed.recorded.event, tells, locale)
        return _entry(workspace, deed, before_them.get(deed.recorded.position), told)

    return Answer([entry(deed) for deed in deeds], meta)


def _setting(event: Event) -> str | None:
    """Which one was changed, by the name that its path and its form have."""
    match event:
        case ConfigChanged():
            return event.config
        case SettingChanged():
            return event.collection
        case _:
            return None


def _changes(workspace: Workspace, event: Event, before: dict[str, Any] | None) -> dict[str, Any] | None:
    """From what to what a setting changed: the fields that differ."""
    match event:
        case ConfigChanged():
            kind = config_of(workspace, event.config).value
        case SettingChanged():
            kind = collection_of(workspace, event.collection).item
        case _:
            return None
    now, was = _whole(event.values, kind), {} if before is None else _whole(before, kind)
    return {name: {"before": was.get(name), "after": now[name]} for name in now if now[name] != was.get(name)}


def _whole(values: dict[str, Any], kind: Any) -> dict[str, Any]:
    """With what is not stored because it is the default."""
    found: dict[str, Any] = msgspec.to_builtins(msgspec.structs.asdict(msgspec.convert(values, kind)))
    return found


def _entry(workspace: Workspace, deed: Deed, before: dict[str, Any] | None, told: str) -> dict[str, Any]:
    recorded = deed.recorded
    subject = address_of(recorded.tenant, recorded.stream)
    return {
        "id": recorded.position,
        "at": recorded.at,
        "actor": recorded.actor,
        "actor_name": _name(workspace, recorded.actor),
        "type": recorded.event.type,
        "summary": told,
        "subject": {"kind": subject.kind, "id": subject.id},
        "setting": _setting(recorded.event),
        "changes": _changes(workspace, recorded.event, before),
        "address": deed.address,
        "user_agent": deed.user_agent,
    }


def _name(workspace: Workspace, actor: str) -> str | None:
    """Of somebody who is a member still."""
    kind, _, id_ = actor.partition(":")
    member = workspace.members.get(int(id_)) if kind == "user" and id_.isdecimal() else None
    return None if member is None else member.name
