"""The tables that say which migrations have been applied, and when the database was backed up."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.feature import Table, Tables
from plixa.storage.lifetime.rules import Keep

TABLES = Tables(
    tables=(
        Table(name="schema_migrations", until="a row a migration"),
        Table(name="backups", keep=Keep("that a backup was made", timedelta(days=365), "finished_at < $1")),
    ),
)
