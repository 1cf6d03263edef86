"""The deposits of a workspace, as they stand."""

from __future__ import annotations

from plixa.storage.feature import Table, Tables
from plixa.storage.payments import rows

FACE = ("reads",)
TABLES = Tables(
    tables=(Table(name="payments", sort="read model", until="with the workspace: books are kept"),),
    projects=rows.projects,
    of_state={"payment": rows.ROWS},
)
