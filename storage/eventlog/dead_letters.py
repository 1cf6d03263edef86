"""What was put aside for an operator: letters that crashed their actor, webhooks that could not be understood.

Both wait until somebody asks for them to be tried again, which the running node that owns the workspace then does, or
drops them. What customers wrote in them is sealed; an operator sees whose it is, since when, and why it is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plixa.engine.ports import DeadLetter
from plixa.storage.nodes.ownership import OWNABLE


@dataclass(frozen=True)
class DeadLetterTable:
    """One table of such things. about: SQL that says in a few words what a row is; why: the column with the reason."""

    table: str
    about: str
    why: str
    since: str

    async def listed(self, connection: Any, tenant: int | None = None) -> list[Any]:
        """What waits, oldest first: id, tenant_id, about, why, since, requested_at."""
        query = (
            f"select id, tenant_id, {self.about} as about, {self.why} as why, {self.since} as since, requested_at "
            f"from {self.table} where $1::bigint is null or tenant_id = $1 order by id"
        )
        return list(await connection.fetch(query, tenant))

    async def waiting(self, connection: Any) -> int:
        """How many wait."""
        count: int = await connection.fetchval(f"select count(*) from {self.table}")
        return count

    async def request(self, connection: Any, ids: Sequence[int] | None) -> int:
        """Ask for these (None: for all) to be tried again; returns how many there are."""
        query = f"update {self.table} set requested_at = now() where $1::bigint[] is null or id = any($1)"
        return _count(await connection.execute(query, None if ids is None else list(ids)))

    async def requested(self, connection: Any, node: str, limit: int) -> list[Any]:
        """Whole rows that somebody has asked for, oldest first, of tenants that no other node owns."""
        query = f"select * from {self.table} t where requested_at is not null and {OWNABLE} order by id limit $2"
        return list(await connection.fetch(query, node, limit))

    async def leave(self, connection: Any, id_: int, why: str) -> None:
        """Tried in vain: it waits, with this reason, until it is asked for once more."""
        query = f"update {self.table} set requested_at = null, {self.why} = $2 where id = $1"
        await connection.execute(query, id_, why)

    async def drop(self, connection: Any, ids: Sequence[int]) -> int:
        """Forget these; returns how many there were."""
        return _count(await connection.execute(f"delete from {self.table} where id = any($1)", list(ids)))


CRASHED = DeadLetterTable("parked", "command_type || ' for ' || stream || ', from ' || cause", "error", "parked_at")


async def keep(connection: Any, letter: DeadLetter, sealed: bytes) -> None:
    """Put a letter aside; `sealed` is its command."""
    await connection.execute(
        "insert into parked (tenant_id, stream, command_type, command, actor, cause, error, parked_at) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8)",
        letter.address.tenant,
        letter.address.stream,
        letter.command_type,
        sealed,
        letter.actor,
        letter.cause,
        letter.error,
        letter.at,
    )


def _count(status: str) -> int:
    """From Postgres' word about a statement: "DELETE 3"."""
    return int(status.rpartition(" ")[2])
