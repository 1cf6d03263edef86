"""Numbers, and what their gateway sent that could not be taken yet."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.feature import Sealed, Table, Tables
from plixa.storage.lifetime.rules import Keep, Sweep
from plixa.storage.whatsapp import fingerprints, rows

FACE = ("early_updates", "numbers", "unreadable")
WITH_ANYBODY = "whose = case when whose = '{}' then whose end"
"""The fingerprints are by the former key: what is sealed anew goes with anybody who is erased on its number."""
TABLES = Tables(
    tables=(
        Table(name="numbers", sort="read model", until="with the workspace: conversations of removed numbers stay"),
        Table(
            name="number_secrets",
            until="with the workspace: whatever a removed number still posts is answered",
            erased="first",
            sealed=(Sealed("sealed", "number secret {instance}"),),
        ),
        Table(
            name="held_updates",
            keep=Keep("updates whose message has not come", timedelta(days=1), "held_at < $1"),
            sealed=(Sealed("body", "held {tenant_id}/{number_id}/{key_id}", WITH_ANYBODY),),
        ),
        Table(
            name="kept_bodies",
            keep=Keep(
                "webhooks that were not understood; 1,000 a number", timedelta(days=30), "kept_at < $1", bodies=True
            ),
            sealed=(Sealed("body", "kept {tenant_id}/{number_id}", WITH_ANYBODY),),
        ),
    ),
    projects=rows.projects,
    sweeps={
        "peer": (
            Sweep("kept_bodies", fingerprints.WHOSE, fingerprints.by_peer),
            Sweep("held_updates", fingerprints.WHOSE, fingerprints.by_peer),
        )
    },
)
