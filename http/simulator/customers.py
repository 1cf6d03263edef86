"""The customers' side: what they write, edit, delete, react to and read, and what is typed on the business's own phone.

A body is one `CustomerMessage`; what the gateway makes of it goes out as webhooks, exactly as 2.3.7 would send them.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Literal

from msgspec import Meta, Struct

from . import menus, numbers, records, samples, ticks
from .errors import GatewayError
from .gateway_messages import rewrite
from .records import Content
from .simulator import Simulator
from .wire import JsonObject
from .world import Instance, Media, Phone, Stored

Kind = Literal[
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contact",
    "reaction",
    "tap",
    "edit",
    "delete",
    "played",
]


class CustomerMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /sim/customers/{phone}/messages`."""

    instance: str
    type: Kind = "text"
    text: str = ""
    """The message, a caption, the emoji of a reaction, or the new text of an edit."""
    to: str | None = None
    """`key.id` of the message that a reaction, a tap, an edit, a deletion or "played" is about."""
    choice: str = ""
    """The id of the button or row that is tapped."""
    reply_as: menus.ReplyAs = "interactive"
    """How the tap on a button comes back; a list's row has one way."""
    quoted: str | None = None
    """`key.id` of the message that this one replies to."""
    name: str | None = None
    """The customer's own display name (`pushName`); remembered for the next message."""
    from_me: bool = False
    """Typed on the business's own phone instead."""
    id: str | None = None
    """A `key.id` of your own, for tests of duplicates."""
    addressing: Literal["pn", "lid", "lid_only"] = "pn"
    """pn: by number. lid: a LID chat as 2.3.7 shows it. lid_only: the number stays unknown."""
    source: Literal["android", "ios", "web"] = "android"
    timestamp: Annotated[int, Meta(ge=0, le=253_402_300_799)] | None = None
    """Unix seconds; None is now."""
    media: str | None = None
    """The file in base64; None takes a sample, of which there is none for a video."""
    mimetype: str | None = None
    file_name: str | None = None
    seconds: Annotated[int, Meta(ge=1, le=120)] = 3
    """Of the sample voice note."""
    voice: bool = True
    latitude: float = -23.561414
    longitude: float = -46.655881
    place: str = "Loja Paulista"
    address: str = "Av. Paulista, 1578 - Bela Vista, São Paulo"
    contact_name: str = "Oficina do Zé"
    contact_phone: str = "5511900007788"


def write(simulator: Simulator, phone: Phone, instance: Instance, message: CustomerMessage) -> Stored:
    """Do what the customer did. Returns the message it made or touched. Raises GatewayError 404, 409."""
    if instance.state != "open":
        raise GatewayError(
            409,
            f'Instance "{instance.name}" is {instance.state}, so no phone is linked to it. Expected "open": '
            f"open {simulator.public_url}/sim/scan/{instance.name} first.",
        )
    if message.name:
        phone.name = message.name
        simulator.changed(phone)
    act = _ACTS.get(message.type)
    if act is not None:
        target = _target(instance, message.to, message.type)
        act(simulator, instance, target, message)
        return target
    return _say(simulator, phone, instance, message)


def _say(simulator: Simulator, phone: Phone, instance: Instance, message: CustomerMessage) -> Stored:
    now = float(message.timestamp) if message.timestamp is not None else simulator.clock()
    content = _content(simulator, instance, phone, message, now)
    record = records.incoming(
        _key(simulator, phone, message),
        content,
        simulator.ids,
        now,
        push_name=_push_name(phone, instance, message),
        source=message.source,
        instance_id=instance.id,
        with_base64=instance.base64_active,
        quoted=_tapped(instance, message) if message.type == "tap" else _quoted(instance, message.quoted),
    )
    stored = simulator.keep(instance, record, phone.number, "phone" if message.from_me else "customer", content)
    if message.addressing == "lid":
        stored.lid = phone.lid + numbers.LID
    simulator.emit(instance, "messages.upsert", record)
    if message.from_me:
        ticks.follow(simulator, instance, stored)
    return stored


def _key(simulator: Simulator, phone: Phone, message: CustomerMessage) -> JsonObject:
    pn, lid = phone.number + numbers.USER, phone.lid + numbers.LID
    addresses = {
        "pn": {"remoteJid": pn, "remoteJidAlt": lid},
        "lid": {"remoteJid": pn, "remoteJidAlt": pn},  # 2.3.7 overwrites the LID with the number
        "lid_only": {"remoteJid": lid},
    }
    return {
        **addresses[message.addressing],
        "fromMe": message.from_me,
        "id": message.id or simulator.ids.message(message.source),
        "participant": "",
        "addressingMode": "pn" if message.addressing == "pn" else "lid",
    }


def _push_name(phone: Phone, instance: Instance, message: CustomerMessage) -> str | None:
    if message.from_me:
        return "Você" if message.source == "web" else instance.name
    return phone.name


