"""A webhook body of the gateway, translated into what was seen.

Invariants: `translate` and `translated` take any JSON value, never raise and never answer nothing; the same envelope
and `now` give the same answer; what is understood but not for us is `Ignored` with a word to count, what is not
understood is `Unreadable` with what was expected. Ticks, edits and deletions are matched by the message's id alone:
the address on them may be a LID, may carry a device, and on an edit is written from the editor's side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Literal, cast

from plixa.actors.folding import name_of
from plixa.actors.whatsapp.gateway import (
    ConnectionSeen,
    DeleteSeen,
    EditSeen,
    Ignored,
    LoggedOut,
    NamesSeen,
    Peer,
    QrSeen,
    Seen,
    StatusSeen,
    Unreadable,
)
from plixa.http.whatsapp.evolution.content import edited_text
from plixa.http.whatsapp.evolution.payload import (
    QR_CODE,
    QR_IMAGE,
    Json,
    NotJson,
    as_int,
    decode as decode,
    mapping,
    message_id,
    sequence,
    text,
    whole,
)
from plixa.http.whatsapp.evolution.peers import jid, own_phone, peer_of
from plixa.http.whatsapp.evolution.records import Origin, edit_seen, not_direct, record_seen, told_at

__all__ = ["NotJson", "decode", "each", "instance_of", "translate", "translated"]

Status = Literal["sent", "delivered", "read", "played", "failed"]
State = Literal["connecting", "open", "close", "refused"]
NAMES_AT_ONCE = 100
Translator = Callable[[object, Json, datetime], Seen]


def translate(envelope: object, *, now: datetime) -> list[Seen]:
    """What a decoded webhook body tells, in its order. `now`: aware, stands in for times that are missing or absurd."""
    fields = mapping(envelope)
    return list(translated(fields, each(fields.get("data")), now=now))


def translated(fields: Json, items: Iterable[object], *, now: datetime) -> Iterator[Seen]:
    """The same for a body that comes in pieces: the envelope without its data, and the items of the data.

    No item is asked for before what the last one tells was taken. An item may be a `NotJson`: it is not readable then.
    """
    event = fields.get("event")
    if not isinstance(event, str):
        return iter([Unreadable("A webhook body: expected a JSON object with a text under 'event'.")])
    translator = _TRANSLATORS.get(event)
    if translator is not None:
        return _items(translator, fields, items, now)
    return _names(fields, items) if event in _CONTACTS else iter([_other(event)])


def _items(translator: Translator, fields: Json, items: Iterable[object], now: datetime) -> Iterator[Seen]:
    empty = True
    for item in items:
        empty = False
        yield Unreadable(str(item)) if isinstance(item, NotJson) else translator(item, fields, now)
    if empty:
        yield Ignored("empty")


def instance_of(envelope: object) -> str | None:
    """The name of the instance that a body says it is about; None when it says nothing.

    Anyone who can post can write it: whose webhook it is follows from the URL and its secret, never from this.
    """
    return whole(mapping(envelope).get("instance"))


def each(data: object) -> Sequence[object]:
    """The items of an event's data: releases differ in whether it comes alone or in an array."""
    return sequence(cast("object", data)) if isinstance(data, list) else (data,)


def _other(event: str) -> Seen:
    reason = _IGNORED.get(event)
    if reason is not None:
        return Ignored(reason)
    return Unreadable(f"An event named {event[:64]!r}: expected one of the gateway's events up to 2.4.")


# Messages ------------------------------------------------------------------------------------------------------------


def _received(data: object, envelope: Json, now: datetime) -> Seen:
    return record_seen(data, Origin(own_phone(envelope.get("sender")), now))


def _sent(data: object, envelope: Json, now: datetime) -> Seen:
    return record_seen(data, Origin(own_phone(envelope.get("sender")), now, api=True))


def _edited(data: object, _envelope: Json, now: datetime) -> Seen:
    return edit_seen(data, now)


def _deleted(data: object, _envelope: Json, _now: datetime) -> Seen:
    """Two shapes: a stored row, whose `id` is the row's and whose key is under `key`; or the key itself."""
    fields = mapping(data)
    key = mapping(fields.get("key")) or fields
    if ignored := not_direct(jid(key.get("remoteJid"))):
        return ignored
    key_id = message_id(key.get("id"))
    return (
        DeleteSeen(key_id) if key_id else Unreadable("A deletion: expected the message's id in data.key.id or data.id.")
    )


# Ticks ---------------------------------------------------------------------------------------------------------------

_STATUSES: Mapping[object, Status] = {
    "ERROR": "failed",
    "SERVER_ACK": "sent",
    "DELIVERY_ACK": "delivered",
    "READ": "read",
    "PLAYED": "played",
    0: "failed",
    2: "sent",
    3: "delivered",
    4: "read",
    5: "played",
}


def _updated(data: object, envelope: Json, now: datetime) -> Seen:
    fields = mapping(data)
    if ignored := not_direct(jid(fields.get("remoteJid"))):
        return ignored
    key_id = message_id(fields.get("keyId")) or message_id(mapping(fields.get("key")).get("id"))
    if key_id is None:
        return Unreadable("An update of a message: expected the message's id in data.keyId.")
    message = mapping(fields.get("message"))
    if "editedMessage" in message or "protocolMessage" in message:
        return _edit_in_update(key_id, message, told_at(envelope.get("date_time"), now))
    return _status(key_id, fields)


