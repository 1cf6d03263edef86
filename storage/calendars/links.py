"""Links to members' calendars, consents that are under way, channels and feeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from plixa.storage.eventlog.statement import insert
from plixa.storage.nodes.ownership import OWNABLE

NEW_LINK = insert(
    "calendar_links",
    "tenant_id bigint, user_id bigint, connection bigint, account bytea, sealed bytea, ends_at timestamptz, "
    "next_at timestamptz",
    "on conflict do nothing",
    key=3,
)


async def get_link(connection: Any, tenant: int, user_id: int, number: int) -> Any:
    """The row of one consent, or None."""
    return await connection.fetchrow(
        "select * from calendar_links where tenant_id = $1 and user_id = $2 and connection = $3",
        tenant,
        user_id,
        number,
    )


async def claim_due(connection: Any, node: str, now: datetime, until: datetime, limit: int) -> Sequence[Any]:
    """Links that are to be looked at, and are for this node to look at; nobody else gets them before `until`."""
    rows: Sequence[Any] = await connection.fetch(
        "update calendar_links set next_at = $3 where (tenant_id, user_id, connection) in ("
        f"select tenant_id, user_id, connection from calendar_links t where next_at <= $2 and {OWNABLE} "
        "order by next_at limit $4 for update skip locked) returning tenant_id, user_id, connection",
        node,
        now,
        until,
        limit,
    )
    return rows


async def looked(
    connection: Any,
    tenant: int,
    user_id: int,
    number: int,
    between: tuple[datetime, datetime],
    next_at: datetime,
    synced_at: datetime | None,
    error: str,
) -> None:
    """What came of a look, and when the next one is. synced_at: None where it did not succeed.

    between: from when until when it was looked; who was hurried meanwhile may have changed behind it, and is due still.
    """
    await connection.execute(
        "update calendar_links set next_at = case when next_at between $4 and $5 then next_at else $6 end, "
        "synced_at = coalesce($7, synced_at), error = nullif($8, '') "
        "where tenant_id = $1 and user_id = $2 and connection = $3",
        tenant,
        user_id,
        number,
        *between,
        next_at,
        synced_at,
        error,
    )


async def hurry(connection: Any, tenant: int, user_id: int, now: datetime) -> None:
    """Something changed there: look soon."""
    await connection.execute(
        "update calendar_links set next_at = least(next_at, $3) where tenant_id = $1 and user_id = $2",
        tenant,
        user_id,
        now,
    )


async def keep_token(connection: Any, tenant: int, user_id: int, number: int, sealed: bytes) -> None:
    """Google gave another refresh token."""
    await connection.execute(
        "update calendar_links set sealed = $4 where tenant_id = $1 and user_id = $2 and connection = $3",
        tenant,
        user_id,
        number,
        sealed,
    )


async def keep_sync(connection: Any, tenant: int, user_id: int, number: int, token: str | None) -> None:
    """From where on changes are asked for; None: all anew."""
    await connection.execute(
        "update calendar_links set sync_token = $4 where tenant_id = $1 and user_id = $2 and connection = $3",
        tenant,
        user_id,
        number,
        token,
    )


async def drop_link(connection: Any, tenant: int, user_id: int, number: int) -> None:
    """Nothing of it is needed any more."""
    await connection.execute(
        "delete from calendar_links where tenant_id = $1 and user_id = $2 and connection = $3",
        tenant,
        user_id,
        number,
    )


async def drop_busy(connection: Any, tenant: int, user_id: int) -> None:
    """What they have beside us is not ours to know any more."""
    await connection.execute("delete from calendar_busy where tenant_id = $1 and user_id = $2", tenant, user_id)


async def others_of_account(connection: Any, account: bytes, tenant: int, user_id: int, number: int) -> int:
    """How many other links lead to the same account, in whichever workspace: revoking would end them, too."""
    found: int = await connection.fetchval(
        "select count(*) from calendar_links where account = $1 and (tenant_id, user_id, connection) <> ($2, $3, $4)",
        account,
        tenant,
        user_id,
        number,
    )
    return found


async def links_of(connection: Any, tenant: int) -> Sequence[Any]:
    """All of a workspace."""
    rows: Sequence[Any] = await connection.fetch("select * from calendar_links where tenant_id = $1", tenant)
    return rows


# -- consents ---------------------------------------------------------------------------------------------------------


async def use_consent(connection: Any, tenant: int, user_id: int, state: bytes, expires_at: datetime) -> bool:
    """Whether this is the first time that it comes back."""
    found = await connection.fetchval(
        "insert into calendar_consents values ($1, $2, $3, $4) on conflict do nothing returning true",
        tenant,
        user_id,
        state,
        expires_at,
    )
    return bool(found)


async def session_lives(connection: Any, token_id: int, now: datetime) -> bool:
    """Whether the session that asked is still one."""
    found: bool = await connection.fetchval(
        "select exists (select from tokens where id = $1 and revoked_at is null "
        "and (expires_at is null or expires_at > $2))",
        token_id,
        now,
    )
    return found


# -- channels ---------------------------------------------------------------------------------------------------------


async def put_channel(
    connection: Any,
    tenant: int,
    user_id: int,
    channel: str,
    number: int,
    secret: bytes,
    resource: str,
    expires_at: datetime,
) -> None:
    """One more; older ones go on talking until they are stopped."""
    await connection.execute(
        "insert into calendar_channels values ($1, $2, $3, $4, $5, $6, $7) on conflict (channel_id) do update "
        "set resource_id = excluded.resource_id, expires_at = excluded.expires_at",
        tenant,
        user_id,
        channel,
        number,
        secret,
        resource,
        expires_at,
    )


async def channels_of(connection: Any, tenant: int, user_id: int) -> Sequence[Any]:
    """All of a member, the one that lasts longest first."""
    rows: Sequence[Any] = await connection.fetch(
        "select * from calendar_channels where tenant_id = $1 and user_id = $2 order by expires_at desc",
        tenant,
        user_id,
    )
    return rows


async def get_channel(connection: Any, channel: str) -> Any:
    """One that is known, or None."""
    return await connection.fetchrow("select * from calendar_channels where channel_id = $1", channel)


async def drop_channel(connection: Any, channel: str) -> None:
    """It is stopped."""
    await connection.execute("delete from calendar_channels where channel_id = $1", channel)


# -- feeds ------------------------------------------------------------------------------------------------------------


async def put_feed(connection: Any, tenant: int, user_id: int, secret: bytes, at: datetime) -> None:
    """A member's address is this one, and no other."""
    await connection.execute(
        "insert into calendar_feeds values ($1, $2, $3, $4) on conflict (tenant_id, user_id) do update "
        "set secret = excluded.secret, created_at = excluded.created_at",
        tenant,
        user_id,
        secret,
        at,
    )


