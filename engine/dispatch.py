"""Choosing a function by the type of a value: how `decide` and `evolve` are written as one small function a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from plixa.engine.actor import Moment
from plixa.engine.events import Event

S = TypeVar("S")
F = TypeVar("F", bound=Callable[..., Any])


class Evolver(Generic[S]):
    """`evolve(state, event) -> state`, a case for each event class; an event without a case changes nothing."""

    def __init__(self) -> None:
        self._cases: dict[type[Event], Callable[[S, Any], S]] = {}

    def on(self, *classes: type[Event]) -> Callable[[F], F]:
        """Register a function for these event classes."""

        def register(case: F) -> F:
            for cls in classes:
                self._cases[cls] = case
            return case

        return register

    def __call__(self, state: S, event: Event) -> S:
        case = self._cases.get(type(event))
        return state if case is None else case(state, event)


class Decider(Generic[S]):
    """`decide(state, command, now) -> events`, a case for each command class. A command without one is a bug."""

    def __init__(self) -> None:
        self._cases: dict[type[Any], Callable[[S, Any, Moment], Sequence[Event]]] = {}

    def on(self, *classes: type[Any]) -> Callable[[F], F]:
        """Register a function for these command classes."""

        def register(case: F) -> F:
            for cls in classes:
                self._cases[cls] = case
            return case

        return register

    def __call__(self, state: S, command: Any, now: Moment) -> Sequence[Event]:
        return self._cases[type(command)](state, command, now)
