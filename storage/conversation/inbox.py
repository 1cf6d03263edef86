"""What the inbox shows: conversations and messages, in the contract's shapes.

A list walks no more conversations than it must: what many have is met soon among the latest `FEW`; the rest is looked
up by its tokens and then sorted. Only where those are many, too, and all of them old, the whole inbox is walked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from plixa.storage.contacts.reads import search_query
from plixa.storage.conversation.sight import Sight, within
from plixa.storage.eventlog.codec import as_time
from plixa.storage.lifetime.going import MESSAGE

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody at the panel. What was there before they joined is not unread to them."""

    user_id: int
    since: datetime


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What to list. None means: no matter. `assignee` 0 means nobody; `forms`: the
    digits of `q` in its other forms, where it is a phone number; `sight`: of whom may see only their own.
    `unread_to`: what this reader has not read. `in_doubt`: with a message of which nobody knows whether it went out."""

    status: str | None = None
    mode: str | None = None
    assignee: int | None = None
    label: int | None = None
    sector: int | None = None
    phone_instance: int | None = None
    snoozed: bool | None = None
    unread: bool | None = None
    unread_to: Reader | None = None
    in_doubt: bool = False
    q: str | None = None
    forms: tuple[str, ...] = ()
    sight: Sight | None = None


FEW = 2000
IN_DOUBT = """exists (select from messages d where d.tenant_id = c.tenant_id and d.conversation_id = c.id
and d.status = 'unknown' and d.deleted_at is null)"""
NOTHING = "'nothing'"  # a token that no conversation has
ORDER = "order by c.last_activity_at desc, c.id desc"
NAMED = """exists (select from conversation_facets f where f.tenant_id = c.tenant_id and f.conversation_id = c.id
and f.tokens @@ ?::text::tsquery)"""
CONVERSATION = """
select c.*, m.direction as m_direction, m.type as m_type, m.body as m_body, m.created_at as m_created_at
from {} c
left join messages m on m.tenant_id = c.tenant_id and m.id = c.last_message_id
where c.tenant_id = $1
"""


MOST_UNREAD = 100
"""So many of the latest messages are looked at; nobody counts further."""
UNREAD = """(select count(*) from (
  select m.direction, m.created_at from messages m
  where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.id > coalesce((
    select s.message_id from conversation_seen s
    where s.tenant_id = c.tenant_id and s.conversation_id = c.id and s.user_id = {user}), 0){within}
  order by m.id desc limit {most}) as latest where latest.direction = 'inbound' and latest.created_at >= {since})"""
UNREAD_BY = f"""
select c.id, {UNREAD.format(user="$4", since="$5", most="$6", within=" and m.id <= c.upto")} as unread
from (select $1::bigint as tenant_id, u.id, u.upto from unnest($2::bigint[], $3::bigint[]) as u(id, upto)) c
"""


async def unread_by(connection: Any, tenant: int, reader: Reader, upto: Mapping[int, int]) -> dict[int, int]:
    """How many of the customer's messages up to this one the reader has not read, by conversation; at most
    `MOST_UNREAD`. A count that goes with a last message is one that a live client can count on from."""
    args = (list(upto), list(upto.values()), reader.user_id, reader.since, MOST_UNREAD)
    rows = await connection.fetch(UNREAD_BY, tenant, *args)
    return {row["id"]: row["unread"] for row in rows}


async def list_conversations(
    connection: Any,
    tenant: int,
    chosen: InboxFilter,
    before: tuple[datetime, int] | None,
    limit: int,
    reader: Reader | None = None,
) -> tuple[list[dict[str, Any]], int, tuple[datetime, int] | None]:
    """A page, latest activity first; the log's position as of which it is true; where the next page begins."""
    # One snapshot for list and head, so that whoever resumes from the head misses nothing and merges nothing.
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        head = await connection.fetchval("select position from heads where tenant_id = $1", tenant) or 0
        rows = await _page(connection, tenant, chosen, before, limit + 1)
        page = rows[:limit]
        upto = {row["id"]: row["last_message_id"] or 0 for row in page}
        unread = await unread_by(connection, tenant, reader, upto) if reader else {}
    more = (page[-1]["last_activity_at"], page[-1]["id"]) if len(rows) > limit else None
    return [{**conversation_resource(row), "unread_by_me": unread.get(row["id"])} for row in page], head, more


async def _page(
    connection: Any, tenant: int, chosen: InboxFilter, before: tuple[datetime, int] | None, limit: int
) -> Sequence[Any]:
    """See the module's text. Words are not walked for: to compare them takes longer than to look them up."""
    tokens, few = _tokens(tenant, chosen), None
    if tokens and not chosen.q:
        query, args = _query(tenant, chosen, before, limit, latest=FEW)
        rows: Sequence[Any] = await connection.fetch(query, *args)
        if len(rows) == limit:
            return rows
    if tokens:
        few = await _few(connection, tokens)
    query, args = _query(tenant, chosen, before, limit, few=few)
    found: Sequence[Any] = await connection.fetch(query, *args)
    return found


