"""What a message says: WhatsApp's `message` object as a `Content`.

The object holds one content under its type's name, often inside wrappers ("ephemeralMessage", "viewOnceMessage", …)
and beside device metadata. Invariants: every object gives a `Content`, unknown and empty ones too, with the gateway's
name of the innermost content in `raw_type`; wrappers are followed at most `MAX_WRAPPERS` deep; a body is no longer than
what WhatsApp lets people write, whatever it is put together from; nothing raises.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from plixa.actors.folding import upright
from plixa.actors.whatsapp.gateway import Content, Media, MessageKind
from plixa.http.whatsapp.evolution import contacts, described
from plixa.http.whatsapp.evolution.payload import (
    BODY,
    Json,
    as_bytes,
    as_int,
    cut,
    flag,
    mapping,
    scrub,
    text,
    url,
    whole,
)

MAX_WRAPPERS = 16
_MAX_NAME = 64  # characters of a type's name that are kept
_MAX_THUMBNAIL = 16_384  # characters of base64
_MAX_WAVEFORM = 256  # WhatsApp draws 64

# What stands beside a content and is none: metadata of WhatsApp's, additions of the gateway's, key distribution.
_BESIDE = frozenset(
    {
        "messageContextInfo",
        "senderKeyDistributionMessage",
        "fastRatchetKeySenderKeyDistributionMessage",
        "base64",
        "mediaUrl",
        "speechToText",
    }
)

Reader = Callable[[str, Json], Content]


def innermost(message: Json) -> tuple[str, object]:
    """The name and value of the content inside all wrappers; ("unknown", None) when there is none.

    A wrapper is whatever has a `message` object inside, so that wrappers of releases to come are followed too.
    """
    name, value = "unknown", None
    for _ in range(MAX_WRAPPERS):
        name, value = _first(message)
        inner = mapping(mapping(value).get("message"))
        if not inner:
            break
        message = inner
    return name, value


def _first(message: Json) -> tuple[str, object]:
    for name, value in message.items():
        if value is not None and name not in _BESIDE:
            return scrub(name[:_MAX_NAME]), value
    return "unknown", None


def content_of(message: Json, *, poll_updates: object = None) -> Content:
    """The content of a record's `message`; `poll_updates` is the record's field of that name."""
    return read(*innermost(message), poll_updates=poll_updates)


def read(name: str, value: object, *, poll_updates: object = None) -> Content:
    """The content of this name and value, as `innermost` gives them."""
    content = _read(name, value, poll_updates)
    if name in _ASIDE and content.kind is MessageKind.UNSUPPORTED:
        content = msgspec.structs.replace(content, aside=True)
    if content.body is None or len(content.body) <= BODY:
        return content
    return msgspec.structs.replace(content, body=cut(content.body, BODY))


def _read(name: str, value: object, poll_updates: object) -> Content:
    if name == "conversation":
        return _words(name, {"text": value})
    if name == "pollUpdateMessage":
        return described.vote(name, mapping(value), poll_updates)
    reader = _READERS.get(name)
    return reader(name, mapping(value)) if reader is not None else described.unsupported(name, _LINES.get(name))


def edited_text(message: Json) -> str | None:
    """The text or caption that an edit leaves; "" when a caption was taken away, None when it cannot be read."""
    name, value = innermost(message)
    if name == "protocolMessage":  # the edit's own envelope, in which some releases leave the new message
        name, value = innermost(mapping(mapping(value).get("editedMessage")))
    if name in _MEDIA:
        return text(mapping(value).get("caption"), BODY) or ""
    content = read(name, value)
    return content.body if content.kind is MessageKind.TEXT else None


def with_referral(content: Content, context: Json) -> Content:
    """The content with the advertisement that brought the customer here, if one did, as `extra["referral"]`."""
    ad = mapping(context.get("externalAdReply"))
    if not ad or not (ad.get("sourceId") or ad.get("ctwaClid")):
        return content
    referral = {name: clean for name, field, read in _REFERRAL if (clean := read(ad.get(field)))}
    if app := text(context.get("entryPointConversionApp")):
        referral["source_app"] = app
    return msgspec.structs.replace(content, extra={**(content.extra or {}), "referral": referral})


_REFERRAL = (
    ("title", "title", text),
    ("body", "body", partial(text, most=BODY)),
    ("source_type", "sourceType", text),
    ("source_id", "sourceId", whole),
    ("source_url", "sourceUrl", url),
    ("ctwa_clid", "ctwaClid", whole),
)


def _words(raw_type: str, value: Json) -> Content:
    words = text(value.get("text"), BODY)
    return (
        Content(MessageKind.TEXT, words, raw_type)
        if words
        else Content(MessageKind.UNSUPPORTED, "An empty message.", raw_type)
    )


def _media(kind: MessageKind, default_mime: str, raw_type: str, value: Json) -> Content:
    """A file. The bytes are never in here: url and keys are of no use without WhatsApp's decryption."""
    media = Media(
        mime=whole(value.get("mimetype")) or default_mime,
        bytes=_natural(value.get("fileLength")),
        file_name=_file_name(value),
        duration_seconds=_natural(value.get("seconds")),
        waveform=_waveform(value.get("waveform")),
        thumbnail=_thumbnail(value.get("jpegThumbnail") or value.get("pngThumbnail")),
        voice=kind is MessageKind.AUDIO and flag(value.get("ptt")),
        animated=any(flag(value.get(field)) for field in ("gifPlayback", "isAnimated", "isLottie")),
    )
    return Content(kind, text(value.get("caption"), BODY), raw_type, media=media)