def _quoted(instance: Instance, message_id: str | None) -> JsonObject | None:
    if message_id is None:
        return None
    quoted = _target(instance, message_id, "quoted")
    author = instance.jid if quoted.from_me else quoted.record["key"]["remoteJid"]
    return records.quote(quoted.id, author, quoted.record["message"])


def _tapped(instance: Instance, message: CustomerMessage) -> JsonObject:
    menu = _target(instance, message.to, "tap")
    return {"stanzaId": menu.id, "participant": instance.jid} | menus.quoted(menu, message.reply_as)


def _target(instance: Instance, message_id: str | None, what: str) -> Stored:
    stored = instance.messages.get(message_id or "")
    if stored is None:
        field = "quoted" if what == "quoted" else "to"
        raise GatewayError(
            404,
            f'Instance "{instance.name}" has no message {message_id!r}. Expected in "{field}" the id of a message that '
            f"is still kept: take one from GET /sim/customers/{{phone}}/messages.",
        )
    return stored


def _content(simulator: Simulator, instance: Instance, phone: Phone, message: CustomerMessage, now: float) -> Content:
    ids = simulator.ids
    if message.type == "reaction":
        return _reaction(instance, message, now)
    if message.type == "tap":
        return menus.tap(_target(instance, message.to, "tap"), message.choice, message.reply_as)
    if message.type == "location":
        return records.location(message.latitude, message.longitude, message.place, message.address)
    if message.type == "contact":
        return records.contact(message.contact_name, message.contact_phone)
    if message.type == "text":
        return records.text(message.text)
    media = _media(message)
    if message.type == "audio":
        return records.audio(media, ids, now, voice=message.voice)
    build = {"image": records.image, "video": records.video, "sticker": records.sticker}
    return build.get(message.type, records.document)(media, ids, now)


def _reaction(instance: Instance, message: CustomerMessage, now: float) -> Content:
    target = _target(instance, message.to, "reaction")
    target.reactions["business" if message.from_me else "customer"] = message.text
    key = target.record["key"]
    about = {"remoteJid": key["remoteJid"], "fromMe": target.from_me, "id": target.id}
    return records.reaction(about, message.text, now)


def _media(message: CustomerMessage) -> Media:
    if message.type == "video" and message.media is None:
        raise GatewayError(400, 'There is no sample video. Expected the file in "media", as plain base64.')
    sample, mimetype, file_name = _sample(message)
    try:
        data = base64.b64decode(message.media, validate=True) if message.media is not None else sample
    except (binascii.Error, ValueError) as error:
        raise GatewayError(
            400, f'"media" is no base64: {error}. Expected plain base64, without a "data:" prefix and line breaks.'
        ) from error
    return Media(data, message.mimetype or mimetype, message.file_name or file_name, message.text or None)


def _sample(message: CustomerMessage) -> tuple[bytes, str, str | None]:
    if message.type == "audio":
        return samples.voice_note(message.seconds), "audio/ogg; codecs=opus", None
    if message.type == "sticker":
        return samples.sticker(), "image/webp", None
    if message.type == "document":
        return samples.document(), "application/pdf", "invoice-2291.pdf"
    return samples.photo(), "video/mp4" if message.type == "video" else "image/jpeg", None


def _edit(simulator: Simulator, instance: Instance, target: Stored, message: CustomerMessage) -> None:
    rewrite(target, message.text, simulator.clock())
    edited = {
        "key": _as_its_author_sees(instance, target),
        "type": "MESSAGE_EDIT",
        "editedMessage": {"conversation": message.text},
        "timestampMs": str(int(simulator.clock() * 1000)),
    }
    simulator.emit(instance, "messages.edited", edited)
    # 2.3.7 tells every edit a second time, with a status that means nothing.
    inner = {"editedMessage": {"message": {"conversation": message.text}}}
    companion = ticks.update(target, instance) | {"status": "SERVER_ACK", "participant": "", "message": inner}
    simulator.emit(instance, "messages.update", companion)


def _delete(simulator: Simulator, instance: Instance, target: Stored, message: CustomerMessage) -> None:
    target.deleted = True
    simulator.emit(instance, "messages.delete", target.record["key"] | {"status": "DELETED"})
    simulator.emit(instance, "messages.edited", {"key": _as_its_author_sees(instance, target), "type": "REVOKE"})


def _as_its_author_sees(instance: Instance, target: Stored) -> JsonObject:
    # Edits and deletions are told from the side of whoever made them: a contact's names our jid, and says fromMe.
    jid = target.record["key"]["remoteJid"] if target.from_me else instance.jid
    return {"remoteJid": jid, "fromMe": True, "id": target.id}


def _play(simulator: Simulator, instance: Instance, target: Stored, message: CustomerMessage) -> None:
    ticks.advance(simulator, instance, target, "PLAYED")


_ACTS: dict[str, Callable[[Simulator, Instance, Stored, CustomerMessage], None]] = {
    "edit": _edit,
    "delete": _delete,
    "played": _play,
}
