"""Campaigns: whom they reach, what became of each mail, and who wants none any more."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.campaigns import rows
from plixa.storage.feature import Table, Tables
from plixa.storage.lifetime.rules import Keep

FACE: tuple[str, ...] = ()
TABLES = Tables(
    tables=(
        Table(name="campaigns", sort="read model", until="a row a campaign"),
        Table(name="campaign_recipients", until="with the recipient's workspace"),
        Table(name="mail_suppressions", until="for ever, on purpose: hashes, so that nobody is written to again"),
        Table(name="resend_events", keep=Keep("webhooks of Resend that were heard", timedelta(days=30), "at < $1")),
    ),
    of_state={"campaign": rows.CAMPAIGNS},
)
