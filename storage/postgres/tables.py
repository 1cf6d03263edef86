"""The table that says which migrations have been applied."""

from __future__ import annotations

from plixa.storage.feature import Table, Tables

TABLES = Tables(
    tables=(Table(name="schema_migrations", until="a row a migration"),),
)