async def drop_feed(connection: Any, tenant: int, user_id: int) -> None:
    """It leads nowhere any more."""
    await connection.execute("delete from calendar_feeds where tenant_id = $1 and user_id = $2", tenant, user_id)


async def get_feed(connection: Any, tenant: int, user_id: int) -> Any:
    """A member's, or None."""
    return await connection.fetchrow(
        "select * from calendar_feeds where tenant_id = $1 and user_id = $2", tenant, user_id
    )


async def find_feed(connection: Any, secret: bytes) -> Any:
    """Whose address this is, or None."""
    return await connection.fetchrow("select * from calendar_feeds where secret = $1", secret)


async def shown_in_feed(connection: Any, tenant: int, user_id: int, now: datetime, limit: int) -> Sequence[Any]:
    """A provider's appointments of late and ahead; cancelled ones, too, for a calendar must hear of that."""
    rows: Sequence[Any] = await connection.fetch(
        "select a.*, c.name from appointments a left join contacts c on c.tenant_id = a.tenant_id "
        "and c.id = a.contact_id where a.tenant_id = $1 and a.provider_id = $2 and a.starts_at > $3 "
        "order by a.starts_at limit $4",
        tenant,
        user_id,
        now - timedelta(days=30),
        limit,
    )
    return rows
