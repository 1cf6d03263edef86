"""Types of values that people hand in: what a line, an e-mail address or a colour may be.

Declared once, on the actors' own structs; the HTTP layer checks bodies by them (pydantic reads the annotations, msgspec
leaves them alone) and the API document shows them.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from plixa.actors.addresses import address_problem
from plixa.actors.folding import is_blank, one_line
from plixa.actors.places import is_country, zone_of

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("The text must not contain NUL or half a surrogate pair.")
    return text


def _to_be_seen(text: str) -> str:
    if is_blank(text):
        raise ValueError("The text must have something in it that can be seen.")
    return text


def _empty_or_to_be_seen(text: str) -> str:
    return _to_be_seen(text) if text else text


def _zone(name: str) -> str:
    zone = zone_of(name)
    if zone is None:
        raise ValueError("The time zone must be an IANA name, like America/Sao_Paulo.")
    return zone


def _country(code: str) -> str:
    if not is_country(code):
        raise ValueError("The country must be a code of ISO 3166-1, like BR.")
    return code


def _email(text: str) -> str:
    address = text.strip().lower()
    if address_problem(address) is not None:
        raise ValueError("The email must be a valid e-mail address.")
    return address


def _written_day(value: Any) -> Any:
    """Only text: as a number, a date would be one of 1970."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("The date must be a day, like 2026-05-25.")
    return value


def _reckonable(day: date) -> date:
    if not 1900 <= day.year < 3000:
        raise ValueError("The date must be between the years 1900 and 2999.")
    return day


_Seen = AfterValidator(_to_be_seen)
Text = Annotated[str, AfterValidator(_storable)]
Words = Annotated[str, AfterValidator(_storable), _Seen]
"""Text that people are to read: WhatsApp refuses what is blank."""
WordsOrNone = Annotated[str, AfterValidator(_storable), AfterValidator(_empty_or_to_be_seen)]
"""The same where an empty text is none."""
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_storable), _Seen]
Name = Annotated[str, StringConstraints(max_length=120), AfterValidator(_storable), AfterValidator(one_line)]
"""What a person is called: on one line, with nothing that turns the text around."""
Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_storable), AfterValidator(_email)]
Password = Annotated[str, StringConstraints(min_length=8, max_length=1024)]
TimeZone = Annotated[str, AfterValidator(_zone)]
Locale = Literal["en", "pt-BR", "pt", "es"]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2}$", to_upper=True), AfterValidator(_country)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$", to_upper=True)]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[_-][a-z0-9]+)*$", max_length=60)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{8,18}$")]
Day = Annotated[date, BeforeValidator(_written_day), AfterValidator(_reckonable)]
HourMinute = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
