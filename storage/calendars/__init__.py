"""Members' own calendars at Google: their links, what of ours may stand in them, and when they have something else."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.feature import Sealed, Table, Tables
from plixa.storage.lifetime.rules import Keep

FACE = ("busy",)
"""The modules that other features may import."""
DAY = timedelta(days=1)
TABLES = Tables(
    tables=(
        Table(
            name="calendar_links",
            until="until the link is ended, and Google told",
            erased="first",
            sealed=(Sealed("sealed", "calendar link {tenant_id} {user_id} {connection}"),),
        ),
        Table(
            name="calendar_events",
            keep=Keep(
                "what stood in linked calendars, once it is past",
                timedelta(days=90),
                "to_timestamp(last_minute * 60) < $1",
            ),
        ),
        Table(name="calendar_busy", until="until the next look; at most some 100 days ahead a linked member"),
        Table(
            name="calendar_channels",
            keep=Keep("who told us of changes, once over", DAY, "expires_at < $1"),
            erased="first",
        ),
        Table(
            name="calendar_consents",
            keep=Keep("that a consent came back", DAY, "expires_at < $1"),
            erased="first",
        ),
        Table(name="calendar_feeds", until="until they are revoked: one a member", erased="first"),
    ),
)
