"""The end of a workspace: asked for by its owner, carried out 30 days later unless it is called off.

`workspace.erased` is the last decision. What follows (`http/workspace/erasure.py`) cannot be decided about any more:
the numbers are logged out, the files go, and every row goes, this log's included. Until then everything works as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from plixa.actors.notifications.mail import mail
from plixa.actors.workspace.state import Deletion, Workspace, decide, evolve
from plixa.engine.actor import Command, Moment
from plixa.engine.errors import Conflict
from plixa.engine.events import Event, event
from plixa.engine.ports import Effect

TIMER = "deletion"
NOTICE = timedelta(days=30)
EFFECT = "erase-workspace"


class ScheduleDeletion(Command, frozen=True, kw_only=True, tag=True):
    by: int


class CancelDeletion(Command, frozen=True, kw_only=True, tag=True):
    by: int


@event("deletion.scheduled")
class DeletionScheduled(Event, frozen=True, kw_only=True):
    due: datetime
    asked_at: datetime
    by: int


@event("deletion.cancelled")
class DeletionCancelled(Event, frozen=True, kw_only=True):
    by: int


@event("workspace.erased")
class WorkspaceErased(Event, frozen=True, kw_only=True):
    """Everything goes. `instances`: the numbers at the gateway; `emails`: who is told, with their locale."""

    erased_at: datetime
    asked_by: int
    instances: tuple[str, ...]
    emails: tuple[tuple[str, str], ...]


@decide.on(ScheduleDeletion)
def _schedule(state: Workspace, command: ScheduleDeletion, now: Moment) -> Sequence[Event]:
    if state.deletion is not None:
        raise Conflict(
            f"The workspace is going to be deleted on {state.deletion.due:%Y-%m-%d} already.",
            code="DELETION_ALREADY_SCHEDULED",
        )
    scheduled = DeletionScheduled(due=now.at + NOTICE, asked_at=now.at, by=command.by)
    values = {"company": state.name, "date": scheduled.due.isoformat()}
    letters = [mail(now, "deletion_scheduled", user_id=user_id, values=values) for user_id in state.members]
    return [scheduled, *letters]


@decide.on(CancelDeletion)
def _cancel(state: Workspace, command: CancelDeletion, now: Moment) -> Sequence[Event]:
    if state.deletion is None:
        raise Conflict("No deletion is scheduled.", code="DELETION_NOT_SCHEDULED")
    values = {"company": state.name}
    letters = [mail(now, "deletion_cancelled", user_id=user_id, values=values) for user_id in state.members]
    return [DeletionCancelled(by=command.by), *letters]


def fired(state: Workspace, due: datetime, now: Moment) -> Sequence[Event]:
    """The day has come."""
    asked_by = state.deletion.by if state.deletion is not None else 0
    emails = tuple((member.email, member.locale or state.locale) for member in state.members.values())
    instances = tuple(number.instance for number in state.numbers.values())
    return [WorkspaceErased(erased_at=now.at, asked_by=asked_by, instances=instances, emails=emails)]


@evolve.on(DeletionScheduled)
def _scheduled(state: Workspace, event: DeletionScheduled) -> Workspace:
    return replace(state, deletion=Deletion(event.due, event.asked_at, event.by))


@evolve.on(DeletionCancelled)
def _cancelled(state: Workspace, event: DeletionCancelled) -> Workspace:
    return replace(state, deletion=None)


@evolve.on(WorkspaceErased)
def _erased(state: Workspace, event: WorkspaceErased) -> Workspace:
    return replace(state, status="erased", deletion=None, digest_due=None)


def effects(state: Workspace, happened: Event) -> Iterator[Effect]:
    """Carry it out."""
    if isinstance(happened, WorkspaceErased):
        request = {
            "company": state.name,
            "erased_at": happened.erased_at.isoformat(),
            "instances": list(happened.instances),
            "emails": [list(each) for each in happened.emails],
        }
        yield Effect(EFFECT, "workspace.erase", EFFECT, EFFECT, request)
