"""Choosing a function by the type of a value: how `decide` and `evolve` are written as one small function a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from plixa.engine.actor import Moment
from plixa.engine.events import Event

S = TypeVar("S")
F = TypeVar("F", bound=Callable[..., Any])


class Evolver(Generic[S]):
    """`evolve(state, event) -> state`, a case for each event class; an event without a case changes nothing."""

    def __init__(self) -> None:
        self._cases: dict[type[Event], Callable[[S, Any], S]] = {}

    @classmethod
    def joined(cls, parts: Iterable[Evolver[S]]) -> Evolver[S]:
        """One that has the cases of all. Raises `ValueError` where two have a case for the same event."""
        whole = cls()
        for part in parts:
            _add(whole._cases, part._cases)
        return whole

    @property
    def cases(self) -> frozenset[type[Event]]:
        """The event classes that have a case."""
        return frozenset(self._cases)

    def on(self, *classes: type[Event]) -> Callable[[F], F]:
        """Register a function for these event classes."""

        def register(case: F) -> F:
            _add(self._cases, dict.fromkeys(classes, case))
            return case

        return register

    def ignores(self, *classes: type[Event]) -> None:
        """Say that these change nothing: a fact for others (a read model, an effect, the audit), not for this state."""
        _add(self._cases, dict.fromkeys(classes, _unchanged))

    def __call__(self, state: S, event: Event) -> S:
        for part in event.stands_for():
            case = self._cases.get(type(part))
            state = state if case is None else case(state, part)
        return state


class Decider(Generic[S]):
    """`decide(state, command, now) -> events`, a case for each command class. A command without one is a bug."""

    def __init__(self) -> None:
        self._cases: dict[type[Any], Callable[[S, Any, Moment], Sequence[Event]]] = {}

    @classmethod
    def joined(cls, parts: Iterable[Decider[S]]) -> Decider[S]:
        """One that has the cases of all. Raises `ValueError` where two have a case for the same command."""
        whole = cls()
        for part in parts:
            _add(whole._cases, part._cases)
        return whole

    def on(self, *classes: type[Any]) -> Callable[[F], F]:
        """Register a function for these command classes."""

        def register(case: F) -> F:
            _add(self._cases, dict.fromkeys(classes, case))
            return case

        return register

    def __call__(self, state: S, command: Any, now: Moment) -> Sequence[Event]:
        return self._cases[type(command)](state, command, now)


def _add(cases: dict[type[Any], Any], more: dict[type[Any], Any]) -> None:
    if both := cases.keys() & more.keys():
        raise ValueError(f"two cases for {', '.join(sorted(cls.__name__ for cls in both))}")
    cases.update(more)


def _unchanged(state: S, _event: Event) -> S:
    return state
