"""The tables that say which nodes there are, and whose a tenant is."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.feature import Table, Tables
from plixa.storage.lifetime.rules import Keep

TABLES = Tables(
    tables=(
        Table(name="nodes", keep=Keep("nodes that are gone", timedelta(days=30), "heartbeat_at < $1")),
        Table(name="reigns", keep=Keep("who had a workspace, from which event on", timedelta(days=30), "at < $1")),
        Table(name="leases", until="a row a workspace", erased="first"),
    ),
)
