"""When a broadcast is to start, as people write it: with an offset, or by the clock on the workspace's wall.

A date alone is its midnight. A time that clocks skip is none; of one that comes twice the first is meant.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from plixa.engine.errors import Invalid
from plixa.http.api.fields import within_range

FORM = "The scheduled_at must be a time, like 2026-05-25T12:00:00+00:00 or 2026-05-25T09:00 by the workspace's clock."


def instant_of(written: str | None, zone: ZoneInfo) -> datetime | None:
    """The instant that is meant. Raises `Invalid`."""
    if written is None:
        return None
    try:
        at = datetime.fromisoformat(written)
        local = at if at.tzinfo is not None else _on_the_wall(at, zone)
        return within_range(local).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        skipped = "clock" in str(error) or "years" in str(error)
        raise Invalid({"scheduled_at": [str(error) if skipped else FORM]}) from None


def _on_the_wall(at: datetime, zone: ZoneInfo) -> datetime:
    """Raises ValueError for a time that the wall never shows."""
    local = within_range(at.replace(tzinfo=UTC)).replace(tzinfo=zone, fold=0)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
        raise ValueError("The clocks skip this time on that day. Choose another one.")
    return local