def _edit_in_update(key_id: str, message: Json, at: datetime) -> Seen:
    """The edit as 2.3.7 gives it: beside a status that means nothing, and without a time but the envelope's."""
    body = edited_text(message)
    return EditSeen(key_id, body, at) if body is not None else Ignored("edit_without_text")


def _status(key_id: str, fields: Json) -> Seen:
    """A tick, unless it is one of those that the gateway fills in for want of a status.

    2.3.7 writes SERVER_ACK on any update without status (a star, a vote), 2.3.0 to 2.3.4 wrote DELETED; on a message
    of the contact only READ and PLAYED say something: that it was read on our own phone.
    """
    raw = fields.get("status")
    status = _STATUSES.get(raw) if isinstance(raw, (str, int)) and not isinstance(raw, bool) else None
    if status is None:
        return Ignored("no_status")
    if status == "sent" and fields.get("pollUpdates"):
        return Ignored("poll")
    if fields.get("fromMe") is not False:
        return StatusSeen(key_id, status)
    return StatusSeen(key_id, status, read_on_phone=True) if status in ("read", "played") else Ignored("own_receipt")


# The number's connection ---------------------------------------------------------------------------------------------


_STATES: Mapping[str, State] = {"connecting": "connecting", "open": "open", "close": "close", "refused": "refused"}


def _connection(data: object, _envelope: Json, _now: datetime) -> Seen:
    fields = mapping(data)
    raw = fields.get("state")
    state = _STATES.get(raw) if isinstance(raw, str) else None
    if state is None:
        return Unreadable("A connection update: expected data.state to be connecting, open, close or refused.")
    return ConnectionSeen(
        state, as_int(fields.get("statusReason")) or 0, own_phone(fields.get("wuid")), text(fields.get("profileName"))
    )


def _closed(data: object, _envelope: Json, _now: datetime) -> Seen:
    """`status.instance`, which comes with a close that is for good and gives its reason."""
    fields = mapping(data)
    if fields.get("status") != "closed":
        return Ignored("instance")
    return ConnectionSeen("close", as_int(fields.get("disconnectionReasonCode")) or 0)


def _qr(data: object, _envelope: Json, _now: datetime) -> Seen:
    fields = mapping(data)
    if "qrcode" not in fields and (as_int(fields.get("statusCode")) is not None or text(fields.get("message"))):
        return QrSeen(None, None, limit_reached=True)
    qr = mapping(fields.get("qrcode"))
    code, image = whole(qr.get("code"), QR_CODE), whole(qr.get("base64"), QR_IMAGE)
    if code is None and image is None:
        return Unreadable("A QR code: expected data.qrcode with 'code' or 'base64', or a message that none are left.")
    return QrSeen(code, image, whole(qr.get("pairingCode")))


def _logged_out(_data: object, _envelope: Json, _now: datetime) -> Seen:
    return LoggedOut()


def _removed(_data: object, _envelope: Json, _now: datetime) -> Seen:
    return LoggedOut(removed=True)


# Names ---------------------------------------------------------------------------------------------------------------


def _names(envelope: Json, items: Iterable[object]) -> Iterator[Seen]:
    """The contacts of one event, some at a time; those that teach nothing (no name, one address only) are left out."""
    own, rest, taught = own_phone(envelope.get("sender")), iter(items), False
    while some := list(islice(rest, NAMES_AT_ONCE)):
        found = (_named(mapping(item), own) for item in some)
        peers = tuple(pair for pair in found if pair is not None)
        if peers:
            taught = True
            yield NamesSeen(peers)
    if not taught:
        yield Ignored("contacts")


def _named(contact: Json, own: str | None) -> tuple[Peer, str | None] | None:
    address = jid(contact.get("remoteJid"))
    if address is None or not_direct(address):
        return None
    peer = peer_of(contact, from_me=False, own=own)
    if peer is None:
        return None
    name = name_of(text(contact.get("pushName")))
    if name is None:  # the bare number, where the gateway knows no name
        return (peer, None) if peer.phone and peer.lid else None
    return peer, name


_TRANSLATORS: Mapping[str, Translator] = {
    "messages.upsert": _received,
    "messages.set": _received,
    "send.message": _sent,
    "messages.update": _updated,
    "messages.edited": _edited,
    "send.message.update": _edited,
    "messages.delete": _deleted,
    "connection.update": _connection,
    "status.instance": _closed,
    "qrcode.updated": _qr,
    "logout.instance": _logged_out,
    "remove.instance": _removed,
    "instance.delete": _removed,
}

_CONTACTS = frozenset({"contacts.set", "contacts.upsert", "contacts.update"})

_IGNORED: Mapping[str, str] = {
    "call": "call",
    "presence.update": "presence",
    "chats.set": "chats",
    "chats.upsert": "chats",
    "chats.update": "chats",
    "chats.delete": "chats",
    "groups.upsert": "group",
    "groups.update": "group",
    "group.update": "group",
    "group-participants.update": "group",
    "labels.edit": "labels",
    "labels.association": "labels",
    "typebot.start": "typebot",
    "typebot.change-status": "typebot",
    "instance.create": "instance",
    "application.startup": "instance",
    "messaging-history.set": "history",
    "error": "gateway_error",
}
