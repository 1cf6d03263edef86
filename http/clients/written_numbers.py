"""Phone numbers as people write them: in spreadsheets, in requests, on paper that somebody copied.

A person who writes to their own country leaves the country out, puts a zero or a carrier before the area, or a 15 into
it; a spreadsheet adds ".0". The workspace's country decides how that is read. What can be read in two ways, or in none,
is no number: a guess would be somebody else's. The numbering plans are those of `phonenumbers`; the form of the result
is `canonical`'s, which depends on no library's release.

    "(11) 98765-0020", "0 15 11 98765-0020", "0055 11 98765-0020", "5511987650020.0" in Brazil → "5511987650020"
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult

from plixa.actors.folding import figures
from plixa.http.clients.numbers import canonical

LONGEST = 120
"""Characters of a cell that are read."""
_SHORTEST_WHOLE = 10
"""Digits with the country's code: Denmark's and Iceland's are the shortest that are often seen."""
_LENGTHS = (ValidationResult.IS_POSSIBLE, ValidationResult.IS_POSSIBLE_LOCAL_ONLY)

_LABEL = r"tel|telefone|tel[eé]fono|telephone|phone|cel|celular|cell|fone|mobile|m[oó]vil|whats ?app|whats|zap|wpp"
_BEFORE = re.compile(
    rf"^(?:=?[\"']+|(?:tel|callto|sms|whatsapp):|(?:https?://)?wa\.me/(?=\d)|(?:{_LABEL})\b\.?:?\s*)+", re.IGNORECASE
)
_FROM_A_LINK = re.compile(r"wa\.me/\d|@(?:s\.whatsapp\.net|c\.us)$", re.IGNORECASE)
_AFTER = re.compile(rf"(?:@(?:s\.whatsapp\.net|c\.us)|[\"']+|[\s\-(]+(?:{_LABEL})\)?)$", re.IGNORECASE)
_BESIDE_IT = re.compile(r"\([^()0-9]*[^\W\d_][^()0-9]*\)")
_ROUNDED = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE]\+?\d{1,2}")
_DECIMALS = re.compile(r"(\+?\d{8,18})[.,]0{1,4}")
_APART = re.compile(r"[;,|/\\]|:::|\s(?:e|ou|y|o|or|and)\s|(?<=\d)\s*(?=\+)", re.IGNORECASE)
_SIGNS = re.compile(r"[+(]{0,2}[\d\s().\-/+]*")
_FORMER_MEXICAN = re.compile(r"(?:01|04[45]|1)(\d{10})")


class NoPhone(ValueError):
    """What is written is no phone number that can be told for sure. message, hint: for people."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


_WRITE = "Write country code, area code and number, like +55 11 98765-0001."


class _Read(NamedTuple):
    """A number in canonical form. real: it is in its country's plan; else it only has a length that is possible."""

    number: str
    real: bool


def read_phone(text: str, country: str) -> str:
    """The number in canonical form. country: the workspace's, ISO 3166-1, or "". Raises `NoPhone`."""
    written = figures(text[:LONGEST]).strip()
    plain = written if written.isdecimal() else _bare(written)
    if not plain:
        raise NoPhone("There is no phone number", "Fill in the number.")
    if _ROUNDED.fullmatch(plain.replace(" ", "")):
        hint = "Make the column text in the spreadsheet, correct the numbers and save it again."
        raise NoPhone("The spreadsheet has rounded the number", hint)
    parts = [part for part in _APART.split(plain) if any(char.isdecimal() for char in part)]
    if len(parts) > 1 and sum(char.isdecimal() for char in parts[0]) > 6:  # Germans part the area by a slash
        raise NoPhone("There is more than one phone number", "Leave one, and give the other a line of its own.")
    if not _SIGNS.fullmatch(plain) or plain.rfind("+") > 1:
        raise NoPhone("This is not a phone number", f"{_WRITE} Leave everything else out.")
    digits = "".join(char for char in plain if char.isdecimal())
    whole = "+" in plain or _FROM_A_LINK.search(written) is not None
    number = _whole(digits) if whole else _either(digits, country, at_home=_is_of_home(plain, digits))
    if number is None:
        raise NoPhone("This is not a phone number", _WRITE)
    return number


