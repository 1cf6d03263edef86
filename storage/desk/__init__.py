"""Tickets: their rows, their messages, their attachments."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.desk import rows
from plixa.storage.feature import Table, Tables
from plixa.storage.lifetime.rules import Keep

FACE: tuple[str, ...] = ()
TABLES = Tables(
    tables=(
        Table(name="tickets", sort="read model", until="with the workspace"),
        Table(name="ticket_messages", sort="read model", until="with the workspace"),
        Table(
            name="ticket_files",
            moves=True,
            keep=Keep(
                "attachments that no message has taken",
                timedelta(days=1),
                "ticket_id is null and created_at < $1",
                bodies=True,
            ),
        ),
    ),
    projects=rows.projects,
    of_state={"ticket": rows.TICKETS},
)
