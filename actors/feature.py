"""What a feature brings to the actors' layer: one value, `LOGIC`, in `actors/<feature>/logic.py`.

It stands in a module of its own, which nothing inside the feature imports, and not in `__init__`: whoever imports one
module of a feature would import all of it otherwise, and with it whatever that imports, in circles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import Any

from plixa.actors.sayings import Told
from plixa.actors.workspace.declarations import Collection, Config, Held
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import ActorType, EffectDone, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.events import Event, Recorded
from plixa.engine.ports import Effect

Data = dict[str, Any]
Show = Callable[[Any, Recorded], Data | None]
"""What an event changes for whoever watches, given the event and its envelope; None when it is nobody's business."""
Tell = Told | Callable[[Any], Told] | None
"""An event in a few plain words of every language, never with what somebody wrote. None: nobody did it, it is what the
rules made of somebody's deed in the same moment."""


def events_of(module: ModuleType) -> list[type[Event]]:
    """The types of events that stand in a module, for a feature that shows all of its own."""
    found = (each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Event))
    return [each for each in found if each is not Event]


@dataclass(frozen=True, slots=True)
class RootTimer:
    """A timer of the workspace's. due: when it should fire, if at all; fired: what follows when it does."""

    due: Callable[[Workspace], datetime | None]
    fired: Callable[[Workspace, datetime, Moment], Sequence[Event]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A feature's part of the workspace's actor.

    decides, evolves: its cases. timers: by name, which is their family, too. effects: what must happen outside.
    done: what follows an effect's report, by what it is for (`OfEffect.about`). held: what it keeps in the state.
    """

    decides: tuple[Decider[Workspace], ...] = ()
    evolves: tuple[Evolver[Workspace], ...] = ()
    timers: Mapping[str, RootTimer] = field(default_factory=dict[str, RootTimer])
    effects: tuple[Callable[[Workspace, Event], Iterable[Effect]], ...] = ()
    done: Mapping[str, Callable[[Workspace, EffectDone, Moment], Sequence[Event]]] = field(
        default_factory=dict[str, Any]
    )
    held: tuple[Held[Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic:
    """What a feature brings.

    kinds: the actors that it adds. collections, configs: its small resources, whose routes follow. root: its part of
    the workspace's. shows: what sockets are told of an event; the rest is not for showing. within: the conversation
    whose sight decides who hears of an event; without, all members do. only: the one member who hears of it. tells:
    what the audit says, by type of event.
    """

    kinds: tuple[ActorType[Any], ...] = ()
    collections: tuple[Collection[Any], ...] = ()
    configs: tuple[Config[Any], ...] = ()
    root: Root = Root()
    shows: Mapping[type[Event], Show] = field(default_factory=dict[type[Event], Show])
    within: Mapping[type[Event], Callable[[Any], int | None]] = field(default_factory=dict[type[Event], Any])
    only: Mapping[type[Event], Callable[[Any], int]] = field(default_factory=dict[type[Event], Any])
    tells: Mapping[str, Tell] = field(default_factory=dict[str, Tell])
