"""The letters that crashed their actor every time: keeping them, and what an operator does with them.

The command itself is sealed: it may hold what a customer wrote. What an operator sees is who it was for, what sort of
command it was, and the class of the error, whose traceback is in the logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plixa.engine.ports import ParkedLetter

LIST = (
    "select id, tenant_id, stream, command_type, cause, error, parked_at, requested_at from parked "
    "where $1::bigint is null or tenant_id = $1 order by id"
)


async def keep(connection: Any, letter: ParkedLetter, sealed: bytes) -> None:
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


async def listed(connection: Any, tenant: int | None = None) -> list[Any]:
    """What waits, oldest first."""
    return list(await connection.fetch(LIST, tenant))


async def request(connection: Any, ids: Sequence[int] | None) -> int:
    """Ask for these (None: for all) to be tried again; returns how many there are."""
    query = "update parked set requested_at = now() where $1::bigint[] is null or id = any($1)"
    return _count(await connection.execute(query, None if ids is None else list(ids)))


async def drop(connection: Any, ids: Sequence[int]) -> int:
    """Forget these; returns how many there were."""
    return _count(await connection.execute("delete from parked where id = any($1)", list(ids)))


async def leave(connection: Any, id_: int, error: str) -> None:
    """Tried in vain: it waits until it is asked for once more."""
    await connection.execute("update parked set requested_at = null, error = $2 where id = $1", id_, error)


def _count(status: str) -> int:
    """From Postgres' word about a statement: "DELETE 3"."""
    return int(status.rpartition(" ")[2])
