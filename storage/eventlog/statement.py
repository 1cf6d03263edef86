"""Statements that write many rows at once: one array a column, taken apart by `unnest`.

JSON and arrays travel as text and are cast on the way in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Again(Enum):
    """What a second row of a statement does to a first one for the same place, where nothing came between them."""

    FOLLOWS = "it is written after it"
    REPLACES = "it takes its place: every column that the first one wrote is its own now"
    JOINS = "it goes along with it: which of them is first makes no difference"


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """`sql` with one array parameter a column. Compared and hashed by identity.

    table: where it writes. columns: their names, in the order of a row's values.
    key: how many of the first columns say what changes: as many as identify a row of the table; or fewer, and then all
    rows that agree in them may.
    among: the table among whose changes it keeps its place; where it reads another one, that one.
    looks_back: it reads what was there before its commit, whatever the commit does.
    exact: each of its rows must change one, or nothing of the transaction is written.
    """

    table: str
    sql: str
    columns: tuple[str, ...]
    key: int
    again: Again = Again.FOLLOWS
    among: str = ""
    looks_back: bool = False
    exact: bool = False

    def __post_init__(self) -> None:
        if not self.among:
            object.__setattr__(self, "among", self.table)


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


def _names(columns: list[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(name for name, _ in columns)


def insert(table: str, spec: str, on_conflict: str = "", key: int = 2, again: Again = Again.FOLLOWS) -> Statement:
    """Insert rows."""
    columns = _columns(spec)
    names = ", ".join(_names(columns))
    values = ", ".join(_value(name, type_) for name, type_ in columns)
    sql = f"insert into {table} ({names}) select {values} from {_source(columns)} {on_conflict}"
    return Statement(table, sql, _names(columns), key, again)


def upsert(table: str, spec: str, conflict: str) -> Statement:
    """Insert rows, or replace all columns of those that are there. conflict: the columns of the primary key."""
    keys = [name.strip() for name in conflict.split(",")]
    names = _names(_columns(spec))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    key = max(map(names.index, keys)) + 1
    return insert(table, spec, f"on conflict ({conflict}) do update set {changes}", key, Again.REPLACES)


def update(table: str, spec: str, key: int, where: str = "", set_: str = "") -> Statement:
    """Change columns of the rows that agree in the first `key`. `set_` replaces the plain assignments."""
    columns = _columns(spec)
    changes = set_ or ", ".join(f"{name} = {_value(name, type_)}" for name, type_ in columns[key:])
    sql = f"update {table} t set {changes} from {_source(columns)} where {_match(columns[:key], where)}"
    return Statement(table, sql, _names(columns), key, Again.FOLLOWS if where or set_ else Again.REPLACES)


def delete(table: str, spec: str, key: int | None = None) -> Statement:
    """Remove the rows that agree in all columns. key: where these do not begin as the table's identity does."""
    columns = _columns(spec)
    sql = f"delete from {table} t using {_source(columns)} where {_match(columns)}"
    return Statement(table, sql, _names(columns), len(columns) if key is None else key, Again.JOINS)


def _match(columns: list[tuple[str, str]], where: str = "") -> str:
    return " and ".join([*(f"t.{name} = u.{name}" for name, _ in columns), *([where] if where else [])])
