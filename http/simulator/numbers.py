"""Phone numbers, LIDs and the jids made of them. Pure.

A jid is `<digits>@s.whatsapp.net` (a phone number), `<digits>@lid` (WhatsApp's hidden id) or `<digits>@g.us` (a group).
"""

from __future__ import annotations

import re
import zlib

USER, LID, GROUP = "@s.whatsapp.net", "@lid", "@g.us"
_GROUP_DIGITS = 18
_NO_DIGIT = re.compile(r"\D")
_BRAZIL_MOBILE = re.compile(r"^55(\d{2})9(\d{8})$")
_BRAZIL_SHORT = re.compile(r"^55(\d{2})(\d{8})$")
_MEXICO_ARGENTINA = re.compile(r"^(52|54)\d(\d{10})$")


def jid_of(number: str) -> str:
    """What the gateway makes of a `number` field: jids as they are, 18 digits or more a group, all else a phone."""
    if number.endswith((USER, LID, GROUP)) or "@broadcast" in number:
        return number
    digits = _NO_DIGIT.sub("", number.split("@")[0].split(":")[0])
    return digits + (GROUP if len(digits) >= _GROUP_DIGITS else USER)


def digits_of(jid: str) -> str:
    """The part before the @, without a device suffix."""
    return jid.split("@")[0].split(":")[0]


def is_phone(digits: str) -> bool:
    """Whether these digits can be a phone number at all (ITU E.164: 8 to 15 digits)."""
    return digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 15


def spellings(phone: str) -> list[str]:
    """The ways in which one account's number is written: with and without Brazil's ninth digit or Mexico's 1."""
    if match := _BRAZIL_MOBILE.match(phone):
        return [phone, f"55{match[1]}{match[2]}"]
    if match := _BRAZIL_SHORT.match(phone):
        return [phone, f"55{match[1]}9{match[2]}"]
    if match := _MEXICO_ARGENTINA.match(phone):
        return [phone, match[1] + match[2]]
    return [phone]


def lid_for(phone: str) -> str:
    """The 15 digits of a customer's LID: made from the number, so that it is the same after a restart."""
    return f"{100_000_000_000_000 + zlib.crc32(phone.encode()) * 104_729 % 800_000_000_000_000}"


def own_number(instance: str) -> str:
    """The number of the phone that an instance is linked to, when nobody said which."""
    return f"5511{900_000_000 + zlib.crc32(instance.encode()) % 99_999_999}"
