"""Phone numbers in one form, whichever of its forms WhatsApp or a person used.

A number is its digits with the country code, without plus. Three countries have numbers that are written in two
ways, where both reach the same person; `canonical` picks one, so that a person is one contact:

    Brazil     55 + area + 8 digits starting 6-9 (a mobile as it was before the ninth digit) gains the 9;
               WhatsApp still knows many accounts by the shorter form. Landlines (8 digits starting 2-5) stay.
    Mexico     52 1 + 10 digits loses the 1, which has not been dialled since 2019; WhatsApp's own form keeps it.
    Argentina  54 + 10 digits gains the 9 that calls from abroad need for mobiles. A landline and a mobile never
               share their 10 digits, so a landline on WhatsApp gets a 9 too and still is one contact.

These are prefix rules and not a numbering plan on purpose: they run for every message, must not depend on which
area codes a library's release knows, and must give the same answer for ever, since the answer is stored.
"""

from __future__ import annotations

import re
from functools import lru_cache

_NOT_DIGITS = re.compile(r"[^0-9]+")
_BRAZIL_WITHOUT_NINE = re.compile(r"55([1-9][0-9])([6-9][0-9]{7})")
_BRAZIL_MOBILE = re.compile(r"55([1-9][0-9])9([6-9][0-9]{7})")
_MEXICO_WITH_ONE = re.compile(r"521([0-9]{10})")
_MEXICO = re.compile(r"52([0-9]{10})")
_ARGENTINA_WITHOUT_NINE = re.compile(r"54([0-9]{10})")
_ARGENTINA_MOBILE = re.compile(r"549([0-9]{10})")


@lru_cache(maxsize=16_384)
def canonical(digits: str) -> str:
    """The one form of a number: `canonical("551190004431")` is what `canonical("+55 11 9 9000-4431")` is.

    Anything that is not an ASCII digit is dropped first, so that what a person typed may come in as it is.
    Idempotent; a number that no rule knows comes back as its digits.
    """
    number = _NOT_DIGITS.sub("", digits)
    if match := _BRAZIL_WITHOUT_NINE.fullmatch(number):
        return f"55{match[1]}9{match[2]}"
    if match := _MEXICO_WITH_ONE.fullmatch(number):
        return f"52{match[1]}"
    if match := _ARGENTINA_WITHOUT_NINE.fullmatch(number):
        return f"549{match[1]}"
    return number


def whatsapp_forms(phone: str) -> list[str]:
    """The forms that WhatsApp may know this number by, the canonical one first: what to try when sending."""
    number = canonical(phone)
    if match := _BRAZIL_MOBILE.fullmatch(number):
        return [number, f"55{match[1]}{match[2]}"]
    if match := _MEXICO.fullmatch(number):
        return [number, f"521{match[1]}"]
    if match := _ARGENTINA_MOBILE.fullmatch(number):
        return [number, f"54{match[1]}"]
    return [number]
