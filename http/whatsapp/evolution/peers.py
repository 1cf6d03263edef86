"""Who is at the other side of a chat: WhatsApp's addresses, and the several places where a record holds them.

A person has two addresses, a phone jid ("5511…@s.whatsapp.net") and a LID ("1182…@lid"); which of them a record
carries, and where, changed with almost every release. `peer_of` collects whatever is there. Invariants: a `Peer` is
never our own number, never a group, and holds its phone in canonical form.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from plixa.actors.whatsapp.gateway import Peer
from plixa.http.clients.numbers import canonical
from plixa.http.whatsapp.evolution.payload import Json

JidKind = Literal["phone", "lid", "group", "status", "broadcast", "channel", "bot", "unknown"]

_SERVERS: dict[str, JidKind] = {
    "s.whatsapp.net": "phone",
    "c.us": "phone",
    "hosted": "phone",
    "lid": "lid",
    "hosted.lid": "lid",
    "g.us": "group",
    "broadcast": "broadcast",
    "newsletter": "channel",
    "bot": "bot",
}
_USER = re.compile(r"([0-9]{1,20})(?:_[0-9]+)?(?::[0-9]+)?")  # 5511…_1:75 = account, agent, device

_CHAT_FIELDS = ("remoteJid", "remoteJidAlt", "previousRemoteJid")
_SENDER_FIELDS = ("senderPn", "senderLid", "participant", "participantAlt")


class Jid(Struct, frozen=True):
    """An address, taken apart. user: the digits, without device. bare: the whole address, without device."""

    kind: JidKind
    user: str
    bare: str


@lru_cache(maxsize=16_384)
def _parse(address: str) -> Jid:
    user, _, server = address.partition("@")
    kind = _SERVERS.get(server, "unknown")
    if address == "status@broadcast":
        return Jid("status", user, address)
    if kind not in ("phone", "lid"):
        return Jid(kind, user, address)
    match = _USER.fullmatch(user)
    if match is None:
        return Jid("unknown", user, address)
    domain = "s.whatsapp.net" if server == "c.us" else server
    return Jid(kind, match[1], f"{match[1]}@{domain}")


def jid(value: object) -> Jid | None:
    """The address in this field; None when there is none ("" stands for none in the gateway's records)."""
    # The length keeps a hostile body from filling the cache with megabytes.
    return _parse(value) if isinstance(value, str) and 0 < len(value) <= 128 else None


def own_phone(sender: object) -> str | None:
    """Our own number from an envelope's `sender`; None until the instance has been open once."""
    address = jid(sender)
    return canonical(address.user) if address is not None and address.kind == "phone" else None


def peer_of(key: Json, *, from_me: bool, own: str | None) -> Peer | None:
    """The other side of the direct chat of this message key; None when only our own number is named.

    Sender fields of a message from us name ourselves, so they are read only on messages to us. A record may also
    give our own number as the chat's other form (2.3.x on `fromMe`): `own` filters that.
    """
    fields = _CHAT_FIELDS if from_me else _CHAT_FIELDS + _SENDER_FIELDS
    phone = lid = None
    for field in fields:
        address = jid(key.get(field))
        if address is None:
            continue
        if address.kind == "phone" and phone is None and canonical(address.user) != own:
            phone = address
        elif address.kind == "lid" and lid is None:
            lid = address
    return _peer(phone, lid, jid(key.get("remoteJid")))


def _peer(phone: Jid | None, lid: Jid | None, came_under: Jid | None) -> Peer | None:
    first = phone or lid
    if first is None:
        return None
    if came_under is not None and lid is not None and came_under.bare == lid.bare:
        first = lid
    return Peer(canonical(phone.user) if phone else None, lid.user if lid else None, first.bare)
