"""The address book, its imports, and the addresses that lead to conversations."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.contacts import look_ups, rows, statements as sql
from plixa.storage.feature import Sealed, Table, Tables
from plixa.storage.lifetime.rules import Keep, Sweep, by_id

FACE = ("peers", "reads", "statements")
TABLES = Tables(
    tables=(
        Table(name="contacts", sort="read model", until="until erased"),
        Table(name="contact_labels", sort="read model", until="with the contact or the label"),
        Table(name="contact_values", sort="read model", until="with the contact or the field"),
        Table(name="contact_merges", sort="read model", until="with the contact: a merge can be undone"),
        Table(
            name="contact_imports",
            sort="read model",
            keep=Keep(
                "imports that are finished, with their problems", timedelta(days=180), "finished_at < $1", bodies=True
            ),
        ),
        Table(
            name="contact_import_files",
            moves=True,
            keep=Keep(
                "files of imports, where the import's end has not taken them along",
                timedelta(days=30),
                "not exists (select from contact_imports i where i.tenant_id = t.tenant_id and i.id = t.import_id "
                "and i.status = 'running' and i.started_at >= $1)",
                bodies=True,
            ),
            sealed=(Sealed("body", "import {tenant_id}/{import_id}"),),
        ),
        Table(
            name="peers",
            sort="read model",
            until="until the conversation they lead to is erased and its customer writes anew",
        ),
        Table(name="conversation_merges", sort="read model", until="with the conversation"),
    ),
    projects=rows.projects,
    look_ups={"contacts": look_ups.contacts},
    later={sql.LABEL_FORGOTTEN: "contact_labels", sql.FIELD_FORGOTTEN: "contact_values"},
    sweeps={
        "contact_labels": (Sweep("contact_labels", "tenant_id = $1 and label_id = $2", by_id),),
        "contact_values": (Sweep("contact_values", "tenant_id = $1 and definition_id = $2", by_id),),
    },
)
