"""The messages of a conversation: reading them, answering, notes, files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast
from urllib.parse import quote

import filetype
from pydantic import Field, StringConstraints

from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.view import message_resource
from plixa.actors.fields import Words, WordsOrNone
from plixa.actors.whatsapp.gateway import Content, Media, MessageKind
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event
from plixa.http.api import Answer, Call, cursors, rendering, route, shapes
from plixa.http.api.fields import Body, Id, Page
from plixa.http.conversation.file_names import download_name, plain_name
from plixa.http.conversation.finding import conversation, must_have_its_number
from plixa.http.conversation.parts import MEDIA
from plixa.storage.conversation import inbox

TAG = "Conversations"
FILE_LIMIT = 16 * 1024 * 1024
FORM_LIMIT = FILE_LIMIT + 256 * 1024
KINDS: dict[str, MessageKind] = {"image": MessageKind.IMAGE, "video": MessageKind.VIDEO, "audio": MessageKind.AUDIO}
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
"""What the gateway can surely read to send it as a picture. An iPhone's HEIC is none: it goes out as a document."""
SHOWN_INLINE = re.compile(r"(image/(jpeg|png|webp|gif)|video/(mp4|webm)|audio/[a-z0-9.+-]+)$")
MessageText = Annotated[Words, StringConstraints(min_length=1, max_length=4096)]


class NewMessage(Body):
    """A text to the customer, or a note that stays in the business.

    based_on: the log's offset up to which you have read; if the customer has written since, nothing is sent.
    """

    body: MessageText
    type: Literal["text", "note"] = "text"
    quoted_message_id: Id | None = None
    based_on: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None


SPOKEN = {"video/webm": "audio/webm", "video/mp4": "audio/mp4"}
"""Containers look the same whether there is a picture in them: what browsers record as a voice note is in one."""


class NewFile(Body):
    """The fields beside the file."""

    caption: Annotated[WordsOrNone, StringConstraints(max_length=1024)] | None = None
    voice: bool = False
    duration_seconds: Annotated[int, Field(ge=0, le=86_400)] | None = None
    waveform: Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(max_length=256)] | None = None
    quoted_message_id: Id | None = None


def author_of(call: Call) -> ev.Author:
    """The person at the panel, or the integration."""
    caller = call.caller
    return ev.Author("user", caller.user_id, caller.name) if caller.panel else ev.Author("api", caller.token_id)


def made(events: Sequence[Event], conversation_id: int) -> Answer:
    """The answer to a request that made a message: the message as it is at first."""
    message = next(event for event in events if isinstance(event, ev.MessageQueued | ev.MessageNoted))
    return Answer(message_resource(message, conversation_id), status=201)


@route("GET", "/v1/conversations/{id}/messages", tag=TAG, query=Page, answer=list[shapes.Message])
async def list_messages(call: Call) -> Answer:
    """List the messages of a conversation

    Newest first.
    """
    query: Page = call.query
    await conversation(call)
    before = cursors.decode(query.cursor, int)
    page, more = await call.read(inbox.list_messages, call.tenant, call.params["id"], before, query.limit)
    return Answer(page, {"next_cursor": cursors.encode(more), "limit": query.limit})


@route(
    "POST",
    "/v1/conversations/{conversation_id}/messages",
    tag=TAG,
    body=NewMessage,
    answer=shapes.Message,
    status=201,
    idempotent=True,
    raises=("NEWER_MESSAGES", "NUMBER_REMOVED"),
)
async def send_message(call: Call) -> Answer:
    """Answer the customer, or write a note

    It comes back as `queued` and goes out in order; what becomes of it is seen in its `status`. A note never leaves.
    With `based_on`, 409 `NEWER_MESSAGES` tells that the customer has written in the meantime, and nothing is sent.
    """
    body: NewMessage = call.body
    found = await conversation(call, "conversation_id")
    note = body.type == "note"
    if not note:
        await must_have_its_number(call, found)
    content = Content(MessageKind.NOTE if note else MessageKind.TEXT, body.body, "note" if note else "conversation")
    author, quoted = author_of(call), body.quoted_message_id
    command = (
        cmd.AddNote(author=author, content=content, quoted_message_id=quoted)
        if note
        else cmd.Send(author=author, content=content, quoted_message_id=quoted, based_on=body.based_on)
    )
    return await call.answered("conversation", found["id"], command, rendering(made, found["id"]))