def _bare(written: str) -> str:
    """Without labels, quotes, remarks and a spreadsheet's decimals."""
    plain = _AFTER.sub("", _BEFORE.sub("", _BESIDE_IT.sub(" ", written)).strip()).strip()
    decimals = _DECIMALS.fullmatch(plain)
    return decimals[1] if decimals else plain


def given_phone(digits: str, country: str) -> str:
    """A number that a request gives: with the country code, as the API says, or as it is written in the country.

    What is neither stays as it is: there are more numbers than plans know. digits: 8 to 18, perhaps after a plus.
    """
    bare = digits.removeprefix("+")
    there = _abroad(bare)
    if there is not None and (there.real or bare != digits):
        return there.number
    at_home = None if bare != digits else _abroad(bare[2:]) if bare.startswith("00") else _at_home(bare, country)
    return at_home.number if at_home is not None and at_home.real else canonical(bare)


def sought_forms(text: str, country: str) -> list[str]:
    """The numbers that somebody who searches for this may mean."""
    forms = [canonical(figures(text[:LONGEST]))]
    with suppress(NoPhone):
        forms.append(read_phone(text, country))
    return [form for form in forms if form]


def shown_phone(phone: str) -> str:
    """A canonical number so that a person reads it, and no spreadsheet takes it for a sum: "+55 11 98765-0001"."""
    try:
        number = phonenumbers.parse(f"+{phone}")
    except phonenumbers.NumberParseException:
        return f"+{phone[:2]} {phone[2:]}"
    shown = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    same = canonical(shown) == phone and " " in shown
    return shown if same else f"+{number.country_code} {phone.removeprefix(str(number.country_code))}"


def _whole(digits: str) -> str | None:
    found = _abroad(digits)
    return None if found is None else found.number


def _is_of_home(plain: str, digits: str) -> bool:
    """Whether it is written as nobody writes a number with its country code."""
    return "(" in plain or digits.startswith("0") or len(digits) < _SHORTEST_WHOLE


def _either(digits: str, country: str, *, at_home: bool) -> str | None:
    """The one number that these digits are, with the country's code or without it."""
    if digits.startswith("00") and (called := _abroad(digits[2:])) is not None and called.real:
        return called.number
    here = _at_home(digits, country)
    if here is not None and here.real and here.number == canonical(digits):  # with its code, as most files have it
        return here.number
    there = None if at_home else _abroad(digits)
    real = {each.number for each in (here, there) if each is not None and each.real}
    if len(real) > 1:
        raise NoPhone(
            "This may be a number here or abroad", "Put a plus and the country code before it, like +55 11 98765-0001."
        )
    if real:
        return real.pop()
    return there.number if there is not None and here is None else None


@lru_cache(maxsize=4096)
def _abroad(digits: str) -> _Read | None:
    """Digits that begin with a country's code."""
    if not digits or digits[0] == "0":
        return None
    number = canonical(digits)
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return None
    return _as_read(parsed, number)


def _at_home(digits: str, country: str) -> _Read | None:
    """Digits that are dialled in the country."""
    if not country or len(digits) < 7:
        return None
    if country == "MX" and (former := _FORMER_MEXICAN.fullmatch(digits)):
        digits = former[1]
    try:
        return _as_read(phonenumbers.parse(digits, country), None)
    except phonenumbers.NumberParseException:
        return None


def _as_read(parsed: phonenumbers.PhoneNumber, written: str | None) -> _Read | None:
    """written: the canonical form of what was written, where it has the country's code: its length is enough then."""
    whole = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)[1:]
    number = canonical(whole)
    checked = parsed if number == whole else phonenumbers.parse(f"+{number}")
    if phonenumbers.is_valid_number(parsed) or (number != whole and phonenumbers.is_valid_number(checked)):
        return _Read(number, real=True)
    length = phonenumbers.is_possible_number_with_reason(parsed)
    possible = length in _LENGTHS if written is None else length == _LENGTHS[0] and written == whole
    return _Read(number, real=False) if possible else None
