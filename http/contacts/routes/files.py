"""Contacts as CSV: import in the background, with a report; export."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import trio
from typing_extensions import TypedDict

from plixa.actors.contacts.importing import ImportStarted, StartImport
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event
from plixa.http.api import Answer, Call, rendering, route
from plixa.http.api.fields import Body
from plixa.http.contacts.importer import ImportFile
from plixa.http.contacts.reading import parse
from plixa.http.contacts.text import FILE_LIMIT, NotCsv
from plixa.http.contacts.writing import exported
from plixa.storage.contacts import reads

TAG = "Contacts"
FORM_LIMIT = FILE_LIMIT + 64 * 1024


class Upload(Body):
    """The file is in the form field `file`."""


class ImportProblem(TypedDict):
    line: int
    column: str | None
    message: str
    hint: str


class Import(TypedDict):
    id: int
    status: Literal["running", "done", "failed"]
    rows_total: int
    rows_done: int
    added: int
    changed: int
    unchanged: int
    failed: int
    merged: int
    problems: list[ImportProblem]
    reason: str | None
    started_at: datetime
    finished_at: datetime | None


@route(
    "POST",
    "/v1/contacts/import",
    tag=TAG,
    who="owner",
    body=Upload,
    form=True,
    answer=Import,
    status=202,
    max_body=FORM_LIMIT,
    rate="10/minute",
    idempotent=True,
)
async def import_contacts(call: Call) -> Answer:
    """Import contacts from a CSV file

    Up to 10 MB: UTF-8, UTF-16 or Latin-1; commas, semicolons or tabs. The first line names the columns: `phone` and, if
    wanted, `name`, `notes`, `labels` and custom fields by key, also in Portuguese and Spanish, and as Google or Outlook
    call them. A number has its country code, or is one of the workspace's country. Who has a number of the file already
    is changed, empty cells change nothing. It runs in the background; ask for its progress by its id.
    """
    data = _file(call)
    workspace = await call.services.bus.workspace(call.tenant)
    try:
        parsed = await trio.to_thread.run_sync(parse, data, workspace, call.services.clock)
    except NotCsv as error:
        raise Invalid({"file": [str(error)]}) from None

    command = StartImport(by=call.caller.user_id, total=len(parsed.rows), problems=tuple(parsed.problems))
    return await call.answered("contacts", 1, command, rendering(_rendered), attach=[ImportFile(call.tenant, data)])


def _file(call: Call) -> bytes:
    upload = call.files.get("file")
    data: bytes = upload.read() if upload is not None else b""
    if not data:
        raise Invalid({"file": ["The file field is required and must not be empty."]})
    if len(data) > FILE_LIMIT:
        raise Invalid({"file": [f"The file may have at most {FILE_LIMIT // 1024 // 1024} MB."]})
    return data


def _started(events: Sequence[Event]) -> ImportStarted:
    return next(event for event in events if isinstance(event, ImportStarted))


def _rendered(events: Sequence[Event]) -> Answer:
    made = _started(events)
    counts = {
        "rows_total": made.total,
        **dict.fromkeys(("rows_done", "added", "changed", "unchanged", "failed", "merged"), 0),
    }
    problems = [
        {"line": each.line, "column": each.column, "message": each.message, "hint": each.hint} for each in made.problems
    ]
    shown: dict[str, Any] = {"id": made.import_id, "status": "running", **counts, "problems": problems, "reason": None}
    return Answer({**shown, "started_at": made.started_at, "finished_at": None}, status=202)


@route("GET", "/v1/contacts/imports/{id}", tag=TAG, who="owner", answer=Import)
async def get_import(call: Call) -> Answer:
    """Get an import's progress and report

    `problems` says line by line what was wrong and what to do, for the first 1,000. `failed` counts the rows that were
    left out, `merged` those of a number that a row above has, too, and that went into one contact with it.
    """
    found = await call.read(reads.get_import, call.tenant, call.params["id"])
    if found is None:
        raise NotFound("import")
    return Answer(found)


@route(
    "GET",
    "/v1/contacts/export.csv",
    tag=TAG,
    who="owner",
    answer=bytes,
    rate="10/minute",
    in_suspension=True,
    acting=False,
)
async def export_contacts(call: Call) -> Answer:
    """Export all contacts as CSV

    What an import takes back unchanged. A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    workspace = await call.services.bus.workspace(call.tenant)
    parts: Any = exported(call.services.database, call.tenant, workspace)
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": 'attachment; filename="contacts.csv"'}
    return Answer(raw=parts, headers=headers)
