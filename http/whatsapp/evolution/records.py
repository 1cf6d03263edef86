"""One message record, wherever it came from: a webhook, the history after pairing, or a look-up.

Invariants: a record of a direct chat becomes a `MessageSeen`, or a `ReactionSeen` or `EditSeen` where WhatsApp made a
message of those, or a `DeleteSeen` where the store kept no more of it; whatever a customer wrote is never dropped
because its content is not understood; a record of a group, a status post or a broadcast
list of ours is `Ignored` with that word.
Times are aware and never in the future.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from plixa.actors.folding import name_of
from plixa.actors.whatsapp.gateway import (
    DeleteSeen,
    EditSeen,
    Ignored,
    MessageSeen,
    Peer,
    ReactionSeen,
    Seen,
    Unreadable,
)
from plixa.http.clients.numbers import canonical
from plixa.http.whatsapp.evolution.content import edited_text, innermost, read, with_referral
from plixa.http.whatsapp.evolution.payload import Json, as_int, flag, mapping, message_id, sequence, text
from plixa.http.whatsapp.evolution.peers import Jid, jid, peer_of

_WHATSAPP_BEGAN = 1_230_768_000  # 2009-01-01: no message is older
_MILLISECONDS = 100_000_000_000  # seconds reach this in the year 5138, milliseconds passed it in 1973
_TOLERATED_SKEW = timedelta(minutes=5)
_NOT_DIRECT = frozenset({"group", "status", "broadcast", "channel", "bot"})
_LONGEST_EMOJI = 64
_MESSAGE_EDIT = frozenset({"MESSAGE_EDIT", 14})


class Origin(Struct, frozen=True):
    """What a record does not say itself: our own number where known, when it was received, and by which way."""

    own: str | None
    now: datetime
    api: bool = False


def moment(value: object, now: datetime) -> datetime:
    """The time that a number of seconds (or milliseconds) since 1970 stands for; `now` for what cannot be one.

    A clock a little ahead is believed; a time before WhatsApp or more than five minutes ahead of `now` is not.
    """
    number = as_int(value)
    if number is None or number < _WHATSAPP_BEGAN:
        return now
    seconds = number / 1000 if number >= _MILLISECONDS else number
    latest = now + _TOLERATED_SKEW
    return datetime.fromtimestamp(seconds, UTC) if _WHATSAPP_BEGAN <= seconds <= latest.timestamp() else now


def told_at(value: object, now: datetime) -> datetime:
    """The time of an envelope (ISO 8601); `now` where there is none that can be."""
    try:
        at = datetime.fromisoformat(text(value) or "")
    except ValueError:
        return now
    return moment(at.timestamp(), now) if at.tzinfo is not None else now


def not_direct(address: Jid | None) -> Ignored | None:
    """Why a chat of this address is not for us; None when it may be."""
    return Ignored(address.kind) if address is not None and address.kind in _NOT_DIRECT else None


def record_seen(record: object, origin: Origin) -> Seen:
    """What one message record tells."""
    fields = mapping(record)
    key = mapping(fields.get("key"))
    key_id, chat = message_id(key.get("id")), jid(key.get("remoteJid"))
    if origin.api and key.get("id", ...) is None:
        return Ignored("no_id")  # 2.3.7 tells of its own buttons before they have one
    if key_id is None or chat is None:
        return Unreadable("A message record: expected key.id and key.remoteJid, both texts.")
    if (ignored := not_direct(chat)) and not _is_sent_to_us(chat, key):
        return ignored
    peer = peer_of(key, from_me=flag(key.get("fromMe")), own=origin.own)
    if peer is None:
        return _nobody(chat, origin.own)
    return _from_peer(fields, key_id, peer, origin)


def _is_sent_to_us(chat: Jid, key: Json) -> bool:
    """Whether it came through a contact's broadcast list: to whoever gets it, a message like any other."""
    return (
        chat.kind == "broadcast" and not flag(key.get("fromMe")) and peer_of(key, from_me=False, own=None) is not None
    )


