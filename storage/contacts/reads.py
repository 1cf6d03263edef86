"""The address book: lists and searches for people, look-ups for decisions.

A search walks no more of a tenant's contacts than it must: what few contacts have is looked up and then sorted (a name
is no sample of the list in the order of names), what many have is met soon enough by walking the list. `FEW` parts the
two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from plixa.actors.contacts.importing import Job
from plixa.actors.contacts.merging import Gained, Merged
from plixa.actors.contacts.names import LONGEST
from plixa.actors.contacts.records import KeptPeer
from plixa.actors.contacts.state import Card
from plixa.actors.folding import figures, sought
from plixa.storage.conversation.sight import Sight, within
from plixa.storage.lifetime.going import going

Sort = Literal["name", "latest"]
Position = tuple[bool, str, int] | tuple[datetime, int]
FEW = 5000
WORDS = 8
_PHONE = re.compile(r"[+()\s./-]*\d[+()\d\s./-]*")
_NO_DIGIT = re.compile(r"\D")
CARD = f"""
select c.id, c.phone, c.name, c.notes, c.merged_into, c.opted_out_at,
    array(select label_id from contact_labels l where l.tenant_id = c.tenant_id and l.contact_id = c.id
          and not {going("contact_labels", "l.tenant_id", "l.label_id")} order by label_id) as labels,
    (select json_object_agg(definition_id, value) from contact_values v
     where v.tenant_id = c.tenant_id and v.contact_id = c.id
     and not {going("contact_values", "v.tenant_id", "v.definition_id")}) as values
"""
ROW = f"{CARD}, c.created_at, c.updated_at, c.folded from contacts c"
ORDERS: dict[Sort, str] = {
    "name": "(c.folded = ''), c.folded collate \"C\", c.id",
    "latest": "c.updated_at desc, c.id desc",
}
AFTER: dict[Sort, str] = {
    "name": "((c.folded = ''), c.folded collate \"C\", c.id) > ({}, {}, {})",
    "latest": "(c.updated_at, c.id) < ({}, {})",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which contacts, in which order. forms: the digits of `q` in its other forms, where it is a phone number."""

    q: str | None = None
    forms: Sequence[str] = ()
    label: int | None = None
    opted_out: bool | None = None
    sort: Sort = "name"
    sight: Sight | None = None


def search_query(tenant: int, q: str, forms: Sequence[str] = ()) -> str:
    """The tsquery of a search, as text; "" when there is nothing to look for.

    Every word must begin one of the name's, or begin some tail of the number; what looks like a phone number as a whole
    is also looked for as one, in its forms.
    """
    words = [_word(tenant, word) for word in sought(q, LONGEST)[:WORDS]]
    queries = [" & ".join(words)] if words else []
    if _PHONE.fullmatch(number := figures(q)):
        digits = _NO_DIGIT.sub("", number)
        queries += [_digits(tenant, form) for form in dict.fromkeys([digits, *forms]) if form.isascii()]
    return " | ".join(f"({query})" for query in queries)


def _word(tenant: int, word: str) -> str:
    named = f"'{tenant}:{word[:40]}':*"
    return f"({named} | {_digits(tenant, word)})" if word.isascii() and word.isdigit() else named


def _digits(tenant: int, digits: str) -> str:
    return f"'{tenant}#{digits[:40]}':*"


async def values_of(connection: Any, tenant: int, contact_id: int) -> dict[int, str]:
    """A contact's custom fields, by definition."""
    rows = await connection.fetch(
        "select definition_id, value from contact_values v where tenant_id = $1 and contact_id = $2 "
        f"and not {going('contact_values', 'v.tenant_id', 'v.definition_id')}",
        tenant,
        contact_id,
    )
    return {row["definition_id"]: row["value"] for row in rows}


async def list_contacts(
    connection: Any, tenant: int, chosen: Chosen, after: Position | None, limit: int
) -> tuple[list[dict[str, Any]], Position | None]:
    """A page of contacts, and where the next one begins."""
    args: list[Any] = [tenant]
    where = _where(chosen, args)
    if where is None:
        return [], None
    ids = await _page(connection, where, chosen, args, after, limit + 1)
    rows = await connection.fetch(
        f"{ROW} where c.tenant_id = $1 and c.id = any($2) order by {ORDERS[chosen.sort]}", tenant, ids[:limit]
    )
    more = _position(rows[-1], chosen.sort) if len(ids) > limit and rows else None
    return [contact_resource(row) for row in rows], more


def _where(chosen: Chosen, args: list[Any]) -> str | None:
    """Which contacts; None when there can be none. The first argument is the tenant."""
    where = "c.tenant_id = $1 and c.merged_into is null"
    if chosen.q is not None:
        query = search_query(args[0], chosen.q, chosen.forms)
        if not query:
            return None
        where += f" and c.tokens @@ ${_add(args, query)}::text::tsquery"
    if chosen.label is not None:
        where += (
            " and exists (select from contact_labels l where l.tenant_id = c.tenant_id and l.contact_id = c.id "
            f"and l.label_id = ${_add(args, chosen.label)} "
            f"and not {going('contact_labels', 'l.tenant_id', 'l.label_id')})"
        )
    if chosen.opted_out is not None:
        where += f" and c.opted_out_at is {'not ' if chosen.opted_out else ''}null"
    return f"{where} and {_seen(chosen.sight, args)}"


