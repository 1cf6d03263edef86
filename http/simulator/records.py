"""The gateway's message records, as 2.3.7 writes them. Pure: ids and time come in.

`Content` is what a message says; `received`, `typed_on_phone` and `sent` put it into the record that webhooks carry.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any, cast

from . import samples
from .wire import Ids, JsonObject, index_map, long
from .world import Media, Stored

_EXTRAS = ("messageContextInfo", "base64", "mediaUrl")
_NOT_STORED = ("base64", "mediaUrl")
_WITHOUT_CONTEXT = frozenset({"conversation", "reactionMessage"})
"""Incoming messages of these types have no `contextInfo` at all; the others have null."""
TAPS = frozenset(
    {"listResponseMessage", "buttonsResponseMessage", "templateButtonReplyMessage", "interactiveResponseMessage"}
)
"""A customer's taps, which have their `contextInfo` twice."""
_BARE = frozenset({"conversation", "viewOnceMessage"})
"""What is sent as these has its `contextInfo` in the record alone."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says. kind: the content key, which is `messageType` too; value: what stands under it."""

    kind: str
    value: Any
    media: Media | None = None


def text(body: str) -> Content:
    """Plain text."""
    return Content("conversation", body)


def reaction(key: JsonObject, emoji: str, now: float) -> Content:
    """A reaction to the message with this key; an empty emoji takes it back."""
    sent_at = long(int(now * 1000), unsigned=False)
    return Content("reactionMessage", {"key": key, "text": emoji, "senderTimestampMs": sent_at})


def location(latitude: float, longitude: float, name: str, address: str) -> Content:
    """A place on the map."""
    value = {"degreesLatitude": latitude, "degreesLongitude": longitude, "name": name, "address": address}
    return Content("locationMessage", value)


def contact(name: str, phone: str) -> Content:
    """Somebody's card."""
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:;{name};;;", f"FN:{name}", f"item1.TEL;waid={phone}:+{phone}"]
    vcard = "\n".join([*lines, "item1.X-ABLabel:Celular", "END:VCARD"])
    return Content("contactMessage", {"displayName": name, "vcard": vcard})


def image(media: Media, ids: Ids, now: float) -> Content:
    """A photo."""
    node = _file_node(media, ids, now) | {"height": 480, "width": 640}
    if media.data == samples.photo():
        node["jpegThumbnail"] = index_map(samples.thumbnail())
    empty: JsonObject = {"interactiveAnnotations": [], "scanLengths": [], "annotations": []}
    return Content("imageMessage", empty | node, media)