def _nobody(chat: Jid, own: str | None) -> Seen:
    if chat.kind == "phone" and canonical(chat.user) == own:
        return Ignored("self")
    return Unreadable("A message record: expected a phone or LID address in the fields of its key.")


def _from_peer(fields: Json, key_id: str, peer: Peer, origin: Origin) -> Seen:
    name, value = innermost(mapping(fields.get("message")))
    if name == "reactionMessage":
        return _reaction(fields, key_id, mapping(value), origin)
    if name == "protocolMessage":
        return edit_seen(value, origin.now)
    if name == "unknown" and _was_deleted(fields):
        return DeleteSeen(key_id)
    if name == "unknown" and fields.get("messageStubType"):
        return Ignored("system")
    return _message(fields, key_id, peer, name, value, origin)


def _was_deleted(row: Json) -> bool:
    """A row of the gateway's store loses its message when that is deleted, and tells of it as if it were an edit."""
    updates = (mapping(update).get("status") for update in sequence(row.get("MessageUpdate")))
    return row.get("message", ...) is None and "EDITED" in updates


def _message(fields: Json, key_id: str, peer: Peer, name: str, value: object, origin: Origin) -> MessageSeen:
    key = mapping(fields.get("key"))
    from_me = flag(key.get("fromMe"))
    context = mapping(fields.get("contextInfo"))
    content = read(name, value, poll_updates=fields.get("pollUpdates"))
    if from_me and name == "pollUpdateMessage":  # our own vote answers a poll, and not the customer
        content = msgspec.structs.replace(content, aside=True)
    return MessageSeen(
        key_id=key_id,
        peer=peer,
        from_me=from_me,
        via="contact" if not from_me else "api" if origin.api else "phone",
        content=with_referral(content, context) if context else content,
        sent_at=moment(fields.get("messageTimestamp"), origin.now),
        quoted_key_id=_quoted(context, mapping(value)),
        push_name=None if from_me else _name(fields.get("pushName"), peer),
        lid_hidden=key.get("addressingMode") == "lid" and peer.lid is None,
    )


def _quoted(context: Json, value: Json) -> str | None:
    """The message that is answered; a vote answers its poll. 2.4.0 has other data in the record's own context."""
    for place in (context, mapping(value.get("contextInfo"))):
        if quoted := message_id(place.get("stanzaId")):
            return quoted
    return message_id(mapping(value.get("pollCreationMessageKey")).get("id"))


def _name(value: object, peer: Peer) -> str | None:
    """The contact's name; the gateway puts the bare number there when it knows none."""
    name = name_of(text(value))
    return None if name in (peer.phone, peer.lid) else name


def _reaction(fields: Json, key_id: str, value: Json, origin: Origin) -> Seen:
    target = message_id(mapping(value.get("key")).get("id"))
    if target is None:
        return Unreadable("A reaction: expected message.reactionMessage.key.id, the message that is reacted to.")
    return ReactionSeen(
        key_id=target,
        reaction_key_id=key_id,
        emoji=text(value.get("text"), _LONGEST_EMOJI) or "",
        from_me=flag(mapping(fields.get("key")).get("fromMe")),
        at=moment(fields.get("messageTimestamp"), origin.now),
    )


def edit_seen(protocol: object, now: datetime) -> Seen:
    """The edit in a protocol message. All other protocol messages are ignored: some hold key material."""
    fields = mapping(protocol)
    kind = fields.get("type")
    if not isinstance(kind, (str, int)) or kind not in _MESSAGE_EDIT:
        return Ignored("protocol")
    key_id = message_id(mapping(fields.get("key")).get("id"))
    if key_id is None:
        return Unreadable("An edit: expected key.id, the message that was edited.")
    body = edited_text(mapping(fields.get("editedMessage")))
    if body is None:
        return Ignored("edit_without_text")
    return EditSeen(key_id, body, moment(fields.get("timestampMs"), now))
