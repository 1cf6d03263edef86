"""What a WhatsApp gateway can tell us, in our own words.

`plixa.http.whatsapp.evolution` translates the gateway's JSON into these values; the actors know nothing else of it.
All are immutable, all are plain data. Text is already free of NUL and of lone surrogates; times are aware, in UTC.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct


class MessageKind(StrEnum):
    """What a message is, as the contract's `type` of a message names it."""

    TEXT = "text"
    NOTE = "note"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    REACTION = "reaction"
    SYSTEM = "system"
    UNSUPPORTED = "unsupported"


class Peer(Struct, frozen=True):
    """The other side of a direct chat. At least one of `phone` and `lid` is there.

    phone: digits in the canonical national form (see `http/clients/numbers.py`), no plus.
    lid: WhatsApp's hidden id, digits only, without `@lid`.
    jid: the address that this message came under, device suffix removed: the form to answer to first.
    """

    phone: str | None
    lid: str | None
    jid: str


class Media(Struct, frozen=True, omit_defaults=True, gc=False):
    """A file that came with a message; its bytes are fetched by `key_id`, they are never in here."""

    mime: str
    bytes: int | None = None
    file_name: str | None = None
    duration_seconds: int | None = None
    waveform: tuple[int, ...] | None = None
    thumbnail: str | None = None
    """A small JPEG in base64, as WhatsApp made it; None when it is absent or over 16 KiB."""
    voice: bool = False
    animated: bool = False


class Option(Struct, frozen=True, gc=False):
    """Something to choose in a menu of ours. `id` comes back when it is tapped, and names the message, too."""

    id: str
    label: str


class Menu(Struct, frozen=True, gc=False):
    """Options that go out under a text of ours, as WhatsApp's reply buttons or as a list; the text numbers them, too.

    opens: what stands on the button that opens a list. footer: the small line under the text.
    """

    shown: Literal["buttons", "list"]
    options: tuple[Option, ...]
    opens: str
    footer: str


class Content(Struct, frozen=True, omit_defaults=True, gc=False):
    """What was said.

    body: what an agent reads: the text, the caption, or a line that says what this is ("Location: Loja Paulista, …").
    raw_type: the gateway's name of the innermost content ("imageMessage"), kept so that nothing is guessed later.
    choice: the id of the button, row or option that was picked, where it was a pick.
    extra: what else is worth keeping, in JSON types: coordinates, vcard names, poll options, advertisement referral.
    menu: what a text of ours lets the customer tap.
    aside: something done in the chat rather than said (a pin, a key, an encrypted change): nobody waits for an answer
    to it, and it answers nobody.
    """

    kind: MessageKind
    body: str | None
    raw_type: str
    media: Media | None = None
    choice: str | None = None
    extra: dict[str, object] | None = None
    menu: Menu | None = None
    aside: bool = False


def shown_start(at: datetime) -> str:
    """When an event starts, with the zone in which that is told."""
    return f"{at:%Y-%m-%d %H:%M} {at.tzname()}"


def in_zone(content: Content, zone: ZoneInfo) -> Content:
    """The content with an event's start on the clock of this zone."""
    starts = (content.extra or {}).get("starts_at")
    if not isinstance(starts, str) or content.body is None:
        return content
    at = datetime.fromisoformat(starts)
    return msgspec.structs.replace(
        content, body=content.body.replace(shown_start(at), shown_start(at.astimezone(zone)), 1)
    )


class MessageSeen(Struct, frozen=True, tag="message"):
    """A message in a direct chat, whoever wrote it.

    from_me: it came from our number. `via` then says how: "api" (a `send.message` record) or "phone" (typed by hand).
    quoted_key_id: the key id of the message that this one answers.
    push_name: the contact's own name for themselves; None when it is not known or not theirs.
    lid_hidden: the chat has a LID, and the record does not say which.
    """

    key_id: str
    peer: Peer
    from_me: bool
    via: Literal["contact", "phone", "api"]
    content: Content
    sent_at: datetime
    quoted_key_id: str | None = None
    push_name: str | None = None
    lid_hidden: bool = False


class StatusSeen(Struct, frozen=True, tag="status"):
    """A tick. `read_on_phone` means that a message of the contact was read on our own phone."""

    key_id: str
    status: Literal["sent", "delivered", "read", "played", "failed"]
    read_on_phone: bool = False


class EditSeen(Struct, frozen=True, tag="edit"):
    """A message has a new text (or caption)."""

    key_id: str
    body: str
    edited_at: datetime


class DeleteSeen(Struct, frozen=True, tag="delete"):
    """A message was deleted for everyone."""

    key_id: str


class ReactionSeen(Struct, frozen=True, tag="reaction"):
    """An emoji on the message `key_id`; an empty `emoji` takes it away. `reaction_key_id` is the reaction's own id."""

    key_id: str
    reaction_key_id: str
    emoji: str
    from_me: bool
    at: datetime


class ConnectionSeen(Struct, frozen=True, tag="connection"):
    """The gateway's word on a number's socket."""

    state: Literal["connecting", "open", "close", "refused"]
    reason: int
    phone: str | None = None
    profile_name: str | None = None


class QrSeen(Struct, frozen=True, tag="qr"):
    """A QR code to scan (`code` to render, `image` as a data URI), or none left (`limit_reached`)."""

    code: str | None
    image: str | None
    pairing_code: str | None = None
    limit_reached: bool = False


class LoggedOut(Struct, frozen=True, tag="logged_out"):
    """The session is gone; only a new QR brings it back. `removed`: the instance itself was deleted."""

    removed: bool = False


class Missing(Struct, frozen=True, tag="missing"):
    """The gateway, asked, does not know the instance: it was deleted there, or its data were lost."""


class NamesSeen(Struct, frozen=True, tag="names"):
    """Identities learnt in passing: pairs of phone and LID, and names. Empty names are never in here."""

    peers: tuple[tuple[Peer, str | None], ...]


class Ignored(Struct, frozen=True, tag="ignored"):
    """Understood, and not for us: `reason` is a short word that is counted ("group", "broadcast", "protocol", …)."""

    reason: str


class Unreadable(Struct, frozen=True, tag="unreadable"):
    """Not understood. `reason` says what was expected; the body itself is kept by the ingress."""

    reason: str


MessageUpdate = StatusSeen | EditSeen | DeleteSeen | ReactionSeen
NumberUpdate = ConnectionSeen | QrSeen | LoggedOut
Seen = MessageSeen | MessageUpdate | NumberUpdate | NamesSeen | Ignored | Unreadable
