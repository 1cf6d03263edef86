"""Look-ups for the way in: which number, which conversation, which message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plixa.actors.conversation.commands import KnownMessage
from plixa.storage.lifetime.going import MESSAGE

Key = tuple[int, int, str]
"""Tenant, number and the gateway's id."""
FIND = f"""
select m.* from unnest($1::bigint[], $2::bigint[], $3::text[]) as w(tenant_id, number_id, key_id),
lateral (
    select * from messages m
    where m.tenant_id = w.tenant_id and m.number_id = w.number_id and m.key_id = w.key_id and not {MESSAGE} limit 1
) m
"""


async def find_messages(connection: Any, keys: Sequence[Key]) -> dict[Key, tuple[int, KnownMessage]]:
    """Which conversations these messages of the gateway's are in, and the messages."""
    rows = await connection.fetch(FIND, *map(list, zip(*keys, strict=True)))
    return {(row["tenant_id"], row["number_id"], row["key_id"]): (row["conversation_id"], _known(row)) for row in rows}


async def find_message_by_id(connection: Any, tenant: int, ids: Sequence[int], message_id: int) -> KnownMessage | None:
    """A message of one of these conversations, by our id."""
    row = await connection.fetchrow(
        "select * from messages where tenant_id = $1 and id = $2 and conversation_id = any($3::bigint[])",
        tenant,
        message_id,
        list(ids),
    )
    return None if row is None else _known(row)


def _known(row: Any) -> KnownMessage:
    deleted = row["deleted_at"] is not None
    return KnownMessage(row["id"], row["key_id"], row["direction"], row["status"], row["type"] == "note", deleted)


async def known_keys(connection: Any, tenant: int, number_id: int, keys: Sequence[str]) -> set[str]:
    """Which of these messages of the gateway's are stored, or were erased."""
    rows = await connection.fetch(
        "select k from unnest($3::text[]) as k where exists ("
        "select from messages where tenant_id = $1 and number_id = $2 and key_id = k) or exists ("
        "select from erased_keys where tenant_id = $1 and number_id = $2 and key_hash = sha256(convert_to(k, 'UTF8')))",
        tenant,
        number_id,
        list(keys),
    )
    return {row["k"] for row in rows}


async def reactions(
    connection: Any, tenant: int, number_id: int, keys: Sequence[str]
) -> dict[str, dict[str, str | None]]:
    """Of those of these messages that are stored: who reacts to them, and how."""
    rows = await connection.fetch(
        "select key_id, reactions from messages m where tenant_id = $1 and number_id = $2 and key_id = any($3) "
        f"and not {MESSAGE}",
        tenant,
        number_id,
        list(keys),
    )
    return {row["key_id"]: row["reactions"] or {} for row in rows}


async def is_greeted(connection: Any, tenant: int, contact_id: int) -> bool:
    """Whether a contact, or one that is part of it by now, was greeted."""
    return bool(
        await connection.fetchval(
            "select exists (select from greeted where tenant_id = $1 and (contact_id = $2 or contact_id in ("
            "select from_id from contact_merges where tenant_id = $1 and into_id = $2 and undone_at is null)))",
            tenant,
            contact_id,
        )
    )


async def is_erased(connection: Any, tenant: int, number_id: int, key_id: str) -> bool:
    """Whether this message was erased on purpose."""
    erased: bool = await connection.fetchval(
        "select exists (select from erased_keys where tenant_id = $1 and number_id = $2 "
        "and key_hash = sha256(convert_to($3, 'UTF8'))) or exists (select from messages m where tenant_id = $1 "
        f"and number_id = $2 and key_id = $3 and {MESSAGE})",
        tenant,
        number_id,
        key_id,
    )
    return erased


async def last_heard(connection: Any, tenant: int, number_id: int) -> datetime | None:
    """When the newest message of a number is from."""
    heard: datetime | None = await connection.fetchval(
        "select max(created_at) from (select created_at from messages "
        "where tenant_id = $1 and number_id = $2 and key_id is not null order by id desc limit 50) recent",
        tenant,
        number_id,
    )
    return heard


async def inbound_since(connection: Any, tenant: int, ids: Sequence[int], offset: int) -> int:
    """How many messages of the customer's came after this offset of the log, in any of these conversations."""
    count: int = await connection.fetchval(
        "select count(*) from events where tenant_id = $1 and stream = any($2::text[]) and type = 'message.received' "
        "and position > $3",
        tenant,
        [f"conversation-{id_}" for id_ in ids],
        offset,
    )
    return count
