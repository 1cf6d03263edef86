"""Guesses at an account, counted for all nodes together; in memory each counts its own (`http/api/limits.py`)."""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta
from typing import Any

SPEND = """
insert into guesses as g (subject, used, at) values ($1, array[$2::timestamptz], $2)
on conflict (subject) do update set at = excluded.at, used = (
    select case when count(*) >= $4 then array_agg(u order by u) else coalesce(array_agg(u order by u), '{}') || $2 end
    from unnest(g.used) as u where u > $3
)
returning used[cardinality(used)] = $2 as counted, used[1] as oldest
"""


async def spend(connection: Any, subject: tuple[str, ...], most: int, span: timedelta, now: datetime) -> int:
    """Count one, if there were fewer than `most` within `span`: 0. Else the seconds until there are."""
    hashed = hashlib.sha256("\0".join(subject).encode(errors="surrogatepass")).digest()
    row = await connection.fetchrow(SPEND, hashed, now, now - span, most)
    return 0 if row["counted"] else max(1, math.ceil((row["oldest"] + span - now).total_seconds()))
