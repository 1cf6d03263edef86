"""The workspace itself, where requests came from, and what people did."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.feature import Table, Tables
from plixa.storage.lifetime.rules import Keep
from plixa.storage.workspace import rows

FACE = ("audit", "onboarding")
TABLES = Tables(
    tables=(
        Table(name="workspaces", sort="read model", until="a row a workspace"),
        Table(name="request_origins", keep=Keep("where a request came from", timedelta(days=180), "at < $1")),
    ),
    projects=rows.projects,
)
