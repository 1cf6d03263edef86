"""Phone numbers as people write them down, in their canonical form.

With a plus or two zeros the country is written; otherwise it is the workspace's, where the number is as long as that
country's numbers are without it. What is longer is taken for a whole one. The tables are of the countries that we
serve; elsewhere the country code has to be written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from plixa.http.clients.numbers import canonical

LONGEST = 40
_SEPARATORS = re.compile(r"[\s().\-/\u00a0\u202a\u202c\u200b\u200e]+")
_DIGITS = re.compile(r"[0-9]{8,18}")
NATIONAL: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "AR": ("54", (10,)),
    "BO": ("591", (8,)),
    "BR": ("55", (10, 11)),
    "CA": ("1", (10,)),
    "CL": ("56", (9,)),
    "CO": ("57", (10,)),
    "CR": ("506", (8,)),
    "DO": ("1", (10,)),
    "EC": ("593", (9,)),
    "ES": ("34", (9,)),
    "GT": ("502", (8,)),
    "MX": ("52", (10,)),
    "PA": ("507", (8,)),
    "PE": ("51", (9,)),
    "PT": ("351", (9,)),
    "PY": ("595", (9,)),
    "US": ("1", (10,)),
    "UY": ("598", (8,)),
    "VE": ("58", (10,)),
}
"""Country → its code, and how many digits its numbers have without it and without a leading zero."""


def phone_of(written: str, country: str) -> str | None:
    """The number in its canonical form: `phone_of("(11) 98765-0001", "BR")` is "5511987650001". None: it is none."""
    plain = _SEPARATORS.sub("", written)
    whole = plain.startswith(("+", "00"))
    digits = plain.removeprefix("+") if plain.startswith("+") else plain.removeprefix("00")
    if not digits.isascii():
        return None
    if not whole:
        code, lengths = NATIONAL.get(country, ("", ()))
        national = digits.removeprefix("0")
        digits = code + national if len(national) in lengths else digits
    number = canonical(digits) if _DIGITS.fullmatch(digits) else ""
    return number if 8 <= len(number) <= 18 else None
