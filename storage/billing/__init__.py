"""What a workspace is at Stripe, which webhooks were taken, and which invoice closes which range of the log."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.billing import rows
from plixa.storage.feature import Table, Tables
from plixa.storage.lifetime.rules import Keep

FACE = ("periods", "refs", "statements")
TABLES = Tables(
    tables=(
        Table(name="stripe_refs", sort="read model", until="with the workspace: a webhook may come late"),
        Table(name="stripe_events", keep=Keep("that a webhook of Stripe's was taken", timedelta(days=35), "at < $1")),
        Table(name="stripe_cursor", until="a row an environment"),
        Table(name="billing_periods", sort="read model", until="with the workspace: a row an invoice"),
    ),
    projects=rows.projects,
)