def _file_name(value: Json) -> str | None:
    name = text(value.get("fileName")) or text(value.get("title"))
    return None if name is None else text(upright(name))


def _natural(value: object) -> int | None:
    number = as_int(value)
    return number if number is not None and number >= 0 else None


def _waveform(value: object) -> tuple[int, ...] | None:
    samples = as_bytes(value, limit=_MAX_WAVEFORM)
    return tuple(samples) if samples else None


def _thumbnail(value: object) -> str | None:
    picture = as_bytes(value, limit=_MAX_THUMBNAIL * 3 // 4)
    return base64.b64encode(picture).decode("ascii") if picture else None


_MEDIA: Mapping[str, Reader] = {
    "imageMessage": partial(_media, MessageKind.IMAGE, "image/jpeg"),
    "videoMessage": partial(_media, MessageKind.VIDEO, "video/mp4"),
    "ptvMessage": partial(_media, MessageKind.VIDEO, "video/mp4"),
    "audioMessage": partial(_media, MessageKind.AUDIO, "audio/ogg"),
    "documentMessage": partial(_media, MessageKind.DOCUMENT, "application/octet-stream"),
    "stickerMessage": partial(_media, MessageKind.STICKER, "image/webp"),
}

_READERS: Mapping[str, Reader] = {
    **_MEDIA,
    "extendedTextMessage": _words,
    "locationMessage": described.location,
    "liveLocationMessage": described.location,
    "contactMessage": contacts.contact,
    "contactsArrayMessage": contacts.contacts,
    "listResponseMessage": described.list_reply,
    "buttonsResponseMessage": described.button_reply,
    "templateButtonReplyMessage": described.button_reply,
    "interactiveResponseMessage": described.interactive_reply,
    "pollCreationMessage": described.poll,
    "pollCreationMessageV2": described.poll,
    "pollCreationMessageV3": described.poll,
    "pollCreationMessageV4": described.poll,
    "pollCreationMessageV5": described.poll,
    "pollResultSnapshotMessage": described.poll,
    "listMessage": described.list_offer,
    "buttonsMessage": described.buttons_offer,
    "templateMessage": described.template,
    "highlyStructuredMessage": described.structured,
    "interactiveMessage": described.interactive_offer,
    "productMessage": described.product,
    "orderMessage": described.order,
    "sendPaymentMessage": described.payment,
    "requestPaymentMessage": described.payment,
    "declinePaymentRequestMessage": described.payment,
    "cancelPaymentRequestMessage": described.payment,
    "paymentInviteMessage": described.payment,
    "invoiceMessage": described.payment,
    "eventMessage": described.event,
    "groupInviteMessage": described.group_invite,
    "newsletterAdminInviteMessage": described.channel_invite,
    "newsletterFollowerInviteMessageV2": described.channel_invite,
    "scheduledCallCreationMessage": described.call,
    "callLogMesssage": described.call,  # with three s, in WhatsApp's own schema
    "albumMessage": described.album,
    "stickerPackMessage": described.sticker_pack,
}

# What is done in a chat rather than said in it; a vote only where nobody can read what was voted for.
_ASIDE = frozenset(
    {
        "albumMessage",
        "bcallMessage",
        "call",
        "encCommentMessage",
        "encEventResponseMessage",
        "encReactionMessage",
        "keepInChatMessage",
        "messageHistoryBundle",
        "messageHistoryNotice",
        "pinInChatMessage",
        "pollAddOptionMessage",
        "pollUpdateMessage",
        "requestPhoneNumberMessage",
        "scheduledCallEditMessage",
        "secretEncryptedMessage",
        "statusNotificationMessage",
        "stickerSyncRmrMessage",
    }
)

_LINES: Mapping[str, str] = {
    "unknown": "A message without any content that can be read.",
    "placeholderMessage": "A message that WhatsApp shows on the main phone only.",
    "secretEncryptedMessage": "An encrypted change to an earlier message.",
    "encReactionMessage": "An encrypted reaction.",
    "encCommentMessage": "An encrypted comment.",
    "encEventResponseMessage": "An encrypted answer to an event.",
    "eventResponseMessage": "An answer to an event.",
    "pinInChatMessage": "A message was pinned or unpinned.",
    "keepInChatMessage": "A disappearing message was kept.",
    "requestPhoneNumberMessage": "A request to share the phone number.",
    "pollAddOptionMessage": "An option was added to a poll.",
    "richResponseMessage": "An answer by an assistant of WhatsApp's.",
}
