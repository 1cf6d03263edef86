"""When rows of a table go: by their age (`Keep`), or because a commit said so (`Sweep`, `Move`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from plixa.storage.eventlog.sealing import ApplicationKey

CHUNK = 2_000
"""So many rows go in one transaction."""
_OF_ONE = "tenant_id = $1 and conversation_id = $2"
Args = Callable[[Any, ApplicationKey], tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Keep:
    """For how long rows stay.

    what: of the rows, in words. over: SQL that holds for a row `t` whose time is over, given $1: now less `keep`; $2,
    where it is in there: the versions of snapshots that this release reads. along: another table, and its column that
    names the `id` of a row that goes. bodies: its rows hold files or whole requests.
    """

    what: str
    keep: timedelta
    over: str
    along: tuple[str, str] | None = None
    bodies: bool = False

    def delete(self, table: str, rows: int) -> str:
        """The statement that removes at most so many rows and tells how many it was."""
        chunk = f"select ctid from {table} t where {self.over} limit {rows} for update skip locked"
        gone = f"delete from {table} where ctid = any(array({chunk}))"
        if self.along is None:
            return f"with gone as ({gone} returning 1) select count(*) from gone"
        other, column = self.along
        also = f"also as (delete from {other} a using gone where a.{column} = gone.id)"
        return f"with gone as ({gone} returning id), {also} select count(*) from gone"


@dataclass(frozen=True, slots=True)
class Sweep:
    """Which rows of a table a mark stands for.

    where: by what `args` makes of the mark. also: SQL that does something with the rows that are `gone`.
    """

    table: str
    where: str
    args: Args
    also: str = ""

    @property
    def delete(self) -> str:
        """The statement that deletes a chunk, and tells how many rows it was."""
        chunk = f"select ctid from {self.table} where {self.where} limit {CHUNK} for update skip locked"
        gone = f"gone as (delete from {self.table} where ctid = any(array({chunk})) returning *)"
        return f"with {gone}{self.also} select count(*) from gone"

    @property
    def left(self) -> str:
        """Whether there are still such rows."""
        return f"select exists (select from {self.table} where {self.where})"


@dataclass(frozen=True, slots=True)
class Move:
    """Rows of a conversation that become another one's, the newest first. The mark names both.

    Where the other one was erased meanwhile nothing moves any more: what is left is erased with its own conversation.
    Where it is merged into a third one, it waits until that has taken it over, and the mark with it.
    """

    table: str
    newest: str

    @staticmethod
    def args(row: Any, _: ApplicationKey) -> tuple[object, ...]:
        """Of the mark: tenant, from, to."""
        return row["tenant_id"], int(row["ref"]), row["target"]

    @property
    def delete(self) -> str:
        """The statement that moves a chunk, and tells how many rows it was; meanwhile the other one is not erased."""
        chunk = f"select ctid from {self.table} where {_OF_ONE} order by {self.newest} desc limit {CHUNK}"
        there = "there as (select id from conversations where tenant_id = $1 and id = $3 for key share)"
        moved = f"update {self.table} t set conversation_id = there.id from there where t.ctid = any(array({chunk}))"
        return f"with {there}, moved as ({moved} returning 1) select count(*) from moved"

    @property
    def left(self) -> str:
        """Whether there are still such rows, and somebody whose they will be."""
        taken = "select from conversations where tenant_id = $1 and id = $3"
        will_be = "select from conversation_merges where tenant_id = $1 and from_id = $3"
        here = f"exists (select from {self.table} where {_OF_ONE})"
        return f"select {here} and (exists ({taken}) or exists ({will_be}))"


def by_id(row: Any, _: ApplicationKey) -> tuple[object, ...]:
    """The mark names its tenant and an id."""
    return row["tenant_id"], int(row["ref"])


def by_stream(row: Any, _: ApplicationKey) -> tuple[object, ...]:
    """The mark names its tenant and a stream; only what is older than the mark goes."""
    return row["tenant_id"], row["ref"], row["marked_at"]
