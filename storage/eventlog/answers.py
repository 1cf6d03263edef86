"""Answers to requests with an Idempotency-Key, stored with the commit that they tell of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from plixa.storage.eventlog import statements as sql
from plixa.storage.eventlog.statement import Row


def answer_row(
    tenant: int, scope: str, key: str, stream: str, body_hash: bytes, status: int, body: bytes, at: datetime
) -> Row:
    """The answer to a request with an Idempotency-Key; `body` is sealed by the caller."""
    return sql.ANSWER, (tenant, scope, key, stream, body_hash, status, body, at)


async def find_answer(connection: Any, tenant: int, scope: str, key: str) -> Any:
    """What was answered to this key, or None."""
    return await connection.fetchrow(
        "select * from answers a where tenant_id = $1 and scope = $2 and key = $3 and not exists ("
        "select from sweeps s where s.tenant_id = a.tenant_id and s.what = 'answers' and s.ref = a.stream "
        "and a.created_at <= s.marked_at)",
        tenant,
        scope,
        key,
    )
