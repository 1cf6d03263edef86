"""What must never be in the log: password hashes, token hashes, the numbers' webhook secrets, streams' keys.

The functions here make rows to be attached to a commit (`Bus.ask(…, attach=…)`), or read them back.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from plixa.storage import statements as sql
from plixa.storage.statements import Row


def password_row(tenant: int, user_id: int, password_hash: str) -> Row:
    """A user's password, hashed by the caller."""
    return sql.PASSWORD, (tenant, user_id, password_hash)


def token_row(
    token_id: int,
    tenant: int,
    user_id: int,
    name: str,
    secret: str,
    abilities: list[str],
    at: datetime,
    expires_at: datetime | None = None,
) -> Row:
    """A bearer token; only the SHA-256 of its secret is kept."""
    listed = "{" + ",".join(abilities) + "}"
    return sql.TOKEN, (token_id, tenant, user_id, name, token_hash(secret), listed, at, expires_at)


def token_hash(secret: str) -> bytes:
    """What is stored of a token's secret. The secret is 40 random characters, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def number_secret_row(tenant: int, number_id: int, instance: str, secret: str, sealed: bytes) -> Row:
    """The secret that the gateway sends along with a number's webhooks."""
    return sql.NUMBER_SECRET, (tenant, number_id, instance, token_hash(secret), sealed)


def answer_row(
    tenant: int, scope: str, key: str, stream: str, body_hash: bytes, status: int, body: bytes, at: datetime
) -> Row:
    """The answer to a request with an Idempotency-Key; `body` is sealed by the caller."""
    return sql.ANSWER, (tenant, scope, key, stream, body_hash, status, body, at)


async def next_ids(connection: Any, sequence: str, count: int = 1) -> list[int]:
    """Globally unique ids: `sequence` is tenants_id, users_id or tokens."""
    name = "pg_get_serial_sequence('tokens', 'id')" if sequence == "tokens" else f"'{sequence}'"
    rows = await connection.fetch(f"select nextval({name}) as id from generate_series(1, $1)", count)
    return [row["id"] for row in rows]


async def revoke_token(connection: Any, token_id: int) -> None:
    """From now on this token is no good."""
    await connection.execute("update tokens set revoked_at = now() where id = $1 and revoked_at is null", token_id)


async def find_token(connection: Any, token_id: int) -> Any:
    """A token's row with its member's role, or None."""
    return await connection.fetchrow(
        "select t.*, m.role, m.name as user_name from tokens t "
        "join members m on m.tenant_id = t.tenant_id and m.user_id = t.user_id and not m.removed where t.id = $1",
        token_id,
    )


async def find_login(connection: Any, email: str) -> Any:
    """The member with this e-mail address and their password hash, or None."""
    return await connection.fetchrow(
        "select m.*, c.password_hash from members m join credentials c using (user_id) "
        "where m.email = $1 and not m.removed",
        email,
    )


async def find_number_secret(connection: Any, instance: str) -> Any:
    """Which number an instance is, with the hash of its secret; or None."""
    return await connection.fetchrow("select * from number_secrets where instance = $1", instance)


async def find_answer(connection: Any, tenant: int, scope: str, key: str) -> Any:
    """What was answered to this key, or None."""
    return await connection.fetchrow(
        "select * from answers where tenant_id = $1 and scope = $2 and key = $3", tenant, scope, key
    )
