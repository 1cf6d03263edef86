"""When rows of a table go: by their age (`Keep`), or because a commit said so (`Sweep`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from plixa.storage.eventlog.sealing import ApplicationKey

CHUNK = 2_000
"""So many rows go in one transaction."""
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


def by_id(row: Any, _: ApplicationKey) -> tuple[object, ...]:
    """The mark names its tenant and an id."""
    return row["tenant_id"], int(row["ref"])


def by_stream(row: Any, _: ApplicationKey) -> tuple[object, ...]:
    """The mark names its tenant and a stream; only what is older than the mark goes."""
    return row["tenant_id"], row["ref"], row["marked_at"]
