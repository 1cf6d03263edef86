"""Statements that write many rows at once: one array a column, taken apart by `unnest`.

JSON and arrays travel as text and are cast on the way in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """`sql` with one array parameter a column. Compared and hashed by identity.

    key: how many of the first columns identify the row.
    replaces: the columns that do so, where a row that comes later takes the place of an earlier one: SQL takes each
    row once in a statement, or picks one of several as it likes.
    """

    table: str
    sql: str
    key: int
    replaces: tuple[int, ...] = ()

    def last(self, rows: list[tuple[object, ...]]) -> Iterable[tuple[object, ...]]:
        """The rows that count."""
        if len(rows) < 2 or not self.replaces:
            return rows
        return {tuple(row[at] for at in self.replaces): row for row in rows}.values()


Row = tuple[Statement, tuple[object, ...]]
_CASTS = {"json": "text", "bigint[]": "text", "text[]": "text"}


def _columns(spec: str) -> list[tuple[str, str]]:
    return [(name, type_) for name, type_ in (column.split() for column in spec.split(","))]


def _source(columns: list[tuple[str, str]]) -> str:
    arrays = ", ".join(f"${i}::{_CASTS.get(type_, type_)}[]" for i, (_, type_) in enumerate(columns, 1))
    names = ", ".join(name for name, _ in columns)
    return f"unnest({arrays}) as u({names})"


def _value(name: str, type_: str) -> str:
    return f"u.{name}::{type_}" if type_ in _CASTS else f"u.{name}"


def insert(table: str, spec: str, on_conflict: str = "", key: int = 2, replaces: tuple[int, ...] = ()) -> Statement:
    """Insert rows."""
    columns = _columns(spec)
    names = ", ".join(name for name, _ in columns)
    values = ", ".join(_value(name, type_) for name, type_ in columns)
    sql = f"insert into {table} ({names}) select {values} from {_source(columns)} {on_conflict}"
    return Statement(table, sql, key, replaces)


def upsert(table: str, spec: str, key: str) -> Statement:
    """Insert rows, or replace all columns of those that are there."""
    keys = [name.strip() for name in key.split(",")]
    changes = ", ".join(f"{name} = excluded.{name}" for name, _ in _columns(spec) if name not in keys)
    replaces = tuple(at for at, (name, _) in enumerate(_columns(spec)) if name in keys)
    return insert(table, spec, f"on conflict ({key}) do update set {changes}", len(keys), replaces)


def update(table: str, spec: str, key: int, where: str = "", set_: str = "") -> Statement:
    """Change columns; the first `key` columns say which row. `set_` replaces the plain assignments."""
    columns = _columns(spec)
    changes = set_ or ", ".join(f"{name} = {_value(name, type_)}" for name, type_ in columns[key:])
    match = " and ".join(f"t.{name} = u.{name}" for name, _ in columns[:key])
    more = f" and {where}" if where else ""
    sql = f"update {table} t set {changes} from {_source(columns)} where {match}{more}"
    return Statement(table, sql, key, () if set_ else tuple(range(key)))


def delete(table: str, spec: str) -> Statement:
    """Remove the rows that match all columns."""
    columns = _columns(spec)
    match = " and ".join(f"t.{name} = u.{name}" for name, _ in columns)
    sql = f"delete from {table} t using {_source(columns)} where {match}"
    return Statement(table, sql, len(columns))
