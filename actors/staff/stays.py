"""What staff do with a workspace, as the workspace itself keeps it: its owner reads all of it in the audit.

A suspended workspace keeps what its customers write, and sends nothing by itself: its timers and its effects wait
(`suspensions`, `EffectSpec.always`) until it is active again. Suspending it twice changes nothing.

Reactivated, it first lets go of what is too old to be said any more: messages and scheduled messages that should have
gone out more than `STALE` ago (`http/staff/resuming.py`, an effect that may be done twice). What waits goes on after
that (`WorkspaceResumed`), and what was let go of is listed there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.workspace.declarations import Held
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, EffectDone, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict, NotFound
from plixa.engine.events import Event, event
from plixa.engine.ports import Effect

decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()


class Suspension(Struct, frozen=True, omit_defaults=True):
    """Since when, and why, in the words of staff."""

    since: datetime
    reason: str = ""


STALE = timedelta(hours=24)
RESUME = "resume"
RESUMING: Held[bool] = Held("resuming", bool, False)
SUSPENSION: Held[Suspension | None] = Held("suspension", Suspension | None, None)
Mode = Literal["read", "write"]


class Suspend(Command, frozen=True, kw_only=True, tag=True):
    reason: str


class Reactivate(Command, frozen=True, kw_only=True, tag=True):
    reason: str = ""


class StepIn(Command, frozen=True, kw_only=True, tag=True):
    """Somebody of staff acts as a member, until then. user_id: None is the owner who was there first."""

    user_id: int | None
    mode: Mode
    reason: str
    until: datetime


class StepOut(Command, frozen=True, kw_only=True, tag=True):
    """They do not any more."""


class NoteStaff(Command, frozen=True, kw_only=True, tag=True):
    """Staff have looked at something. what: in a few words of ours, in English. area: the part of the API it is of."""

    what: str
    area: str = ""


@event("workspace.suspended", personal=("reason",))
class WorkspaceSuspended(Event, frozen=True, kw_only=True):
    at: datetime
    reason: str = ""


@event("workspace.reactivated", personal=("reason",))
class WorkspaceReactivated(Event, frozen=True, kw_only=True):
    at: datetime
    reason: str = ""


@event("workspace.resumed")
class WorkspaceResumed(Event, frozen=True, kw_only=True):
    """What waited goes on. dropped: messages and scheduled messages that were let go of, by conversation."""

    dropped: tuple[tuple[int, int], ...] = ()


@event("staff.stepped_in", personal=("reason",))
class StaffSteppedIn(Event, frozen=True, kw_only=True):
    user_id: int
    mode: Mode
    until: datetime
    reason: str = ""


@event("staff.stepped_out")
class StaffSteppedOut(Event, frozen=True, kw_only=True):
    pass


@event("staff.looked")
class StaffLooked(Event, frozen=True, kw_only=True):
    """As `NoteStaff`; of a look before there were areas there is none."""

    what: str
    area: str = ""


def sends_nothing(state: Workspace) -> bool:
    """Whether nothing goes out by itself at the moment."""
    return state.status == "suspended" or RESUMING.of(state)


def effects(_state: Workspace, happened: Event) -> Iterator[Effect]:
    """Once it is active again, what is too old is let go of first."""
    if isinstance(happened, WorkspaceReactivated):
        id_ = f"{RESUME}-{int(happened.at.timestamp() * 1000)}"
        yield Effect(id_, "workspace.resume", RESUME, RESUME, {})


def done(state: Workspace, command: EffectDone, _now: Moment) -> Sequence[Event]:
    """That is done; unless it was suspended again meanwhile, what waits goes on."""
    if not RESUMING.of(state):
        return []
    dropped = tuple((int(conversation), int(message)) for conversation, message in command.result["dropped"])
    return [WorkspaceResumed(dropped=dropped)]


def must_be_there(state: Workspace) -> None:
    """Raises `NotFound` for a workspace that is none, or is going for good."""
    if not state.name or state.status == "erased":
        raise NotFound("workspace")


@decide.on(Suspend)
def _suspend(state: Workspace, command: Suspend, now: Moment) -> Sequence[Event]:
    must_be_there(state)
    if state.status == "suspended":
        return []
    return [WorkspaceSuspended(at=now.at, reason=command.reason)]


@decide.on(Reactivate)
def _reactivate(state: Workspace, command: Reactivate, now: Moment) -> Sequence[Event]:
    must_be_there(state)
    if state.status != "suspended":
        return []
    return [WorkspaceReactivated(at=now.at, reason=command.reason)]


@decide.on(StepIn)
def _step_in(state: Workspace, command: StepIn, _now: Moment) -> Sequence[Event]:
    must_be_there(state)
    user_id = command.user_id if command.user_id is not None else first_owner(state)
    if user_id not in state.members:
        raise NotFound("user")
    return [StaffSteppedIn(user_id=user_id, mode=command.mode, until=command.until, reason=command.reason)]


def first_owner(state: Workspace) -> int:
    """The owner who was there first. Raises `Conflict` for a workspace without one."""
    owners = [member.id for member in state.members.values() if member.role == "owner"]
    if not owners:
        raise Conflict("This workspace has no owner. Name a member.")
    return min(owners)


@decide.on(StepOut)
def _step_out(_state: Workspace, _command: StepOut, _now: Moment) -> Sequence[Event]:
    return [StaffSteppedOut()]


@decide.on(NoteStaff)
def _note(state: Workspace, command: NoteStaff, _now: Moment) -> Sequence[Event]:
    must_be_there(state)
    return [StaffLooked(what=command.what, area=command.area)]


@evolve.on(WorkspaceSuspended)
def _suspended(state: Workspace, event: WorkspaceSuspended) -> Workspace:
    return replace(state, status="suspended", suspension=Suspension(event.at, event.reason), resuming=False)


@evolve.on(WorkspaceReactivated)
def _reactivated(state: Workspace, _event: WorkspaceReactivated) -> Workspace:
    return replace(state, status="active", suspension=None, resuming=True)


@evolve.on(WorkspaceResumed)
def _resumed(state: Workspace, _event: WorkspaceResumed) -> Workspace:
    return replace(state, resuming=False)


evolve.ignores(StaffSteppedIn, StaffSteppedOut, StaffLooked)
