"""Shared contacts: the names and numbers of a vCard, as much of it as WhatsApp writes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from plixa.actors.whatsapp.gateway import Content, Kind
from plixa.http.clients.numbers import canonical
from plixa.http.whatsapp.evolution.payload import Json, mapping, sequence, text

_MAX_CARDS = 50
_MAX_CARD = 16_384  # characters of a vCard that are read; photos come after the numbers
_MAX_PHONES = 10
_TELEPHONE = re.compile(r"^(?:item[0-9]{1,3}\.)?TEL\b([^:\r\n]*):([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_WAID = re.compile(r"waid=([0-9]{5,20})", re.IGNORECASE)
_FULL_NAME = re.compile(r"^FN[^:\r\n]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)

Card = dict[str, object]


def contact(raw_type: str, value: Json) -> Content:
    """One card."""
    return _content(raw_type, [_card(value)])


def contacts(raw_type: str, value: Json) -> Content:
    """Several cards, at most 50 of them."""
    cards = [_card(mapping(item)) for item in sequence(value.get("contacts"))[:_MAX_CARDS]]
    return _content(raw_type, cards or [_card(value)])


def _content(raw_type: str, cards: Sequence[Card]) -> Content:
    label = "Contact" if len(cards) == 1 else "Contacts"
    body = f"{label}: {'; '.join(_line(card) for card in cards)}"
    return Content(Kind.CONTACT, body, raw_type, extra={"contacts": list(cards)})


def _card(value: Json) -> Card:
    """{"name": text, "phones": canonical numbers}; the name falls back to the card's own, then to "unnamed"."""
    vcard = text(value.get("vcard"), _MAX_CARD) or ""
    match = _FULL_NAME.search(vcard)
    name = text(value.get("displayName")) or (text(match[1]) if match else None) or "unnamed"
    return {"name": name.strip(), "phones": _phones(vcard)}


def _phones(vcard: str) -> list[str]:
    """Each number once. `waid` is WhatsApp's own id of the number and better than what the owner typed."""
    phones: dict[str, None] = {}
    for match in _TELEPHONE.finditer(vcard):
        waid = _WAID.search(match[1])
        if number := canonical(waid[1] if waid else match[2][:40]):
            phones[number] = None
    return list(phones)[:_MAX_PHONES]


def _line(card: Card) -> str:
    phones = sequence(card["phones"])
    return f"{card['name']} ({', '.join(f'+{phone}' for phone in phones)})" if phones else str(card["name"])
