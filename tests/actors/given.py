"""Given these events, when this command comes, then these events follow: tests of pure actors without clock or I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import count
from typing import Any

from tests.kinds import workspace

from plixa.actors.conversation.configs.sla import SlaTargets
from plixa.actors.conversation.configs.welcome import Welcome
from plixa.actors.workspace.state import Member, Workspace
from plixa.engine.actor import ActorType, Moment
from plixa.engine.events import Event
from plixa.engine.ports import Effect, EffectMark

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUSE = workspace(id=1, name="Padaria", members={7: Member(7, "Ana", "ana@plixa.example", "owner")})


def house(**changes: Any) -> Workspace:
    """The workspace, with other settings."""
    fields = {name: getattr(HOUSE, name) for name in HOUSE.__struct_fields__}
    return workspace(**{**fields, **changes})


def targets(first_response: int | None = None, resolution: int | None = None) -> SlaTargets:
    """Service-level targets, in seconds."""
    return SlaTargets(first_response, resolution)


def greeting(message: str = "Olá!", delay: int = 0) -> Welcome:
    """A welcome message that is on."""
    return Welcome(enabled=True, message=message, delay_seconds=delay)


@dataclass
class Given:
    """An actor in memory. Each `when` is a turn; its events become part of what is given."""

    kind: ActorType[Any]
    state: Any
    workspace: Workspace = HOUSE
    at: datetime = NOON
    effects: list[Effect | EffectMark] = field(default_factory=list)
    _ids: Any = field(default_factory=lambda: count(100))

    def given(self, *events: Event) -> Given:
        """These have happened."""
        for event in events:
            self._happen(event)
        return self

    def when(self, command: Any, after: float = 0) -> Sequence[Event]:
        """The command comes, `after` seconds later; returns what is decided."""
        self.at += timedelta(seconds=after)
        before, asked = self.state, len(self.effects)
        events = self.kind.decide(self.state, command, Moment(self.at, self._ids, self.workspace))
        for event in events:
            self._happen(event)
        self._is_the_same_packed(before, events, self.effects[asked:])
        return events

    def _is_the_same_packed(self, before: Any, events: Sequence[Event], asked: Sequence[Effect | EffectMark]) -> None:
        """As these are kept they lead to the same, and stand for them all."""
        kept, state, effects = self.kind.packed(events), before, list[Effect | EffectMark]()
        for event in kept:
            state = self.kind.evolve(state, event)
            effects += self.kind.effects(state, event)
        assert (state, effects) == (self.state, asked)
        assert sorted(part.type for event in kept for part in event.stands_for()) == sorted(
            each.type for each in events
        )

    def _happen(self, event: Event) -> None:
        self.state = self.kind.evolve(self.state, event)
        self.effects += self.kind.effects(self.state, event)

    @property
    def timers(self) -> dict[str, datetime]:
        """What should be pending."""
        return dict(self.kind.timers(self.state))

    def queued(self) -> list[str]:
        """The effects asked for so far."""
        return [each.id for each in self.effects if isinstance(each, Effect)]


def replay(kind: ActorType[Any], id_: int, events: Sequence[Event]) -> Any:
    """The state that these events lead to from the start."""
    return reduce(kind.evolve, events, kind.initial(id_))


def types(events: Sequence[Event]) -> list[str]:
    """What happened, by name."""
    return [event.type for event in events]