def _seen(sight: Sight | None, args: list[Any]) -> str:
    """Whether a contact `c` is for somebody to see: a conversation of theirs is, or they have none."""
    if sight is None:
        return "true"
    theirs = (
        "select from conversations v where v.tenant_id = c.tenant_id "
        "and v.contact_id in (select contact_family(c.tenant_id, c.id))"
    )
    return f"(exists ({theirs} and {within(sight, args, 'v.assigned_user_id')}) or not exists ({theirs}))"


async def _page(
    connection: Any, where: str, chosen: Chosen, args: list[Any], after: Position | None, limit: int
) -> list[int]:
    """The ids of a page; see the module's text."""
    narrowed = len(args) > 1 or chosen.opted_out is True
    position = ""
    if after is not None:
        position = AFTER[chosen.sort].format(*(f"${_add(args, each)}" for each in after))
    order = f"order by {ORDERS[chosen.sort]} limit ${_add(args, limit)}"
    if narrowed:
        found = await connection.fetchrow(
            "with found as materialized "
            f"(select c.id, c.folded, c.updated_at from contacts c where {where} limit {FEW + 1}) "
            "select (select count(*) from found) as count, "
            f"array(select c.id from found c {position and f'where {position}'} {order}) as ids",
            *args,
        )
        if found["count"] <= FEW:
            return list(found["ids"])
    rows = await connection.fetch(
        f"select c.id from contacts c where {where} {position and f'and {position}'} {order}", *args
    )
    return [row["id"] for row in rows]


def _add(args: list[Any], value: object) -> int:
    args.append(value)
    return len(args)


def _position(row: Any, sort: Sort) -> Position:
    return (row["folded"] == "", row["folded"], row["id"]) if sort == "name" else (row["updated_at"], row["id"])


