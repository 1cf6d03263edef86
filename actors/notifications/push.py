"""Which members have a browser that wants to be told. Where it is, only the vault knows.

A conversation asks this before it has a push sent for a customer's message: in most workspaces there is nobody to tell.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import NotFound
from plixa.engine.events import Event, event

decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()


class NotePush(Command, frozen=True, kw_only=True, tag=True):
    """A member has a subscription."""

    user_id: int


class ForgetPush(Command, frozen=True, kw_only=True, tag=True):
    """A member has none any more."""

    user_id: int


@event("push.wanted")
class PushWanted(Event, frozen=True, kw_only=True):
    user_id: int


@event("push.unwanted")
class PushUnwanted(Event, frozen=True, kw_only=True):
    user_id: int


@decide.on(NotePush)
def _note(state: Workspace, command: NotePush, _now: Moment) -> Sequence[Event]:
    if command.user_id not in state.members:
        raise NotFound("member")
    return [] if command.user_id in state.pushed else [PushWanted(user_id=command.user_id)]


@decide.on(ForgetPush)
def _forget(state: Workspace, command: ForgetPush, _now: Moment) -> Sequence[Event]:
    return [PushUnwanted(user_id=command.user_id)] if command.user_id in state.pushed else []


@evolve.on(PushWanted)
def _wanted(state: Workspace, event: PushWanted) -> Workspace:
    return replace(state, pushed=(*state.pushed, event.user_id))


@evolve.on(PushUnwanted)
def _unwanted(state: Workspace, event: PushUnwanted) -> Workspace:
    return replace(state, pushed=tuple(id_ for id_ in state.pushed if id_ != event.user_id))
