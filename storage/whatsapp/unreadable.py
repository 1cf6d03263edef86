"""Webhooks that could not be understood, put aside for an operator. What is in them is sealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plixa.storage.eventlog.dead_letters import DeadLetterTable

KEPT_OF_A_NUMBER = 1_000
UNREADABLE = DeadLetterTable("kept_bodies", "bytes || ' bytes for number ' || number_id", "reason", "kept_at")


async def keep_body(
    connection: Any, tenant: int, number_id: int, reason: str, size: int, sealed: bytes, whose: Sequence[bytes] | None
) -> None:
    """Keep a webhook that could not be understood, for a person to look at; the newest `KEPT_OF_A_NUMBER` of a number.

    whose: fingerprints of the addresses in it (`sweeping.fingerprint`); None where that is not known.
    """
    await connection.execute(
        "insert into kept_bodies (tenant_id, number_id, reason, bytes, body, kept_at, whose) "
        "values ($1, $2, $3, $4, $5, now(), $6)",
        tenant,
        number_id,
        reason[:500],
        size,
        sealed,
        None if whose is None else list(whose),
    )
    await connection.execute(
        "delete from kept_bodies where tenant_id = $1 and number_id = $2 and id <= ("
        "select id from kept_bodies where tenant_id = $1 and number_id = $2 order by id desc offset $3 limit 1)",
        tenant,
        number_id,
        KEPT_OF_A_NUMBER,
    )


async def kept_body(connection: Any, id_: int) -> Any:
    """A kept webhook's row with the number's instance, or None."""
    return await connection.fetchrow(
        "select k.*, n.instance from kept_bodies k left join numbers n using (tenant_id) "
        "where k.id = $1 and (n.id = k.number_id or n.id is null)",
        id_,
    )