def video(media: Media, ids: Ids, now: float) -> Content:
    """A video."""
    node = _file_node(media, ids, now) | {"seconds": max(1, len(media.data) // 200_000), "height": 848, "width": 478}
    empty: JsonObject = {"interactiveAnnotations": [], "annotations": [], "processedVideos": []}
    return Content("videoMessage", empty | node, media)


def audio(media: Media, ids: Ids, now: float, *, voice: bool) -> Content:
    """A voice note, or an audio file."""
    seconds = samples.ogg_seconds(media.data) or max(1, len(media.data) // 16_000)
    node = _file_node(media, ids, now) | {"seconds": seconds, "ptt": voice}
    if voice:
        node["waveform"] = _waveform(media.data)
    return Content("audioMessage", node, media)


def document(media: Media, ids: Ids, now: float) -> Content:
    """A file with a name."""
    name = media.file_name or "file"
    node = _file_node(media, ids, now) | {"title": name, "fileName": name, "pageCount": 1, "contactVcard": False}
    return Content("documentMessage", node, media)


def sticker(media: Media, ids: Ids, now: float) -> Content:
    """A sticker."""
    node = _file_node(media, ids, now) | {"height": 192, "width": 192}
    flags: JsonObject = {"isAnimated": False, "isAvatar": False, "isAiSticker": False, "isLottie": False}
    flags["stickerSentTs"] = long(int(now * 1000), unsigned=False)
    return Content("stickerMessage", node | flags, media)


def _file_node(media: Media, ids: Ids, now: float) -> JsonObject:
    path = f"/v/t62.7118-24/{ids.row()}.enc?ccb=11-4&oh=01_{ids.message('ios')}&oe=69823A10&_nc_sid=5e03e0"
    node: JsonObject = {
        "url": f"https://mmg.whatsapp.net{path}&mms3=true",
        "mimetype": media.mimetype,
        "fileSha256": index_map(hashlib.sha256(media.data).digest()),
        "fileLength": long(len(media.data)),
        "mediaKey": ids.data(32),
        "fileEncSha256": ids.data(32),
        "directPath": path,
        "mediaKeyTimestamp": long(int(now) - 3, unsigned=False),
    }
    return node | ({"caption": media.caption} if media.caption else {})


def _waveform(data: bytes) -> dict[str, int]:
    # 64 heights of 0 to 99. Drawn from the bytes, so that the same recording always looks the same.
    return index_map(bytes(byte % 91 for byte in hashlib.sha512(data).digest()))


def plain(message: JsonObject) -> JsonObject:
    """A message as it is quoted: its content alone."""
    return {name: value for name, value in message.items() if name not in _EXTRAS}


def quote(quoted_id: str, author: str, message: JsonObject) -> JsonObject:
    """The part of `contextInfo` that makes a message a reply. author: a jid."""
    return {"stanzaId": quoted_id, "participant": author, "quotedMessage": plain(message)}


def incoming(
    key: JsonObject,
    content: Content,
    ids: Ids,
    now: float,
    *,
    push_name: str | None,
    source: str,
    instance_id: str,
    with_base64: bool,
    quoted: JsonObject | None = None,
) -> JsonObject:
    """The record of `messages.upsert`: from a customer, or typed on our own phone (`key.fromMe`)."""
    message: JsonObject = {content.kind: content.value, "messageContextInfo": _device_data(ids, now)}
    if content.media is not None and with_base64:
        message["base64"] = base64.b64encode(content.media.data).decode()
    record: JsonObject = {
        "key": key,
        "pushName": push_name,
        "status": "SERVER_ACK" if key["fromMe"] else "DELIVERY_ACK",
        "message": message,
    }
    if quoted is not None or content.kind not in _WITHOUT_CONTEXT:
        record["contextInfo"] = quoted and _empty_context() | quoted
    if quoted is not None and content.kind in TAPS:
        message[content.kind] = content.value | {"contextInfo": record["contextInfo"]}
    return record | _tail(content, now, instance_id, source)


def sent(
    key: JsonObject,
    content: Content,
    now: float,
    *,
    instance_id: str,
    quoted: JsonObject | None = None,
) -> JsonObject:
    """The record of an API send: the answer of the call and the data of `send.message`."""
    value = content.value
    record: JsonObject = {"key": key, "pushName": "Você", "status": "PENDING"}
    if content.kind == "reactionMessage":
        return record | {"message": {content.kind: value}} | _tail(content, now, instance_id, "web")
    context = _empty_context() | (quoted or {}) | _disappearing(now)
    if content.kind not in _BARE:
        value = value | {"contextInfo": context}
    record |= {"message": {content.kind: value}, "contextInfo": context}
    return record | _tail(content, now, instance_id, "web")


def _tail(content: Content, now: float, instance_id: str, source: str) -> JsonObject:
    return {
        "messageType": content.kind,
        "messageTimestamp": int(now),
        "instanceId": instance_id,
        "source": source,
    }


def _empty_context() -> JsonObject:
    return {"mentionedJid": [], "groupMentions": [], "statusAttributions": []}


def _disappearing(now: float) -> JsonObject:
    since = long(int(now) - 172_800, unsigned=False)
    return {"ephemeralSettingTimestamp": since, "disappearingMode": {"initiator": 0}}


def _device_data(ids: Ids, now: float) -> JsonObject:
    return {
        "threadId": [],
        "deviceListMetadata": {
            "senderKeyIndexes": [],
            "recipientKeyIndexes": [],
            "senderKeyHash": ids.data(10),
            "senderTimestamp": long(int(now) - 777_600),
            "recipientKeyHash": ids.data(10),
            "recipientTimestamp": long(int(now) - 172_800),
        },
        "deviceListMetadataVersion": 2,
        "messageSecret": ids.data(32),
    }


def row(stored: Stored) -> JsonObject:
    """A message as `/chat/findMessages` shows it: as it is stored, which is not quite as it was told."""
    record = stored.record
    changed = stored.edited or stored.deleted
    updates = ["EDITED", "SERVER_ACK"] if changed else [stored.status] if stored.status != record["status"] else []
    at = stored.edited_at if stored.edited_at is not None else record["messageTimestamp"]
    return {
        "id": stored.row_id,
        "key": _stored_key(record["key"], stored.lid),
        "pushName": record["pushName"],
        "messageType": record["messageType"],
        "message": None if stored.deleted else _as_base64(_stored_message(stored)),
        "messageTimestamp": int(at),
        "instanceId": record["instanceId"],
        "source": record["source"],
        "contextInfo": record.get("contextInfo"),
        "MessageUpdate": [{"status": status} for status in updates],
    }


def _stored_key(key: JsonObject, lid: str | None) -> JsonObject:
    """A LID that 2.3.7 hides from the webhook stands in the store: the row is older than the rewriting."""
    return key if lid is None else {**key, "remoteJid": lid}


def _stored_message(stored: Stored) -> JsonObject:
    """An edit takes the message's place: of a picture the caption is left, and no file."""
    kind, message = stored.record["messageType"], stored.record["message"]
    if not stored.edited:
        return {name: value for name, value in message.items() if name not in _NOT_STORED}
    return {kind: message[kind] if kind == "conversation" else {"caption": message[kind]["caption"]}}


def _as_base64(value: Any) -> Any:
    """Bytes, which webhooks carry as index maps, as the store has them."""
    if isinstance(value, list):
        return [_as_base64(item) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("JsonObject", value)
    if fields and all(name.isdecimal() for name in fields):
        return base64.b64encode(bytes(fields.values())).decode()
    return {name: _as_base64(inner) for name, inner in fields.items()}
