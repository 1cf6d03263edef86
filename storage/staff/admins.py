"""Plixa's own staff: who they are, and how they prove it. Their tokens stand under tenant 0."""

from __future__ import annotations

from typing import Any


async def find_admin_token(connection: Any, token_id: int) -> Any:
    """A staff token's row with the name of whose it is, or None."""
    return await connection.fetchrow(
        "select t.*, 'admin' as role, a.name as user_name from tokens t "
        "join admins a on a.id = t.user_id and a.removed_at is null where t.id = $1 and t.tenant_id = 0",
        token_id,
    )


async def find_admin_login(connection: Any, email: str) -> Any:
    """Plixa's staff with this e-mail address, with their password hash; or None."""
    return await connection.fetchrow("select * from admins where email = $1 and removed_at is null", email)


async def add_admin(connection: Any, email: str, name: str, password_hash: str) -> int:
    """Make somebody staff, or give them a new password, which signs them out everywhere; returns their id."""
    async with connection.transaction():
        admin_id: int = await connection.fetchval(
            "insert into admins (id, email, name, password_hash, created_at) "
            "values (nextval('admins_id'), $1, $2, $3, now()) on conflict (email) do update "
            "set name = excluded.name, password_hash = excluded.password_hash, removed_at = null returning id",
            email,
            name,
            password_hash,
        )
        await connection.execute(
            "update tokens set revoked_at = now() where tenant_id = 0 and user_id = $1 and revoked_at is null", admin_id
        )
    return admin_id
