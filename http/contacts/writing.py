"""All contacts as CSV: page by page, so that a hundred thousand take no more memory than a thousand."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS, CustomField
from plixa.actors.contacts.labels import LABELS
from plixa.actors.workspace.state import Workspace
from plixa.http.clients.written_numbers import shown_phone
from plixa.http.contacts.columns import guarded, header_of, joined
from plixa.storage.contacts import reads
from plixa.storage.postgres.bridge import Database

PAGE = 1000


async def exported(database: Database, tenant: int, workspace: Workspace) -> AsyncGenerator[bytes]:
    """The file, in parts. UTF-8 with a mark, by which spreadsheets know it; commas; lines end in CR LF."""
    fields = sorted(CUSTOM_FIELDS.of(workspace).values(), key=lambda field: (field.position, field.id))
    yield codecs.BOM_UTF8 + lines([header_of(fields)])
    after = 0
    while page := await database.run(reads.page_by_id, tenant, after, PAGE):
        yield lines([cells(contact, fields, workspace) for contact in page])
        after = page[-1]["id"]


def cells(contact: dict[str, Any], fields: Sequence[CustomField], workspace: Workspace) -> list[str]:
    """A contact's line."""
    labels = [LABELS.of(workspace)[id_].name for id_ in contact["labels"] if id_ in LABELS.of(workspace)]
    values = [contact["custom_fields"].get(field.id) for field in fields]
    phone, details = contact["contact_phone"], [contact["contact_name"], contact["notes"], joined(labels)]
    return [shown_phone(phone) if phone else "", *(guarded(each or "") for each in [*details, *values])]


def lines(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