def _tokens(tenant: int, chosen: InboxFilter) -> str:
    """What conversations are looked up by, as a tsquery; "" when nothing narrows them down.

    Those of somebody who has left become nobody's one by one, within seconds; until then a look-up of nothing but what
    an agent may see can miss them.
    """
    facets = {
        "status": chosen.status,
        "mode": chosen.mode,
        "sector": chosen.sector,
        "number": chosen.phone_instance,
        "of": "none" if chosen.assignee == 0 else chosen.assignee,
        "label": chosen.label,
    }
    found = [f"'{tenant}={kind}:{value}'" for kind, value in facets.items() if value is not None]
    if chosen.q:
        found.append(f"({search_query(tenant, chosen.q, chosen.forms) or NOTHING})")
    if chosen.sight is not None and not found:
        found.append(f"('{tenant}=of:{chosen.sight.user_id}' | '{tenant}=of:none')")
    return " & ".join(found)


async def _few(connection: Any, tokens: str) -> list[int] | None:
    """The ids of those that have these tokens; None where those are not few."""
    rows = await connection.fetch(
        f"select conversation_id from conversation_facets where tokens @@ $1::text::tsquery limit {FEW + 1}", tokens
    )
    return [row["conversation_id"] for row in rows] if len(rows) <= FEW else None


def _query(
    tenant: int,
    chosen: InboxFilter,
    before: tuple[datetime, int] | None,
    limit: int,
    *,
    few: list[int] | None = None,
    latest: int | None = None,
) -> tuple[str, list[Any]]:
    """few: only these ids. latest: only so many of the latest activity, whether they are what is looked for or not."""
    args: list[Any] = [tenant]
    after = ""
    if before is not None:
        args += before
        after = " and (c.last_activity_at, c.id) < ($2, $3)"
    source = f"(select * from conversations c where c.tenant_id = $1{after} {ORDER} limit {latest})"
    where = _where(chosen, args, few)
    args.append(limit)
    listed = CONVERSATION.format("conversations" if latest is None else source)
    return f"{listed}{after}{where} {ORDER} limit ${len(args)}", args


def _where(chosen: InboxFilter, args: list[Any], few: list[int] | None) -> str:
    conditions: list[str] = []

    def add(condition: str, value: object) -> None:
        args.append(value)
        conditions.append(condition.replace("?", f"${len(args)}"))

    if few is not None:
        add("c.id = any(?::bigint[])", few)
    elif chosen.q:
        add(NAMED, search_query(args[0], chosen.q, chosen.forms) or NOTHING)
    columns = {"status": chosen.status, "mode": chosen.mode, "sector_id": chosen.sector}
    for column, value in (columns | {"number_id": chosen.phone_instance}).items():
        if value is not None:
            add(f"c.{column} = ?", value)
    if chosen.assignee == 0:
        conditions.append("c.assigned_user_id is null")
    elif chosen.assignee is not None:
        add("c.assigned_user_id = ?", chosen.assignee)
    if chosen.label is not None:
        add("? = any(c.labels)", chosen.label)
    if chosen.snoozed is not None:
        conditions.append(f"c.snoozed_until is {'not ' if chosen.snoozed else ''}null")
    if chosen.in_doubt:
        conditions.append(IN_DOUBT)
    if chosen.unread is not None:
        conditions.append("c.unread_count > 0" if chosen.unread else "c.unread_count = 0")
    if chosen.unread_to is not None:
        args += (chosen.unread_to.user_id, chosen.unread_to.since, MOST_UNREAD)
        user, since, most = (f"${len(args) - n}" for n in (2, 1, 0))
        unread = UNREAD.format(user=user, since=since, most=most, within="")
        conditions.append(f"c.last_activity_at >= {since} and {unread} > 0")
    conditions.append(within(chosen.sight, args, "c.assigned_user_id"))
    return "".join(f" and {condition}" for condition in conditions)


async def get_conversation(connection: Any, tenant: int, conversation_id: int) -> dict[str, Any] | None:
    """One conversation, or None."""
    row = await connection.fetchrow(f"{CONVERSATION.format('conversations')} and c.id = $2", tenant, conversation_id)
    return None if row is None else conversation_resource(row)


