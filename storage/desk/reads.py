"""Tickets as members and staff read them. Of notes members' reads know nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from plixa.actors.desk.ticket import File


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """What to show. None means: no matter. assignee: 0 is nobody. overdue: nobody has answered in time."""

    tenant: int | None = None
    opened_by: int | None = None
    status: str | None = None
    priority: str | None = None
    assignee: int | None = None
    tag: int | None = None
    overdue: bool = False
    order: Literal["newest", "waiting"] = "newest"


_TICKETS = (
    "select t.*, m.name as opener_name, m.email as opener_email, c.name as company, c.locale as locale from tickets t "
    "left join members m on m.tenant_id = t.tenant_id and m.user_id = t.opened_by "
    "left join tenant_cards c on c.tenant_id = t.tenant_id"
)


async def list_tickets(
    connection: Any, chosen: TicketFilter, after: tuple[datetime, int] | int | None, limit: int, at: datetime
) -> list[Any]:
    """One more than `limit`, if there are so many. after: where the page before ended, as the order has it."""
    where, args = list[str](), list[Any]()

    def narrow(condition: str, *values: object) -> None:
        names = [f"${len(args) + n}" for n, _ in enumerate(values, 1)]
        args.extend(values)
        where.append(condition.format(*names))

    for name in ("tenant", "opened_by", "status", "priority"):
        if (value := getattr(chosen, name)) is not None:
            narrow(f"t.{'tenant_id' if name == 'tenant' else name} = {{}}", value)
    if chosen.assignee is not None:
        narrow("t.assignee is null" if not chosen.assignee else "t.assignee = {}", *filter(None, [chosen.assignee]))
    if chosen.tag is not None:
        narrow("t.tags @> array[{}::bigint]", chosen.tag)
    if chosen.overdue:
        narrow("t.first_response_at is null and t.status = 'open' and t.response_due_at < {}", at)
    waiting = chosen.order == "waiting"
    if waiting:
        where.append("t.waiting_since is not null")
    if after is not None:
        narrow("(t.waiting_since, t.id) > ({}, {})", *after) if isinstance(after, tuple) else narrow("t.id < {}", after)
    order = "t.waiting_since, t.id" if waiting else "t.id desc"
    page = f"select * from tickets t where {' and '.join(where or ['true'])} order by {order} limit {limit + 1}"
    return list(await connection.fetch(f"{_TICKETS.replace('tickets t', f'({page}) t')} order by {order}", *args))


async def find_ticket(connection: Any, ticket_id: int, tenant: int | None = None) -> Any:
    """A ticket's row, of this workspace if one is named; or None."""
    return await connection.fetchrow(
        f"{_TICKETS} where t.id = $1 and ($2::bigint is null or t.tenant_id = $2)", ticket_id, tenant
    )


async def list_messages(connection: Any, tenant: int, ticket_id: int, *, notes: bool) -> list[Any]:
    """What was said, oldest first. notes: the staff's own, too."""
    return list(
        await connection.fetch(
            "select * from ticket_messages where tenant_id = $1 and ticket_id = $2 and (not is_internal or $3) "
            "order by id",
            tenant,
            ticket_id,
            notes,
        )
    )


async def next_ticket(connection: Any) -> int:
    """An id that no ticket of any workspace has."""
    ticket_id: int = await connection.fetchval("select nextval('tickets_id')")
    return ticket_id


async def add_file(connection: Any, tenant: int, by: str, name: str, mime: str, data: bytes, at: datetime) -> int:
    """Keep an attachment until a message takes it."""
    file_id: int = await connection.fetchval(
        "insert into ticket_files (tenant_id, by, name, mime, bytes, data, created_at) "
        "values ($1, $2, $3, $4, $5, $6, $7) returning id",
        tenant,
        by,
        name,
        mime,
        len(data),
        data,
        at,
    )
    return file_id


async def unused_files(connection: Any, tenant: int, by: str, ids: list[int]) -> dict[int, File]:
    """Those of these that this one has brought, and no message has taken."""
    rows = await connection.fetch(
        "select id, name, mime, bytes from ticket_files "
        "where id = any($1::bigint[]) and tenant_id = $2 and by = $3 and ticket_id is null",
        ids,
        tenant,
        by,
    )
    return {row["id"]: File(row["id"], row["name"], row["mime"], row["bytes"]) for row in rows}


async def find_file(connection: Any, tenant: int | None, ticket_id: int, file_id: int) -> Any:
    """An attachment of a ticket with its bytes; or None."""
    return await connection.fetchrow(
        "select * from ticket_files where id = $1 and ticket_id = $2 and ($3::bigint is null or tenant_id = $3)",
        file_id,
        ticket_id,
        tenant,
    )
