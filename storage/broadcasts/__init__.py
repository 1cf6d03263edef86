"""Broadcasts, whom each of them goes to, and what came of it."""

from __future__ import annotations

from plixa.storage.broadcasts import look_ups, rows
from plixa.storage.feature import Sealed, Table, Tables

FACE = ("statements",)
TABLES = Tables(
    tables=(
        Table(name="broadcasts", sort="read model", until="with the workspace: what was sent to whom has to be told"),
        Table(name="broadcast_recipients", sort="read model", until="with the broadcast: contacts by their ids only"),
        Table(
            name="broadcast_lists",
            moves=True,
            until="until its recipients are written down, or it is cancelled",
            sealed=(Sealed("body", "broadcast {tenant_id}/{broadcast_id}"),),
        ),
    ),
    projects=rows.projects,
    look_ups={"broadcast": look_ups.broadcast},
)