def contact_resource(row: Any) -> dict[str, Any]:
    """The contract's contact."""
    return {
        "id": row["id"],
        "contact_phone": row["phone"],
        "contact_name": row["name"],
        "notes": row["notes"],
        "labels": list(row["labels"]),
        "custom_fields": _values(row),
        "opted_out_at": row["opted_out_at"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _values(row: Any) -> dict[int, str]:
    stored: dict[str, str] = row["values"] or {}
    return {int(id_): value for id_, value in stored.items()}


async def get_contact(
    connection: Any, tenant: int, contact_id: int, sight: Sight | None = None
) -> dict[str, Any] | None:
    """One contact with its conversations, numbers and merges, or None; a merged one is not to be seen, nor is one whose
    conversations are all others'."""
    named: list[Any] = [tenant, contact_id]
    row = await connection.fetchrow(
        f"{ROW} where c.tenant_id = $1 and c.id = $2 and c.merged_into is null and {_seen(sight, named)}", *named
    )
    if row is None:
        return None
    family = await connection.fetch("select contact_family($1, $2) as id", tenant, contact_id)
    ids = [each["id"] for each in family]
    args: list[Any] = [tenant, ids]
    conversations = await connection.fetch(
        "select id from conversations where tenant_id = $1 and contact_id = any($2) "
        f"and {within(sight, args)} order by last_activity_at desc, id",
        *args,
    )
    phones = await connection.fetch(
        "select phone from contacts where tenant_id = $1 and id = any($2) and phone is not null order by id <> $3, id",
        tenant,
        ids,
        contact_id,
    )
    merges = await connection.fetch(
        "select m.id, m.from_id, m.merged_at, c.name, c.phone from contact_merges m "
        "join contacts c on c.tenant_id = m.tenant_id and c.id = m.from_id "
        "where m.tenant_id = $1 and m.into_id = $2 and m.undone_at is null order by m.id",
        tenant,
        contact_id,
    )
    return {
        **contact_resource(row),
        "phones": [each["phone"] for each in phones],
        "conversations": [each["id"] for each in conversations],
        "merges": [_merge_resource(each) for each in merges],
    }


def _merge_resource(row: Any) -> dict[str, Any]:
    shown = {"id": row["id"], "from_id": row["from_id"], "contact_name": row["name"], "contact_phone": row["phone"]}
    return {**shown, "merged_at": row["merged_at"]}


async def page_by_id(connection: Any, tenant: int, after: int, limit: int) -> list[dict[str, Any]]:
    """Contacts by id, from `after` on: for what goes through all of them."""
    rows = await connection.fetch(
        f"{ROW} where c.tenant_id = $1 and c.id > $2 and c.merged_into is null order by c.id limit $3",
        tenant,
        after,
        limit,
    )
    return [contact_resource(row) for row in rows]


# -- for decisions ----------------------------------------------------------------------------------------------------


async def get_card(connection: Any, tenant: int, contact_id: int) -> Card | None:
    """A contact as a decision needs it, or None."""
    row = await connection.fetchrow(f"{CARD} from contacts c where c.tenant_id = $1 and c.id = $2", tenant, contact_id)
    return None if row is None else _card(row)


async def cards_by_phone(connection: Any, tenant: int, phones: Sequence[str]) -> dict[str, Card]:
    """The contacts who have these numbers; where one was merged, the one that it is a part of."""
    roots = await connection.fetch(
        "select phone, contact_root(tenant_id, id) as id from contacts where tenant_id = $1 and phone = any($2)",
        tenant,
        list(phones),
    )
    ids = list({row["id"] for row in roots})
    rows = await connection.fetch(f"{CARD} from contacts c where c.tenant_id = $1 and c.id = any($2)", tenant, ids)
    cards = {row["id"]: _card(row) for row in rows}
    return {row["phone"]: cards[row["id"]] for row in roots}


def _card(row: Any) -> Card:
    return Card(
        id=row["id"],
        phone=row["phone"],
        name=row["name"],
        notes=row["notes"],
        labels=tuple(row["labels"]),
        values=_values(row),
        merged_into=row["merged_into"],
        opted_out_at=row["opted_out_at"],
    )


@dataclass(frozen=True, slots=True)
class Family:
    """A contact with those that were merged into it, and what leads to them."""

    ids: tuple[int, ...]
    peers: tuple[KeptPeer, ...]
    conversations: tuple[int, ...]
    unopened: tuple[int, ...]


async def family_of(connection: Any, tenant: int, contact_id: int) -> Family:
    """See `Family`."""
    ids = [row["id"] for row in await connection.fetch("select contact_family($1, $2) as id", tenant, contact_id)]
    rows = await connection.fetch(
        "select p.number_id, p.jid, p.conversation_id, c.id is not null as opened from peers p "
        "left join conversations c on c.tenant_id = p.tenant_id and c.id = p.conversation_id "
        "where p.tenant_id = $1 and p.contact_id = any($2) order by p.number_id, p.jid",
        tenant,
        ids,
    )
    led = {row["conversation_id"] for row in rows if row["opened"]}
    of_them = await connection.fetch(
        "select id from conversations where tenant_id = $1 and contact_id = any($2)", tenant, ids
    )
    return Family(
        tuple(sorted(ids)),
        tuple(_kept(row) for row in rows if row["opened"]),
        tuple(sorted(led | {row["id"] for row in of_them})),
        tuple(sorted({row["conversation_id"] for row in rows if not row["opened"]})),
    )


def _kept(row: Any) -> KeptPeer:
    kind, _, address = row["jid"].partition(":")
    peer = KeptPeer(row["number_id"], row["conversation_id"])
    return msgspec.structs.replace(peer, **{"phone" if kind == "p" else "lid": address})


async def get_merge(connection: Any, tenant: int, into_id: int, merge_id: int) -> tuple[Merged, tuple[int, ...]] | None:
    """A merge that stands, and the conversations that it moved; or None."""
    rows = await connection.fetch(
        "select * from contact_merges where tenant_id = $1 and into_id = $2 and undone_at is null and id >= $3 "
        "order by id",
        tenant,
        into_id,
        merge_id,
    )
    if not rows or rows[0]["id"] != merge_id:
        return None
    row = rows[0]
    gained = msgspec.convert(row["gained"], Gained)
    return Merged(row["id"], row["from_id"], row["into_id"], gained, len(rows) == 1), tuple(row["conversations"])


# -- imports ----------------------------------------------------------------------------------------------------------


async def get_job(connection: Any, tenant: int, import_id: int) -> Job | None:
    """An import that runs, or None."""
    row = await connection.fetchrow(
        "select total, done, json_array_length(problems) as problems from contact_imports "
        "where tenant_id = $1 and id = $2 and status = 'running'",
        tenant,
        import_id,
    )
    return None if row is None else Job(row["total"], row["done"], row["problems"])


async def get_import(connection: Any, tenant: int, import_id: int) -> dict[str, Any] | None:
    """An import with its report, or None."""
    row = await connection.fetchrow("select * from contact_imports where tenant_id = $1 and id = $2", tenant, import_id)
    if row is None:
        return None
    counts = {name: row[name] for name in ("added", "changed", "unchanged", "failed", "merged")}
    times = {name: row[name] for name in ("started_at", "finished_at")}
    rows = {"rows_total": row["total"], "rows_done": row["done"]}
    report = {"problems": row["problems"], "reason": row["reason"]}
    return {"id": row["id"], "status": row["status"], **rows, **counts, **report, **times}


async def get_import_file(connection: Any, tenant: int, import_id: int) -> bytes | None:
    """A file that is being worked through, sealed; or None."""
    body: bytes | None = await connection.fetchval(
        "select body from contact_import_files where tenant_id = $1 and import_id = $2", tenant, import_id
    )
    return body
