"""The workspace's kind, composed of what the features bring: its state, its cases, its timers, its effects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

import msgspec

from plixa.actors.feature import Logic, Root, RootTimer
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import (
    ActorType,
    EffectDone,
    EffectFailed,
    EffectStarting,
    EffectUncertain,
    Moment,
    TimerFired,
)
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.events import Event
from plixa.engine.outside import decide_nothing
from plixa.engine.ports import Effect

T = TypeVar("T")


def workspace_kind(logics: Sequence[Logic]) -> ActorType[Workspace]:
    """The workspace of these features. Raises `ValueError` where two bring the same name or the same case."""
    roots = [logic.root for logic in logics]
    state = workspace_state(logics)
    timers = _once((name, timer) for root in roots for name, timer in root.timers.items())
    decide = Decider[Workspace].joined([_engines(roots, timers), *chain.from_iterable(root.decides for root in roots)])
    follow = [effects for root in roots for effects in root.effects]

    def effects(workspace: Workspace, event: Event) -> Iterator[Effect]:
        for each in follow:
            yield from each(workspace, event)

    return ActorType(
        name="workspace",
        initial=lambda id_: state(id=id_),
        decide=decide,
        evolve=Evolver[Workspace].joined(chain.from_iterable(root.evolves for root in roots)),
        timers=lambda workspace: _pending(workspace, timers),
        timer_families=frozenset(timers),
        effects=effects,
        mailbox=256,
    )


def workspace_state(logics: Sequence[Logic]) -> type[Workspace]:
    """`Workspace` with a field for each declaration of these features."""
    collections = _once((each.name, each) for logic in logics for each in logic.collections)
    configs = _once((each.name, each) for logic in logics for each in logic.configs)
    held = [each for logic in logics for each in logic.root.held]
    fields = _once(
        [
            *((name, (name, dict[int, each.item], {})) for name, each in collections.items()),  # type: ignore[name-defined]
            *((each.name, (each.name, each.kind, each.first)) for each in held),
            *((name, (name, each.value, each.value())) for name, each in configs.items()),
        ]
    )
    own = set(Workspace.__struct_fields__)
    state: type[Any] = msgspec.defstruct(
        "Workspace",
        [each for name, each in fields.items() if name not in own],
        bases=(Workspace,),
        namespace={"collections": collections, "configs": configs},
        module=__name__,
        frozen=True,
        omit_defaults=True,
    )
    return state


def _engines(roots: Sequence[Root], timers: Mapping[str, RootTimer]) -> Decider[Workspace]:
    """What the engine tells: a timer, the report of an effect."""
    decide: Decider[Workspace] = Decider()
    reports = _once((what, done) for root in roots for what, done in root.done.items())

    @decide.on(TimerFired)
    def _fired(state: Workspace, command: TimerFired, now: Moment) -> Sequence[Event]:
        timer = timers.get(command.name)
        if timer is None or timer.due(state) != command.due:
            return []  # not pending any more
        return timer.fired(state, command.due, now)

    @decide.on(EffectDone)
    def _done(state: Workspace, command: EffectDone, now: Moment) -> Sequence[Event]:
        done = reports.get(command.about[0])
        return [] if done is None else done(state, command, now)

    decide.on(EffectStarting, EffectFailed, EffectUncertain)(decide_nothing)
    return decide


def _pending(workspace: Workspace, timers: Mapping[str, RootTimer]) -> dict[str, datetime]:
    due = {name: timer.due(workspace) for name, timer in timers.items()}
    return {name: at for name, at in due.items() if at is not None}


def _once(named: Iterable[tuple[str, T]]) -> dict[str, T]:
    found: dict[str, T] = {}
    for name, each in named:
        if name in found:
            raise ValueError(f"two features bring {name!r} to the workspace")
        found[name] = each
    return found
