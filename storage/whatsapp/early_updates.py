"""Updates whose message has not come yet: kept until it does, for a day at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plixa.storage.lifetime.going import MESSAGE
from plixa.storage.nodes.ownership import OWNABLE


async def hold(
    connection: Any, tenant: int, number_id: int, key_id: str, sealed: bytes, whose: Sequence[bytes] | None
) -> None:
    """Keep an update until its message comes; the oldest go after a day.

    whose: fingerprints of the addresses of whoever's words are in it; None where that is not known.
    """
    await connection.execute(
        "insert into held_updates (tenant_id, number_id, key_id, body, held_at, whose) "
        "values ($1, $2, $3, $4, now(), $5)",
        tenant,
        number_id,
        key_id,
        sealed,
        None if whose is None else list(whose),
    )


async def held(connection: Any, tenant: int, number_id: int, key_id: str) -> list[tuple[int, bytes]]:
    """What is held for a message, in order of arrival."""
    rows = await connection.fetch(
        "select seq, body from held_updates where tenant_id = $1 and number_id = $2 and key_id = $3 order by seq",
        tenant,
        number_id,
        key_id,
    )
    return [(row["seq"], row["body"]) for row in rows]


async def held_keys(connection: Any, tenant: int, number_id: int, limit: int) -> set[str]:
    """The messages for which something is held; of very many, some."""
    rows = await connection.fetch(
        "select distinct key_id from held_updates where tenant_id = $1 and number_id = $2 limit $3",
        tenant,
        number_id,
        limit,
    )
    return {row["key_id"] for row in rows}


async def releasable(connection: Any, node: str) -> list[tuple[int, int, str]]:
    """What is held although its message is here: tenant, number and key. Not of tenants that another node has."""
    rows = await connection.fetch(
        "select distinct tenant_id, number_id, key_id from held_updates t "
        f"join messages m using (tenant_id, number_id, key_id) where not {MESSAGE} and {OWNABLE} limit 1000",
        node,
    )
    return [(row["tenant_id"], row["number_id"], row["key_id"]) for row in rows]


async def release(connection: Any, tenant: int, number_id: int, key_id: str, seqs: Sequence[int]) -> None:
    """These are applied."""
    await connection.execute(
        "delete from held_updates where tenant_id = $1 and number_id = $2 and key_id = $3 and seq = any($4)",
        tenant,
        number_id,
        key_id,
        list(seqs),
    )
