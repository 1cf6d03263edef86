"""The workspace's logo: the key of a picture in the public store. One that is replaced is deleted afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.events import Event, event
from plixa.engine.ports import Effect

decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()


class SetLogo(Command, frozen=True, kw_only=True, tag=True):
    """key: of a picture that is stored already; None takes the logo away."""

    key: str | None


@event("logo.changed")
class LogoChanged(Event, frozen=True, kw_only=True):
    """`previous`: the picture that nobody needs any more."""

    key: str | None
    previous: str | None


@decide.on(SetLogo)
def _set(state: Workspace, command: SetLogo, _now: Moment) -> Sequence[Event]:
    if command.key == state.logo:
        return []
    return [LogoChanged(key=command.key, previous=state.logo)]


@evolve.on(LogoChanged)
def _changed(state: Workspace, event: LogoChanged) -> Workspace:
    return replace(state, logo=event.key)


def effects(_state: Workspace, happened: Event) -> Iterator[Effect]:
    """Delete the picture that was replaced. A key is never used twice, so neither is the effect's id."""
    if isinstance(happened, LogoChanged) and happened.previous is not None:
        id_ = f"picture-{happened.previous}"
        yield Effect(id_, "picture.delete", id_, "pictures", {"key": happened.previous})
