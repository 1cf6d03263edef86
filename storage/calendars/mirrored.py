"""What of ours may stand in members' calendars: written before Google is asked, so that a crash leaves no orphan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Seen = Literal["moved", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """An appointment in one calendar. alive: an event of this id may be there. wrote: what it says, as a digest;
    empty while that is not known. seen: what its owner did with it, and nobody has decided on. Times: minutes since
    1970 in UTC."""

    appointment_id: int
    event_id: str
    generation: int = 0
    alive: bool = True
    first: int = 0
    last: int = 0
    wrote: str = ""
    seen: Seen | None = None
    seen_first: int | None = None
    seen_last: int | None = None
    seen_at: datetime | None = None
    clash: bool = False


COLUMNS = (
    "appointment_id, event_id, generation, alive, first_minute as first, last_minute as last, wrote, seen, "
    "seen_first, seen_last, seen_at, clash"
)


async def rows_of(connection: Any, tenant: int, user_id: int, account: bytes) -> list[Mirrored]:
    """All in one calendar."""
    rows = await connection.fetch(
        f"select {COLUMNS} from calendar_events where tenant_id = $1 and user_id = $2 and account = $3",
        tenant,
        user_id,
        account,
    )
    return [Mirrored(**row) for row in rows]


async def row_of(connection: Any, tenant: int, user_id: int, account: bytes, appointment: int) -> Mirrored | None:
    """One appointment in one calendar."""
    row = await connection.fetchrow(
        f"select {COLUMNS} from calendar_events "
        "where tenant_id = $1 and user_id = $2 and account = $3 and appointment_id = $4",
        tenant,
        user_id,
        account,
        appointment,
    )
    return None if row is None else Mirrored(**row)


async def keep_row(connection: Any, tenant: int, user_id: int, account: bytes, row: Mirrored) -> None:
    """As it is now."""
    await connection.execute(
        "insert into calendar_events values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) "
        "on conflict (tenant_id, user_id, account, appointment_id) do update set (generation, event_id, alive, "
        "first_minute, last_minute, wrote, seen, seen_first, seen_last, seen_at, clash) = ($5, $6, $7, $8, $9, $10, "
        "$11, $12, $13, $14, $15)",
        tenant,
        user_id,
        account,
        row.appointment_id,
        row.generation,
        row.event_id,
        row.alive,
        row.first,
        row.last,
        row.wrote,
        row.seen,
        row.seen_first,
        row.seen_last,
        row.seen_at,
        row.clash,
    )


async def holders_of(connection: Any, tenant: int, appointment: int) -> Sequence[int]:
    """In whose calendars an appointment may stand."""
    rows = await connection.fetch(
        "select distinct user_id from calendar_events where tenant_id = $1 and appointment_id = $2 and alive",
        tenant,
        appointment,
    )
    return [row["user_id"] for row in rows]


async def first_names(connection: Any, tenant: int, contacts: Sequence[int]) -> dict[int, str]:
    """What contacts are called in a calendar; who has no name is not in it."""
    rows = await connection.fetch(
        "select id, name from contacts where tenant_id = $1 and id = any($2) and name <> ''", tenant, list(contacts)
    )
    return {row["id"]: row["name"].split()[0] for row in rows if row["name"].split()}


async def undecided(connection: Any, tenant: int, user_id: int, account: bytes, now: int) -> list[Mirrored]:
    """What its owner did in Google and nobody has decided on, and what stands at the same time as something else."""
    rows = await connection.fetch(
        f"select {COLUMNS} from calendar_events where tenant_id = $1 and user_id = $2 and account = $3 and alive "
        "and last_minute > $4 and (seen is not null or clash) order by first_minute, appointment_id limit 500",
        tenant,
        user_id,
        account,
        now,
    )
    return [Mirrored(**row) for row in rows]
