"""Which rows follow from what happens to members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plixa.actors.people import accounts as people, team
from plixa.actors.workspace import events as ws
from plixa.engine.events import Recorded
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import Projector
from plixa.storage.people import statements as sql

projects = Projector()


@projects.on(ws.MemberJoined)
def _member(recorded: Recorded, event: ws.MemberJoined, _: Any) -> Iterator[Row]:
    values = (recorded.tenant, event.user_id, event.email, event.name, event.role, event.locale, False)
    yield sql.MEMBER, values


@projects.on(ws.MemberChanged)
def _member_changed(recorded: Recorded, event: ws.MemberChanged, state: Any) -> Iterator[Row]:
    member = state.members[event.user_id]
    yield sql.MEMBER, (recorded.tenant, member.id, member.email, event.name, member.role, event.locale, False)


@projects.on(people.MemberEmailVerified)
def _member_email(recorded: Recorded, event: people.MemberEmailVerified, state: Any) -> Iterator[Row]:
    member = state.members.get(event.user_id)
    if member is not None and event.was is not None:
        values = (recorded.tenant, member.id, event.email, member.name, member.role, member.locale, False)
        yield sql.MEMBER, values


@projects.on(team.MemberRemoved)
def _member_removed(recorded: Recorded, event: team.MemberRemoved, _: Any) -> Iterator[Row]:
    yield sql.MEMBER_REMOVED, (recorded.tenant, event.user_id, True)
