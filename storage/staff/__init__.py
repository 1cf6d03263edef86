"""Plixa's own staff, what they do, the workspaces as they find them, and the waiting list that they look after."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.feature import Sealed, Table, Tables
from plixa.storage.lifetime.rules import Keep
from plixa.storage.staff import rows

FACE = ("admins", "deeds", "waitlist")
TABLES = Tables(
    tables=(
        Table(name="admins", until="Plixa's staff", sealed=(Sealed("totp", "second factor of staff {id}"),)),
        Table(name="waitlist", until="until the staff removes somebody; a row an address"),
        Table(
            name="admin_audit_logs",
            keep=Keep("what staff did", timedelta(days=5 * 366), "at < $1"),
            erased="kept",
        ),
        Table(
            name="admin_audit_origins",
            keep=Keep("where staff did it from", timedelta(days=365), "at < $1"),
            erased="kept",
        ),
        Table(name="suspensions", sort="read model", until="until the workspace is active again"),
        Table(name="tenant_cards", sort="read model", until="a row a workspace"),
    ),
    projects=rows.projects,
    of_state={"workspace": rows.CARDS},
)
