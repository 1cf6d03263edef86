"""Who is told by Web Push."""

from __future__ import annotations

from plixa.storage.feature import Sealed, Table, Tables

FACE = ("push",)
TABLES = Tables(
    tables=(
        Table(
            name="push_subscriptions",
            until="until the push service or the member is gone; a few a member",
            sealed=(Sealed("sealed", "push subscription {tenant_id} {user_id} {endpoint_hash}"),),
        ),
        Table(name="vapid_keys", until="one row", sealed=(Sealed("sealed", "vapid keys"),)),
    ),
)
