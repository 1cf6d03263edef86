"""Attachments: pictures are written anew, PDF and plain text are taken by their content; nothing else is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from plixa.actors.desk.ticket import MOST_FILES, File
from plixa.engine.errors import Invalid, NotFound
from plixa.http.api import Answer, Call
from plixa.http.api.fields import Body, Id
from plixa.http.clients.pictures.cleaning import clean
from plixa.http.clients.pictures.errors import PictureError
from plixa.storage.desk import reads

LIMIT = 4 * 1024 * 1024
FORM_LIMIT = LIMIT + 192 * 1024
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")
_UNFIT = re.compile(r"[^\w .()+-]")
Files = Annotated[list[Id], Field(max_length=MOST_FILES)]


def none() -> list[int]:
    """No files."""
    return []


class TicketFile(Body):
    """The file is in the form field `file`."""


class Uploaded(TypedDict):
    id: int
    name: str
    mime: str
    bytes: int


async def keep(call: Call, tenant: int, by: str) -> Answer:
    """Keep an upload until a message takes it, for a day."""
    upload = call.files.get("file")
    if upload is None:
        raise Invalid({"file": ["The file field is required."]})
    data, mime = await _checked(upload.read())
    name = _UNFIT.sub("_", (upload.filename or "file").rpartition("/")[2])[:120].strip() or "file"
    at = call.services.clock.now()
    file_id = await call.read(reads.add_file, tenant, by, name, mime, data, at)
    answer = Answer({"id": file_id, "name": name, "mime": mime, "bytes": len(data)}, status=201)
    return await call.keep(answer, f"workspace-{tenant}")


async def _checked(data: bytes) -> tuple[bytes, str]:
    """What is kept of it, and its type by its content. Raises `Invalid`."""
    if not 0 < len(data) <= LIMIT:
        raise Invalid({"file": [f"The file must have 1 to {LIMIT} bytes."]})
    if data.startswith(PICTURES):
        try:
            picture = await clean(data, max_bytes=LIMIT, max_side=4096, field="file")
        except PictureError as error:
            raise Invalid({"file": ["The picture cannot be read."]}) from error
        return picture.data, picture.mime
    if data.startswith(b"%PDF-"):
        return data, "application/pdf"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Invalid({"file": ["Attach a PNG, JPEG or WebP picture, a PDF, or plain text in UTF-8."]})
    return data, "text/plain"


async def taken(call: Call, tenant: int, by: str, ids: Sequence[int]) -> tuple[File, ...]:
    """The attachments of a message that is about to be written. Raises `Invalid` for what is not there to be taken."""
    found = await call.read(reads.unused_files, tenant, by, list(ids))
    if wrong := [place for place, id_ in enumerate(ids) if id_ not in found]:
        raise Invalid({f"attachments.{place}": ["This is no file that you have uploaded for this."] for place in wrong})
    return tuple(found[id_] for id_ in dict.fromkeys(ids))


def shown(files: Sequence[File]) -> list[Uploaded]:
    """As a message tells of them."""
    return [{"id": each.id, "name": each.name, "mime": each.mime, "bytes": each.bytes} for each in files]


async def send(call: Call, tenant: int | None) -> Answer:
    """An attachment, as a file to keep: only pictures, which we wrote ourselves, are shown by browsers."""
    row: Any = await call.read(reads.find_file, tenant, call.params["ticket_id"], call.params["file"])
    if row is None:
        raise NotFound("file")
    shown = "inline" if row["mime"].startswith("image/") else "attachment"
    name = row["name"].encode("ascii", "replace").decode().replace("?", "_")
    charset = "; charset=utf-8" if row["mime"] == "text/plain" else ""
    headers = {
        "Content-Type": f"{row['mime']}{charset}",
        "Content-Disposition": f'{shown}; filename="{name}"',
        "Cache-Control": "private, max-age=3600",
    }
    return Answer(raw=bytes(row["data"]), headers=headers)
