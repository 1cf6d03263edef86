"""Look-ups for the way in: which number, which conversation, which message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plixa.actors.contacts.actor import Found, Route
from plixa.actors.conversation.commands import Known
from plixa.actors.whatsapp.gateway import Peer
from plixa.storage.conversation.rows import peer_keys
from plixa.storage.lifetime.going import MESSAGE, going
from plixa.storage.nodes.ownership import ELSEWHERE


async def find_peer(connection: Any, tenant: int, number_id: int, peer: Peer) -> Found:
    """The routes of a peer's addresses on a number, and the contact who has this phone on any number.

    Contacts that were merged into another one are followed there.
    """
    keys = peer_keys(peer.phone, peer.lid)
    rows = await connection.fetch(
        "select jid, contact_id as owner, coalesce(contact_root(tenant_id, contact_id), 0) as contact_id, "
        "conversation_id from peers where tenant_id = $1 and number_id = $2 and jid = any($3)",
        tenant,
        number_id,
        keys,
    )
    routes = {row["jid"]: Route(row["contact_id"], row["conversation_id"]) for row in rows}
    by_phone, by_lid = routes.get(f"p:{peer.phone}"), routes.get(f"l:{peer.lid}")
    contact_id = None
    if peer.phone is not None and not (by_phone and by_phone.contact_id):
        contact_id = await connection.fetchval(
            "select contact_root(tenant_id, id) from contacts where tenant_id = $1 and phone = $2", tenant, peer.phone
        )
    lid_owner = next((row["owner"] for row in rows if row["jid"].startswith("l:")), None)
    return Found(by_phone, by_lid, contact_id, lid_owner)


async def find_message(connection: Any, tenant: int, number_id: int, key_id: str) -> tuple[int, Known] | None:
    """Which conversation a message of the gateway's is in, and the message; by the gateway's id."""
    row = await connection.fetchrow(
        f"select * from messages m where tenant_id = $1 and number_id = $2 and key_id = $3 and not {MESSAGE}",
        tenant,
        number_id,
        key_id,
    )
    return None if row is None else (row["conversation_id"], _known(row))


async def find_message_by_id(connection: Any, tenant: int, ids: Sequence[int], message_id: int) -> Known | None:
    """A message of one of these conversations, by our id."""
    row = await connection.fetchrow(
        "select * from messages where tenant_id = $1 and id = $2 and conversation_id = any($3::bigint[])",
        tenant,
        message_id,
        list(ids),
    )
    return None if row is None else _known(row)


def _known(row: Any) -> Known:
    deleted = row["deleted_at"] is not None
    return Known(row["id"], row["key_id"], row["direction"], row["status"], row["type"] == "note", deleted)


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
        f"join messages m using (tenant_id, number_id, key_id) where not {MESSAGE} and {ELSEWHERE} limit 1000",
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


async def files_of(connection: Any, tenant: int, conversation_id: int) -> list[str]:
    """The files of a conversation, those that are still on their way included."""
    rows = await connection.fetch(
        "select stored_as from media_files where tenant_id = $1 and conversation_id = $2 union "
        "select id::text from messages where tenant_id = $1 and conversation_id = $2 and media is not null",
        tenant,
        conversation_id,
    )
    return [row["stored_as"] for row in rows]


async def file_is_used(connection: Any, tenant: int, stored_as: str) -> bool:
    """Whether some message still has this file."""
    used: bool = await connection.fetchval(
        "select exists (select from media_files f where tenant_id = $1 and stored_as = $2 "
        f"and not {going('media_files', 'f.tenant_id', 'f.conversation_id')})",
        tenant,
        stored_as,
    )
    return used


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
