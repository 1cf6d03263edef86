"""Plixa's own staff, and the waiting list that they look after."""

from __future__ import annotations

from plixa.storage.feature import Table, Tables

FACE = ("admins", "waitlist")
TABLES = Tables(
    tables=(
        Table(name="admins", until="Plixa's staff"),
        Table(name="waitlist", until="until the staff removes somebody; a row an address"),
    ),
)
