"""All that is declared of tables, together: the writer, rebuild, retention, erasure and the sweeper are given it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from plixa.engine.actor import ActorType
from plixa.engine.clock import Clock
from plixa.engine.events import Recorded
from plixa.storage.eventlog import statements as sql, tables as eventlog
from plixa.storage.eventlog.statement import Row, Statement
from plixa.storage.feature import LookUp, Rule, StateRows, Table, Tables
from plixa.storage.lifetime import tables as lifetime
from plixa.storage.lifetime.rules import Move, Sweep
from plixa.storage.nodes import tables as nodes
from plixa.storage.postgres import tables as postgres
from plixa.storage.postgres.bridge import Database

MECHANISM: tuple[Tables, ...] = (eventlog.TABLES, nodes.TABLES, lifetime.TABLES, postgres.TABLES)


class Schema:
    """The mechanism's own tables, and those of these features. Raises ValueError where two declare the same."""

    def __init__(self, features: Iterable[Tables] = ()) -> None:
        self.tables: dict[str, Table] = {}
        self.sweeps: dict[str, tuple[Sweep | Move, ...]] = {}
        self._later: dict[Statement, str] = {}
        self._rules: dict[type[Any], Rule] = {}
        self.of_states: dict[str, StateRows] = {}
        self._look_ups: dict[str, LookUp] = {}
        for brought in (*MECHANISM, *features):
            _merge(self.tables, {table.name: table for table in brought.tables})
            for what, sweeps in brought.sweeps.items():  # of one mark, each feature sweeps its own tables
                self.sweeps[what] = (*self.sweeps.get(what, ()), *sweeps)
            _merge(self._later, brought.later)
            _merge(self._rules, brought.projects.rules)
            _merge(self.of_states, brought.of_state)
            _merge(self._look_ups, brought.look_ups)
        self.read_models = tuple(table.name for table in self.tables.values() if table.sort == "read model")

    def erased(self, how: str) -> list[str]:
        """The tables of which this becomes when a workspace is erased."""
        return [table.name for table in self.tables.values() if table.erased == how]

    def rows(self, recorded: Recorded, state: Any) -> Iterator[Row]:
        """The rows of one event, given its actor's state after the whole commit."""
        rule = self._rules.get(type(recorded.event))
        if rule is not None:
            yield from rule(recorded, recorded.event, state)

    def in_a_commit(self, row: Row, at: datetime) -> Row:
        """The row itself, or the mark that a commit writes instead of it."""
        statement, values = row
        what = self._later.get(statement)
        if what is None:
            return row
        tenant, ref, *target = values
        return sql.SWEEP_MARKED, (tenant, what, str(ref), at, target[0] if target else None)

    @property
    def later(self) -> Mapping[Statement, str]:
        """What a commit marks instead of doing it. Each statement takes the tenant, what to look for, and where to."""
        return self._later

    def prepared(
        self, kinds: Mapping[str, ActorType[Any]], database: Database, clock: Clock
    ) -> dict[str, ActorType[Any]]:
        """These kinds of actors, with their look-ups."""
        made = {name: look_up(database, clock) for name, look_up in self._look_ups.items()}
        return {name: replace(kind, prepare=made.get(name, kind.prepare)) for name, kind in kinds.items()}


def _merge(into: dict[Any, Any], more: Mapping[Any, Any]) -> None:
    if twice := into.keys() & more.keys():
        raise ValueError(f"declared twice: {twice}")
    into.update(more)
