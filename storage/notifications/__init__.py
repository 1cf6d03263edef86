"""Who is told by Web Push."""

from __future__ import annotations

from plixa.storage.feature import Table, Tables

FACE = ("push",)
TABLES = Tables(
    tables=(
        Table(name="push_subscriptions", until="until the push service or the member is gone; a few a member"),
        Table(name="vapid_keys", until="one row"),
    ),
)