@route(
    "POST",
    "/v1/conversations/{conversation_id}/media-messages",
    tag=TAG,
    body=NewFile,
    form=True,
    answer=shapes.Message,
    status=201,
    max_body=FORM_LIMIT,
    idempotent=True,
    rate="60/minute",
    raises=("NUMBER_REMOVED",),
)
async def send_file(call: Call) -> Answer:
    """Send a file to the customer

    An image, a video, an audio file or a document, up to 16 MB, in the form field `file`. What it is, is decided by its
    content; a picture that is no JPEG, PNG, WebP or GIF goes out as a document. WhatsApp shows no quote with a voice
    note where the gateway is older than 2.4.
    """
    body: NewFile = call.body
    found = await conversation(call, "conversation_id")
    await must_have_its_number(call, found)
    upload = call.files.get("file")
    data: bytes = upload.read() if upload is not None else b""
    if upload is None or not data:
        raise Invalid({"file": ["The file field is required and must not be empty."]})
    if len(data) > FILE_LIMIT:
        raise Invalid({"file": [f"The file may have at most {FILE_LIMIT // 1024 // 1024} MB."]})
    content = _content(body, data, upload.filename, upload.mimetype)
    stored = await call.services[MEDIA].put(call.tenant, _name_of(data), data)
    command = cmd.Send(
        author=author_of(call), content=content, media_sha256=stored, quoted_message_id=body.quoted_message_id
    )
    return await call.answered("conversation", found["id"], command, rendering(made, found["id"]))


def _name_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _content(body: NewFile, data: bytes, file_name: str | None, claimed: str | None) -> Content:
    guess = cast("Any", filetype.guess_mime)  # pyright: ignore[reportUnknownMemberType]
    guessed: str | None = guess(data)
    mime = guessed or (claimed if claimed and not claimed.startswith(tuple(KINDS)) else "application/octet-stream")
    if body.voice and (claimed or "").startswith(SPOKEN.get(mime, "?")):
        mime = SPOKEN[mime]
    kind = KINDS.get(mime.partition("/")[0], MessageKind.DOCUMENT)
    if kind is MessageKind.IMAGE and mime not in PICTURES:
        kind = MessageKind.DOCUMENT
    if body.voice and kind is not MessageKind.AUDIO:
        raise Invalid({"voice": ["Only an audio file can be sent as a voice note."]})
    media = Media(
        mime=mime,
        bytes=len(data),
        file_name=_file_name(file_name),
        duration_seconds=body.duration_seconds,
        waveform=tuple(body.waveform) if body.waveform else None,
        voice=body.voice,
    )
    return Content(kind, body.caption or None, f"{kind}Message", media)


def _file_name(name: str | None) -> str | None:
    return plain_name(name or "") or None


@route(
    "GET",
    "/v1/conversations/{conversation_id}/messages/{message_id}/media",
    tag=TAG,
    answer=bytes,
)
async def get_media(call: Call) -> Answer:
    """Download a message's file"""
    await conversation(call, "conversation_id")
    row = await call.read(inbox.get_media, call.tenant, call.params["message_id"])
    if row is None or row["conversation_id"] != call.params["conversation_id"]:
        raise NotFound("file")
    data = await call.services[MEDIA].get(call.tenant, row["stored_as"])
    if data is None:
        raise NotFound("file")
    mime: str = row["mime"].partition(";")[0].strip().lower()
    inline = SHOWN_INLINE.match(mime) is not None
    media: dict[str, Any] = row["media"] or {}
    name = download_name(media.get("file_name"), mime, f"message-{row['message_id']}")
    headers = {
        "Content-Type": mime if inline else "application/octet-stream",
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "private, max-age=86400, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Answer(raw=data, headers=headers)
