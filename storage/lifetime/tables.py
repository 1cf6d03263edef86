"""The tables that say what is to go, and what is gone."""

from __future__ import annotations

from plixa.storage.feature import Table, Tables

TABLES = Tables(
    tables=(
        Table(name="sweeps", moves=True, until="until what they name is gone, which is seconds"),
        Table(name="erasures", until="a row an erased workspace, and nothing else of it", erased="kept"),
    ),
)
