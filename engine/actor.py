"""What an actor is made of: two pure functions, and the values that go in and out of its turns.

`decide(state, command, now) -> events` and `evolve(state, event) -> state` hold the business and nothing else: no
clock, no chance, no I/O. Time and ids come in with `now`; intentions go out as events, from which `timers` and
`effects` say what must follow. The shell around them is `engine/cell.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct, msgpack

from plixa.engine.events import Event, Recorded
from plixa.engine.ports import Effect, EffectMark

S = TypeVar("S")


class Command(Struct, frozen=True, kw_only=True):
    """Base of all commands: small immutable values, so that an actor on another node can be asked the same way."""

    def identity(self) -> bytes:
        """The same whenever this very thing is asked again, by whichever way it comes."""
        return msgpack.encode(self)


def command_class(name: str) -> type[Command]:
    """The class of a command by its name. Raises LookupError for one that this program does not have."""
    found = [cls for cls in command_classes() if cls.__name__ == name]
    if len(found) != 1:
        raise LookupError(f"this program has no command {name}")
    return found[0]


def command_classes(base: type[Command] = Command) -> list[type[Command]]:
    """All commands of the actors that are loaded."""
    return [each for cls in base.__subclasses__() for each in (cls, *command_classes(cls))]


class TimerFired(Command, frozen=True, tag=True):
    """The timer `name` that was due at `due`. A timer that is not pending any more must decide nothing."""

    name: str
    due: datetime


class OfEffect(Command, frozen=True):
    """What the outbox tells an effect's owner."""

    effect_id: str

    @property
    def about(self) -> tuple[str, int]:
        """What the effect is for, by its id: ("send", 12) of "send-12", ("look-back", 2) of "look-back-7-2".

        The number is the last one; 0 where there is none.
        """
        words = self.effect_id.split("-")
        numbers = [word for word in words if word.isascii() and word.isdigit()]
        return "-".join(word for word in words if word not in numbers), int(numbers[-1]) if numbers else 0


class EffectStarting(OfEffect, frozen=True, tag=True):
    """The outbox is about to carry this effect out. Deciding nothing means: do not, it is not wanted any more."""


class EffectDone(OfEffect, frozen=True, tag=True):
    """It happened. `result` is what the handler learnt, in JSON types."""

    result: dict[str, Any]


class EffectFailed(OfEffect, frozen=True, tag=True):
    """It certainly did not happen. `permanent`: trying again unchanged is pointless.

    away: nobody was there to do it, which says nothing of this effect. tries: how often it was tried in vain by now,
    while somebody was there; the outbox counts them.
    """

    reason: str
    permanent: bool
    away: bool = False
    tries: int = 0


class EffectUncertain(OfEffect, frozen=True, tag=True):
    """It may have happened: the program stopped, or the answer never came. `away`, `tries`: as of `EffectFailed`."""

    reason: str
    away: bool = False
    tries: int = 0


class EffectLeft(OfEffect, frozen=True, tag=True):
    """It may have happened, and it could not be found out: nobody looks any more. Only where there is a reconciler."""

    reason: str


EffectReport = EffectDone | EffectFailed | EffectUncertain


def _not_given(_state: Any, _event: Any) -> Any:
    raise LookupError("this decision was given no way to fold events")


@dataclass(frozen=True, slots=True)
class Moment:
    """What a decision may know beside state and command.

    at: the time of the turn. ids: fresh ids of this tenant, taken with `next()`.
    workspace: the state of the tenant's root actor (settings, members) as of this turn.
    known: what a look-up for this command found, where the command itself has no place for it.
    evolve: how the actor folds its events, for a decision that is made in steps.
    """

    at: datetime
    ids: Iterator[int]
    workspace: Any = None
    known: Any = None
    evolve: Callable[[Any, Any], Any] = _not_given


def _no_timers(_: Any) -> Mapping[str, datetime]:
    return {}


def _no_effects(_state: Any, _event: Event) -> Iterable[Effect | EffectMark]:
    return ()


def as_they_are(events: Sequence[Event]) -> Sequence[Event]:
    """Each event is kept by itself."""
    return events


@dataclass(frozen=True, slots=True)
class ActorType(Generic[S]):
    """One sort of actor.

    timers: the timers that should be pending in a state, by name; the shell writes the difference.
    timer_families: the first words of all the names that `timers` may give ("flow" of "flow.reminder", "scheduled" of
        "scheduled-12"). Rows of another family are a newer release's: they are left alone.
    effects: what must happen outside because of an event, given the state after it.
    prepare: adds to a command what only a look-up can tell (an old message's status), inside the actor's turn; is given
        state, command, tenant and business.
    version: raised when what `evolve` makes of the same events changes, though the state's shape does not: snapshots of
        another version are not read.
    packed: the events of one decision as they are kept: fewer, with the same state after them.
    mailbox: how many envelopes may wait. idle_seconds: how long it stays in memory unused.
    """

    name: str
    initial: Callable[[int], S]
    decide: Callable[[S, Any, Moment], Sequence[Event]]
    evolve: Callable[[S, Any], S]
    timers: Callable[[S], Mapping[str, datetime]] = _no_timers
    timer_families: frozenset[str] = frozenset()
    effects: Callable[[S, Any], Iterable[Effect | EffectMark]] = _no_effects
    packed: Callable[[Sequence[Event]], Sequence[Event]] = as_they_are
    prepare: Callable[[S, Any, int, Any], Awaitable[Any]] | None = None
    mailbox: int = 512
    idle_seconds: float = 300.0
    snapshot_every: int = 100
    version: int = 1

    def knows_timer(self, name: str) -> bool:
        """Whether this release sets timers of this name."""
        return name.partition(".")[0].partition("-")[0] in self.timer_families


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn led to. `recorded` is empty when there was nothing to decide."""

    state: Any
    revision: int
    recorded: Sequence[Recorded] = field(default_factory=tuple[Recorded, ...])

    def first(self, cls: type[E]) -> E:
        """The first recorded event of a class. Raises LookupError if the turn made none."""
        for recorded in self.recorded:
            if isinstance(recorded.event, cls):
                return recorded.event
        raise LookupError(f"the turn recorded no {cls.__name__}")


E = TypeVar("E", bound=Event)
