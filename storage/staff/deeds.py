"""The audit of staff: a row for every look and every change, never changed again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plixa.storage.eventlog.codec import as_json
from plixa.storage.eventlog.statement import Row
from plixa.storage.staff import statements as sql

LONGEST = 500
CONDITIONS = {
    "admin_id": "l.admin_id = ",
    "tenant": "l.tenant_id = ",
    "act": "l.act = ",
    "target": "l.target = ",
    "target_id": "l.target_id = ",
    "since": "l.at >= ",
    "until": "l.at < ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody of staff did. tenant: whom it concerns, 0 for nobody. target: what, like "ticket".

    before, after: in JSON types, without secrets. outcome: "ok", or the code with which it was refused.
    """

    admin_id: int
    act: str
    at: datetime
    request_id: str
    tenant: int = 0
    target: str = ""
    target_id: int | None = None
    before: Any = None
    after: Any = None
    reason: str | None = None
    outcome: str = "ok"


@dataclass(frozen=True, slots=True)
class DeedFilter:
    """What to show. None means: no matter. `until` is excluded."""

    admin_id: int | None = None
    tenant: int | None = None
    act: str | None = None
    target: str | None = None
    target_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def rows_of(deed: Deed, address: str, user_agent: str) -> list[Row]:
    """The rows that a deed writes, in the commit that it leads to or by themselves."""
    told = (None if value is None else as_json(value) for value in (deed.before, deed.after))
    values = (deed.tenant, deed.request_id, deed.at, deed.admin_id, deed.act, deed.target, deed.target_id, *told)
    origin = (deed.tenant, deed.request_id, address[:100], user_agent[:300] or None, deed.at)
    reason = None if deed.reason is None else deed.reason[:LONGEST]
    return [(sql.DEED, (*values, reason, deed.outcome)), (sql.ORIGIN, origin)]


Position = tuple[datetime, str]


async def list_deeds(
    connection: Any, chosen: DeedFilter, before: Position | None, limit: int
) -> tuple[list[Any], Position | None]:
    """A page, newest first, and the position before which the next one begins."""
    where, args = ["true"], list[Any]([limit + 1])
    for name, condition in CONDITIONS.items():
        if (value := getattr(chosen, name)) is not None:
            args.append(value)
            where.append(f"{condition}${len(args)}")
    if before is not None:
        args.extend(before)
        where.append(f"(l.at, l.request_id) < (${len(args) - 1}, ${len(args)})")
    rows = await connection.fetch(
        "select l.*, l.request_id as id, a.name as admin_name, o.address, o.user_agent from admin_audit_logs l "
        "left join admins a on a.id = l.admin_id left join admin_audit_origins o on o.request_id = l.request_id "
        f"where {' and '.join(where)} order by l.at desc, l.request_id desc limit $1",
        *args,
    )
    page = list(rows[:limit])
    return page, (page[-1]["at"], page[-1]["request_id"]) if len(rows) > limit else None


async def write(connection: Any, deed: Deed, address: str) -> None:
    """Write an entry at once, for what no server does."""
    for statement, values in rows_of(deed, address, ""):
        await connection.execute(statement.sql, *([value] for value in values))
