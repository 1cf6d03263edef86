"""What a feature brings to the storage layer: one value, `TABLES`, in `storage/<feature>/__init__.py`.

The folder's `FACE` lists the modules that another feature may import; the rest is its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

from plixa.engine.clock import Clock
from plixa.engine.events import Recorded
from plixa.storage.eventlog.statement import Row, Statement
from plixa.storage.lifetime.rules import Keep, Move, Sweep
from plixa.storage.postgres.bridge import Database

Rule = Callable[[Recorded, Any, Any], Iterator[Row]]
"""The rows of one event, given its envelope, the event itself, and its actor's state after the whole commit."""
Prepare = Callable[[Any, Any, int, Any], Awaitable[Any]]
LookUp = Callable[[Database, Clock], Prepare]
"""Makes what adds to a command what only a look-up can tell, inside the actor's turn: see `Kind.prepare`."""
F = TypeVar("F", bound=Callable[..., Iterator[Row]])


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column that is sealed with the application key, which `plixa rekey` seals anew.

    belongs: what it is authenticated with, formatted with its row (bytes as hex). also: what else is set in a row that
    is sealed anew.
    """

    column: str
    belongs: str
    also: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: what it is, when its rows go, and what becomes of them when their workspace is erased.

    sort: a "read model" follows from the log and can be made anew; "data" stands beside it and cannot.
    keep: for how long; or until: why nothing deletes by age there, in words.
    erased: "first" is what could still start something, "swept" all else, "kept" what tells that there was a workspace.
    sealed: its columns that are sealed with the application key. moves: whether its rows go along when a workspace goes
    to another installation; those of read models are made anew there, others stay.
    """

    name: str
    sort: Literal["read model", "data"] = "data"
    keep: Keep | None = None
    until: str = ""
    erased: Literal["first", "swept", "kept"] = "swept"
    sealed: tuple[Sealed, ...] = ()
    moves: bool = False

    def __post_init__(self) -> None:
        if (self.keep is None) is not bool(self.until):
            raise ValueError(f"{self.name}: either how long its rows are kept, or until when they stay")


class Projector:
    """Which rows follow from which events, as functions of the event and its envelope."""

    def __init__(self) -> None:
        self.rules: dict[type[Any], Rule] = {}

    def on(self, *classes: type[Any]) -> Callable[[F], F]:
        """Says that the decorated function gives the rows of these events."""

        def register(rule: F) -> F:
            for cls in classes:
                if self.rules.setdefault(cls, rule) is not rule:
                    raise ValueError(f"{cls.__name__} has a rule already")
            return rule

        return register


@dataclass(frozen=True, slots=True)
class StateRows:
    """Rows that are functions of an actor's state, whatever led to it: one of each statement, or none.

    main: the statement whose second column is the actor's id. alike: its columns that `plixa replay` holds against the
    table. but: a column that alone is no difference, for it says when the row was written.
    """

    rows: Callable[[int, Any, datetime], Iterator[Row]]
    main: Statement
    alike: tuple[str, ...]
    but: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables of a feature, what writes them, and what is looked up in them.

    of_state, look_ups: by kind of actor. later: statements that a commit only marks, under this name; sweeps: which
    rows a mark of this name stands for.
    """

    tables: tuple[Table, ...] = ()
    projects: Projector = field(default_factory=Projector)
    of_state: Mapping[str, StateRows] = field(default_factory=dict[str, StateRows])
    look_ups: Mapping[str, LookUp] = field(default_factory=dict[str, LookUp])
    later: Mapping[Statement, str] = field(default_factory=dict[Statement, str])
    sweeps: Mapping[str, tuple[Sweep | Move, ...]] = field(default_factory=dict[str, "tuple[Sweep | Move, ...]"])