def conversation_resource(row: Any) -> dict[str, Any]:
    """The contract's conversation."""
    last = None
    if row["last_message_id"] is not None and row["m_type"] is not None:
        last = {"id": row["last_message_id"], "direction": row["m_direction"], "type": row["m_type"]}
        last |= {"body": row["m_body"], "created_at": row["m_created_at"]}
    return {
        "id": row["id"],
        "contact_id": row["contact_id"],
        "contact_phone": row["phone"],
        "contact_name": row["name"],
        "phone_instance_id": row["number_id"],
        "status": row["status"],
        "mode": row["mode"],
        "assigned_user_id": row["assigned_user_id"],
        "sector_id": row["sector_id"],
        "labels": list(row["labels"]),
        "unread_count": row["unread_count"],
        "last_message": last,
        "last_activity_at": row["last_activity_at"],
        "snoozed_until": row["snoozed_until"],
        "sla": _sla(row["sla"]),
        "csat": row["csat"],
        "broadcast_id": row["broadcast_id"],
        "notes": row["notes"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "resolved_at": row["resolved_at"],
    }


def _sla(stored: dict[str, Any] | None) -> dict[str, Any] | None:
    if stored is None:
        return None
    return {kind: clock and _times({"paused": False, **clock}) for kind, clock in stored.items()}


def _times(clock: dict[str, Any]) -> dict[str, Any]:
    return {name: as_time(value) if name.endswith("_at") else value for name, value in clock.items()}


async def list_messages(
    connection: Any, tenant: int, conversation_id: int, before: int | None, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of messages, newest first, and where the next page begins."""
    rows = await connection.fetch(
        "select * from messages m where tenant_id = $1 and conversation_id = $2 and id < $3 "
        f"and not {MESSAGE} order by id desc limit $4",
        tenant,
        conversation_id,
        before if before is not None else 2**63 - 1,
        limit + 1,
    )
    page = rows[:limit]
    return [message_resource(row) for row in page], page[-1]["id"] if len(rows) > limit else None


async def get_message(connection: Any, tenant: int, message_id: int) -> dict[str, Any] | None:
    """One message, or None."""
    row = await connection.fetchrow(
        f"select * from messages m where tenant_id = $1 and id = $2 and not {MESSAGE}", tenant, message_id
    )
    return None if row is None else message_resource(row)


def message_resource(row: Any) -> dict[str, Any]:
    """The contract's message."""
    return {
        "id": row["id"],
        "conversation_id": row["conversation_id"],
        "direction": row["direction"],
        "type": row["type"],
        "body": row["body"],
        "media": row["media"],
        "extra": row["extra"],
        "quoted_message_id": row["quoted_message_id"],
        "author": row["author"],
        "status": row["status"],
        "error": row["error"],
        "evolution_message_id": row["key_id"],
        "reactions": row["reactions"],
        "edited_at": row["edited_at"],
        "deleted_at": row["deleted_at"],
        "created_at": row["created_at"],
    }


async def get_media(connection: Any, tenant: int, message_id: int) -> Any:
    """Where a message's file is, and in which conversation the message is; or None. After a merge the file's own row
    comes to that conversation later.
    """
    return await connection.fetchrow(
        "select f.message_id, f.mime, f.stored_as, m.conversation_id, m.media "
        "from media_files f join messages m on m.tenant_id = f.tenant_id and m.id = f.message_id "
        f"where f.tenant_id = $1 and f.message_id = $2 and not {MESSAGE}",
        tenant,
        message_id,
    )


class Whereabouts(NamedTuple):
    """The conversation that one is (a part of) by now, and who looks after that."""

    root: int
    assigned_user_id: int | None


WHEREABOUTS = """
select id, id as root, assigned_user_id from conversations where tenant_id = $1 and id = any($2::bigint[]) union all
select m.from_id, c.id, c.assigned_user_id from conversation_merges m join conversations c
on c.tenant_id = m.tenant_id and c.id = conversation_root(m.tenant_id, m.from_id) and c.id <> m.from_id
where m.tenant_id = $1 and m.from_id = any($2)
and not exists (select from conversations o where o.tenant_id = $1 and o.id = m.from_id)
"""


async def whereabouts(connection: Any, tenant: int, ids: list[int]) -> dict[int, Whereabouts]:
    """Where each of these conversations is and who looks after it now; without those that there are no more."""
    rows = await connection.fetch(WHEREABOUTS, tenant, ids)
    return {row["id"]: Whereabouts(row["root"], row["assigned_user_id"]) for row in rows}


FORMER = """
select u.position, e.holder from unnest($2::text[], $3::bigint[]) as u(stream, position) left join lateral (
  select (data->>'assigned_user_id')::bigint as holder from events
  where tenant_id = $1 and stream = u.stream and type = 'conversation.assigned' and position < u.position
  order by revision desc limit 1) e on true
"""


async def former_assignees(connection: Any, tenant: int, assigned: Sequence[tuple[str, int]]) -> dict[int, int | None]:
    """By position of an event that assigned a conversation (stream, position): who had it before."""
    streams, positions = [stream for stream, _ in assigned], [position for _, position in assigned]
    return {row["position"]: row["holder"] for row in await connection.fetch(FORMER, tenant, streams, positions)}
