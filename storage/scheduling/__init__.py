"""The agenda's read models: appointments, what they occupy, and what happened to each."""

from __future__ import annotations

from plixa.storage.feature import Table, Tables
from plixa.storage.scheduling import look_ups, rows

FACE: tuple[str, ...] = ("reads", "statements")
"""The modules that other features may import."""
TABLES = Tables(
    tables=(
        Table(name="appointments", sort="read model", until="with the workspace: reports count what has been"),
        Table(name="appointment_claims", sort="read model", until="until the appointment is over, or cancelled"),
        Table(name="appointment_changes", sort="read model", until="with the appointment"),
    ),
    projects=rows.projects,
    look_ups={"agenda": look_ups.agenda},
)
