"""An example: whom a workspace has greeted. An actor a workspace, one command, one event, one effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from plixa.engine.actor import ActorType, Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.events import Event, event
from plixa.engine.ports import Effect


class Greetings(Struct, frozen=True):
    """names: everybody who was greeted, in order."""

    id: int
    names: tuple[str, ...] = ()


class Greet(Command, frozen=True, kw_only=True, tag=True):
    """Greet somebody; once is enough."""

    name: str


@event("example.greeted")
class Greeted(Event, frozen=True, kw_only=True):
    name: str


decide: Decider[Greetings] = Decider()
evolve: Evolver[Greetings] = Evolver()


@decide.on(Greet)
def _greet(state: Greetings, command: Greet, _now: Moment) -> Sequence[Event]:
    return [] if command.name in state.names else [Greeted(name=command.name)]


@evolve.on(Greeted)
def _greeted(state: Greetings, event: Greeted) -> Greetings:
    return replace(state, names=(*state.names, event.name))


def effects(state: Greetings, event: Event) -> Iterator[Effect]:
    """A greeting goes out."""
    if isinstance(event, Greeted):
        number = len(state.names)
        yield Effect(
            id=f"greeting-{number}", kind="example.greet", ordering_key="greetings", rate_key="", request={"n": number}
        )


GREETINGS: ActorType[Greetings] = ActorType(
    name="greetings", initial=lambda id_: Greetings(id=id_), decide=decide, evolve=evolve, effects=effects
)
