"""The public waiting list: it belongs to no workspace, so it is a plain table beside the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

ADD = """
insert into waitlist (email, locale, referrer, created_at) values ($1, $2, $3, $4)
on conflict (email) do nothing returning id, email, created_at
"""


async def add(connection: Any, email: str, locale: str | None, referrer: str | None, at: datetime) -> Any:
    """The new entry (id, email, created_at); None if the address is listed already. Of many at once, one is new."""
    return await connection.fetchrow(ADD, email, locale, referrer, at)
