"""Rows in the order in which things happened, written in as few statements as that order allows.

`Rounds` is what commits and `plixa rebuild` both write with. What a row changes is its place: one row of a table, or
all rows that begin alike (`Statement.key`). The first change of each place goes in the first round, the second one in
the second, and so on, so that within a round no place is changed twice, and a round is one statement: `combined`. How
many rounds there are is how often the busiest place changes, whatever else a batch holds.

Only places are kept in order. Where a value that must be unique goes from one row to another in the same round,
Postgres may refuse it: the writer then writes both halves of the batch, one after the other, and a rebuild makes such
indexes anew when all rows are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from plixa.storage.eventlog.statement import Again, Row, Statement

_PLACE = re.compile(r"\$(\d+)")
Values = tuple[object, ...]
_NEVER: tuple[int, Statement | None] = (0, None)
Round = dict[Statement, dict[Values, Values]]


class Rounds:
    """What one transaction writes."""

    def __init__(self) -> None:
        self.rounds: list[Round] = []
        self._tables: dict[str, _Table] = {}

    def add(self, row: Row) -> None:
        """One more row, behind all that came before it."""
        statement, values = row
        place = values[: statement.key]
        table = self._tables.get(statement.among)
        if table is None:
            table = self._tables[statement.among] = _Table()
        at = table.take(statement, place)
        if at == len(self.rounds):
            self.rounds.append({})
        rows = self.rounds[at].setdefault(statement, {})
        rows[values if statement.again is Again.JOINS else place] = values

    def of(self, statement: Statement) -> Iterable[Values]:
        """All rows of one statement."""
        return (values for round_ in self.rounds for values in round_.get(statement, {}).values())

    @property
    def tables(self) -> set[str]:
        """Where something is written."""
        return {statement.table for round_ in self.rounds for statement in round_}

    async def write(self, connection: Any) -> None:
        """Write everything. More than one round needs a transaction around it."""
        for round_ in self.rounds:
            sql, statements = combined(frozenset(round_))
            await connection.execute(sql, *_arguments(statements, round_))


class _Level:
    """The places of a table that are named by as many columns."""

    __slots__ = ("closed", "reached")

    def __init__(self) -> None:
        self.reached: dict[Values, tuple[int, Statement | None]] = {}
        """By place: the round after the last one in which anything of it changes, and what changes it there."""
        self.closed: dict[Values, int] = {}
        """By place: the round after the last one in which all of it may change."""

    def reach(self, place: Values, after: int, by: Statement | None) -> None:
        """Something of this place changes in the round before `after`."""
        if after > self.reached.get(place, _NEVER)[0]:
            self.reached[place] = (after, by)


class _Table:
    """In which round each place of a table may change next.

    Nearly always all changes are of places with equally many columns, which have nothing to do with each other.
    """

    __slots__ = ("_levels",)

    def __init__(self) -> None:
        self._levels: dict[int, _Level] = {}

    def take(self, statement: Statement, place: Values) -> int:
        """The round for a change of this place."""
        own = self._levels.get(len(place)) or self._opened(len(place))
        at, last = own.reached.get(place, _NEVER)
        if last is statement and statement.again is not Again.FOLLOWS:
            at -= 1
        if len(self._levels) > 1:
            return self._among_others(own, statement, place, at)
        own.reached[place] = (at + 1, statement)
        return at

    def _among_others(self, own: _Level, statement: Statement, place: Values, at: int) -> int:
        """The same where places of several levels change: not before `at`."""
        above = [(level, place[:length]) for length, level in self._levels.items() if length < len(place)]
        at = max(at, *(level.closed.get(wider, 0) for level, wider in above), 0)
        own.closed[place] = at + 1
        for level, each in (*above, (own, place)):
            level.reach(each, at + 1, statement)
        return at

    def _opened(self, length: int) -> _Level:
        """A level that nothing has asked for so far, as if it had been there from the start."""
        opened = _Level()
        if len(self._levels) == 1:
            [only] = self._levels.values()
            only.closed = {place: after for place, (after, _) in only.reached.items()}
        for longer, level in self._levels.items():
            if longer > length:
                for place, (after, by) in level.reached.items():
                    opened.reach(place[:length], after, by)
        self._levels[length] = opened
        return opened


@lru_cache(maxsize=512)
def combined(statements: frozenset[Statement]) -> tuple[str, tuple[Statement, ...]]:
    """One statement that does what all of these do, in one round trip; its parameters are theirs, one after another.

    It fails (division by zero) where one that is `exact` changes fewer rows than it is given: their numbers are the
    last parameters.
    """
    ordered = tuple(sorted(statements, key=lambda each: (each.table, each.sql)))
    parts: list[str] = []
    used = 0
    for number, statement in enumerate(ordered):
        parts.append(f"s{number} as ({_renumbered(statement.sql, used)})")
        used += len(statement.columns)
    exact = [number for number, statement in enumerate(ordered) if statement.exact]
    checks = [f"(select count(*) from s{n}) = ${used + nth}::bigint" for nth, n in enumerate(exact, 1)]
    return f"with {', '.join(parts)} select 1 / ({' and '.join(checks) or 'true'})::int", ordered


def _renumbered(sql: str, by: int) -> str:
    return _PLACE.sub(lambda found: f"${int(found[1]) + by}", sql)


def _arguments(statements: Iterable[Statement], round_: Mapping[Statement, Mapping[Values, Values]]) -> list[object]:
    """The parameters of `combined`: one array a column, then the numbers of what is exact."""
    columns = [column for each in statements for column in zip(*round_[each].values(), strict=True)]
    return [*columns, *(len(round_[each]) for each in statements if each.exact)]
