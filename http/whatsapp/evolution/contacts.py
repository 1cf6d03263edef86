"""Shared contacts: the names and numbers of a vCard, as much of it as WhatsApp writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from plixa.actors.folding import figures
from plixa.actors.whatsapp.gateway import Content, MessageKind
from plixa.http.clients.numbers import canonical
from plixa.http.clients.written_numbers import NoPhone, read_phone
from plixa.http.whatsapp.evolution.payload import Json, mapping, sequence, text

_MAX_CARDS = 50
_MAX_CARD = 16_384  # characters of a vCard that are read; photos come after the numbers
_MAX_PHONES = 10
_LONGEST_PHONE = 64
_TELEPHONE = re.compile(r"^(?:item[0-9]{1,3}\.)?TEL\b([^:\r\n]*):([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_WAID = re.compile(r"waid=([0-9]{5,20})", re.IGNORECASE)
_DIALLED = re.compile(r"(?:tel:)?(\+?[^;,xX#]{0,40})(?:[^0-9]*([0-9]{1,10}))?", re.IGNORECASE)
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
    return Content(MessageKind.CONTACT, body, raw_type, extra={"contacts": list(cards)})


def _card(value: Json) -> Card:
    """{"name": text, "phones": canonical numbers}, and "written" where one is not given in full, as it stands there.

    The name falls back to the card's own, then to "unnamed".
    """
    vcard = text(value.get("vcard"), _MAX_CARD) or ""
    match = _FULL_NAME.search(vcard)
    name = text(value.get("displayName")) or (text(match[1]) if match else None) or "unnamed"
    phones = _phones(vcard)
    numbers = list(dict.fromkeys(phone for phone in phones.values() if phone))
    written = {} if list(phones) == [f"+{number}" for number in numbers] else {"written": list(phones)}
    return {"name": name.strip(), "phones": numbers, **written}


def _phones(vcard: str) -> dict[str, str | None]:
    """How each number is shown, once, and its canonical form: None where the card has no country code for it.

    `waid` is WhatsApp's own id of the number and better than what the owner typed.
    """
    phones: dict[str, str | None] = {}
    for match in islice(_TELEPHONE.finditer(vcard), _MAX_PHONES):
        waid = _WAID.search(match[1])
        shown, number = (f"+{canonical(waid[1])}", canonical(waid[1])) if waid else _dialled(match[2])
        if shown:
            phones[shown] = number
    return phones


def _dialled(written: str) -> tuple[str | None, str | None]:
    """ "tel:+1-555-555-5555;ext=5555" → "+15555555555 ext. 5555", "15555555555"; "(11) 3333-4444" stays as it is."""
    match = _DIALLED.match(figures(written.strip()[:_LONGEST_PHONE]))
    dialled, extension = (match[1].strip(), match[2]) if match else ("", None)
    number = _in_full(dialled) if dialled.startswith("+") else None
    shown = f"+{number}" if number else text(dialled)
    if not shown or not any(char.isdecimal() for char in shown):
        return None, None
    return (f"{shown} ext. {extension}" if extension else shown), number


def _in_full(dialled: str) -> str | None:
    """A number with its country's code; one that is not in any plan as its digits."""
    try:
        return read_phone(dialled, "")
    except NoPhone:
        return canonical(dialled) or None


def _line(card: Card) -> str:
    shown = sequence(card.get("written")) or [f"+{phone}" for phone in sequence(card["phones"])]
    return f"{card['name']} ({', '.join(map(str, shown))})" if shown else str(card["name"])
