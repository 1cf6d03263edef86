"""Summaries of conversations, kept until there is a newer message. Sealed: they tell what customers wrote."""

from __future__ import annotations

from typing import Any

from plixa.storage.conversation import statements as sql
from plixa.storage.eventlog.statement import Row


def row(tenant: int, conversation_id: int, upto: int, model: str, sealed: bytes) -> Row:
    """A summary of everything up to the message `upto`."""
    return sql.SUMMARY, (tenant, conversation_id, upto, model, sealed)


async def find(connection: Any, tenant: int, conversation_id: int, upto: int) -> Any:
    """The summary up to this message, or None."""
    return await connection.fetchrow(
        "select * from summaries where tenant_id = $1 and conversation_id = $2 and upto = $3",
        tenant,
        conversation_id,
        upto,
    )
