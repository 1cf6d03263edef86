"""Appointments as they are listed and shown, and the events that speak of one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plixa.engine.events import Recorded
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.reader import decode_rows, fetch_keys

LONGEST = timedelta(minutes=720)
Position = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which appointments: those that overlap [first, last), and of these the ones that agree in what is not None."""

    first: datetime
    last: datetime
    provider_id: int | None = None
    service_id: int | None = None
    contact_id: int | None = None
    status: str | None = None


async def list_appointments(
    connection: Any, tenant: int, chosen: Chosen, after: Position | None, limit: int
) -> tuple[list[dict[str, Any]], Position | None]:
    """A page of them by start, and where the next one begins."""
    args: list[Any] = [tenant, chosen.first - LONGEST, chosen.last, chosen.first]
    where = ["tenant_id = $1", "starts_at > $2", "starts_at < $3", "ends_at > $4"]
    for name in ("provider_id", "service_id", "contact_id", "status"):
        value = getattr(chosen, name)
        if value is not None:
            args.append(value)
            where.append(f"{name} = ${len(args)}")
    if after is not None:
        args.extend(after)
        where.append(f"(starts_at, id) > (${len(args) - 1}, ${len(args)})")
    args.append(limit + 1)
    query = f"select * from appointments where {' and '.join(where)} order by starts_at, id limit ${len(args)}"
    rows = await connection.fetch(query, *args)
    last = rows[limit - 1] if len(rows) > limit else None
    return [dict(row) for row in rows[:limit]], None if last is None else (last["starts_at"], last["id"])


async def get_appointment(connection: Any, tenant: int, appointment_id: int) -> dict[str, Any] | None:
    """One appointment, or None."""
    row = await connection.fetchrow(
        "select * from appointments where tenant_id = $1 and id = $2", tenant, appointment_id
    )
    return None if row is None else dict(row)


async def get_appointments(connection: Any, tenant: int, ids: Collection[int]) -> list[dict[str, Any]]:
    """Several, by their start; those that there are."""
    rows = await connection.fetch(
        "select * from appointments where tenant_id = $1 and id = any($2) order by starts_at, id", tenant, list(ids)
    )
    return [dict(row) for row in rows]


async def of_contact(
    connection: Any, tenant: int, contact_id: int, since: datetime, statuses: Sequence[str], limit: int
) -> list[dict[str, Any]]:
    """A contact's appointments that end after an instant, the next one first."""
    rows = await connection.fetch(
        "select * from appointments where tenant_id = $1 and contact_id = $2 and ends_at > $3 "
        "and status = any($4) order by starts_at, id limit $5",
        tenant,
        contact_id,
        since,
        list(statuses),
        limit,
    )
    return [dict(row) for row in rows]


async def changes(
    connection: Any, keyring: Keyring, tenant: int, appointment_id: int, after: int, limit: int
) -> list[Recorded]:
    """The events of one appointment with positions after `after`, in order."""
    rows = await connection.fetch(
        "select e.* from appointment_changes c "
        "join events e on e.tenant_id = c.tenant_id and e.position = c.position "
        "where c.tenant_id = $1 and c.appointment_id = $2 and c.position > $3 order by c.position limit $4",
        tenant,
        appointment_id,
        after,
        limit,
    )
    await fetch_keys(connection, keyring, rows)
    return decode_rows(keyring, rows, strict=False)


async def conversation_of(connection: Any, tenant: int, contact_id: int) -> int | None:
    """The conversation in which a contact was last spoken to; None where there is none."""
    found: int | None = await connection.fetchval(
        "select id from conversations where tenant_id = $1 and contact_id in (select contact_family($1, $2)) "
        "order by last_activity_at desc nulls last, id desc limit 1",
        tenant,
        contact_id,
    )
    return found
