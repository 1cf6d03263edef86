"""Plixa's own staff: who they are, what they may, and how they prove it. Their tokens stand under tenant 0."""

from __future__ import annotations

from typing import Any

MANAGE = "staff:manage"
"""May add others, step into workspaces and grant licences."""


async def find_admin_token(connection: Any, token_id: int) -> Any:
    """A staff token's row with the name of whose it is, or None. abilities: the token's, and what they may by now."""
    return await connection.fetchrow(
        "select t.id, t.tenant_id, t.user_id, t.name, t.hash, t.created_at, t.expires_at, t.revoked_at, "
        "t.acting_admin, t.acting_mode, t.abilities || a.abilities as abilities, 'admin' as role, "
        "a.name as user_name, a.totp_confirmed_at is not null as two_factor from tokens t "
        "join admins a on a.id = t.user_id and a.removed_at is null where t.id = $1 and t.tenant_id = 0",
        token_id,
    )


async def find_admin_login(connection: Any, email: str) -> Any:
    """Plixa's staff with this e-mail address, with their password hash; or None."""
    return await connection.fetchrow("select * from admins where email = $1 and removed_at is null", email)


async def get_admin(connection: Any, admin_id: int) -> Any:
    """Somebody who is staff, or None."""
    return await connection.fetchrow("select * from admins where id = $1 and removed_at is null", admin_id)


async def list_admins(connection: Any) -> list[Any]:
    """All who ever were staff, by name."""
    return list(await connection.fetch("select * from admins order by removed_at is not null, name, id"))


async def add_admin(connection: Any, email: str, name: str, password_hash: str, *, manage: bool = True) -> int:
    """Make somebody staff, or give them a new password, which signs them out everywhere; returns their id."""
    async with connection.transaction():
        admin_id: int = await connection.fetchval(
            "insert into admins (id, email, name, password_hash, created_at, abilities) "
            "values (nextval('admins_id'), $1, $2, $3, now(), $4) on conflict (email) do update "
            "set name = excluded.name, password_hash = excluded.password_hash, removed_at = null, "
            "abilities = excluded.abilities returning id",
            email,
            name,
            password_hash,
            [MANAGE] if manage else [],
        )
        await sign_out(connection, admin_id)
    return admin_id


async def disable_admin(connection: Any, email: str) -> int | None:
    """Somebody is no staff any more: their tokens end, those for workspaces too. Returns their id; None for nobody."""
    async with connection.transaction():
        admin_id: int | None = await connection.fetchval(
            "update admins set removed_at = now() where email = $1 and removed_at is null returning id", email
        )
        if admin_id is not None:
            await sign_out(connection, admin_id)
    return admin_id


async def drop_second_factor(connection: Any, email: str) -> int | None:
    """Their second factor is lost: they set up another one. Returns their id; None for nobody."""
    async with connection.transaction():
        admin_id: int | None = await connection.fetchval(
            "update admins set totp = null, totp_confirmed_at = null, totp_step = 0 "
            "where email = $1 and removed_at is null returning id",
            email,
        )
        if admin_id is not None:
            await sign_out(connection, admin_id)
    return admin_id


async def sign_out(connection: Any, admin_id: int, kept: int = 0) -> None:
    """End all tokens of somebody of staff, and those with which they have stepped into workspaces; but for one."""
    await connection.execute(
        "update tokens set revoked_at = now() where revoked_at is null and id <> $2 "
        "and ((tenant_id = 0 and user_id = $1) or acting_admin = $1)",
        admin_id,
        kept,
    )


# -- the second factor -------------------------------------------------------------------------------------------------


def belongs(admin_id: int) -> str:
    """What a second factor's secret is sealed with."""
    return f"second factor of staff {admin_id}"


async def set_totp(connection: Any, admin_id: int, sealed: bytes) -> bool:
    """A second factor that waits for its first code; false where one is at work."""
    return bool(
        await connection.fetchval(
            "update admins set totp = $2 where id = $1 and totp_confirmed_at is null returning true", admin_id, sealed
        )
    )


async def confirm_totp(connection: Any, admin_id: int, sealed: bytes, step: int) -> bool:
    """It is at work, by the code of this step; false where it was, or where the secret is another one by now."""
    return bool(
        await connection.fetchval(
            "update admins set totp_confirmed_at = now(), totp_step = $3 "
            "where id = $1 and totp = $2 and totp_confirmed_at is null returning true",
            admin_id,
            sealed,
            step,
        )
    )


async def take_totp_step(connection: Any, admin_id: int, step: int) -> bool:
    """Use up a time step's code; false if it, or a later one, was used before."""
    return bool(
        await connection.fetchval(
            "update admins set totp_step = $2 "
            "where id = $1 and totp_confirmed_at is not null and totp_step < $2 returning true",
            admin_id,
            step,
        )
    )


# -- stepping into a workspace -----------------------------------------------------------------------------------------


async def end_stay(connection: Any, tenant: int, admin_id: int) -> int:
    """Somebody of staff acts in this workspace no more; returns how many tokens ended."""
    status: str = await connection.execute(
        "update tokens set revoked_at = now() "
        "where tenant_id = $1 and acting_admin = $2 and revoked_at is null and expires_at > now()",
        tenant,
        admin_id,
    )
    return int(status.rpartition(" ")[2])


async def end_stays(connection: Any, admin_id: int) -> None:
    """Somebody of staff acts in no workspace any more."""
    await connection.execute(
        "update tokens set revoked_at = now() where acting_admin = $1 and revoked_at is null", admin_id
    )
