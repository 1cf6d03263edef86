"""Public holidays: which days a whole country has off, and what they are called there.

They come from the library `holidays`, which computes them by each country's rules and asks no network. Importing it
takes a good part of a second, so it is imported when it is first needed: by `load`, in a thread, before a decision that
asks for days (`storage/conversation/look_ups.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase

NAME_LIMIT = 255


def load(country: str) -> None:
    """Import what is known of a country. Blocks; doing it twice costs nothing."""
    days_of(country, (date.today().year,), "en")


def days_of(country: str, years: Iterable[int], locale: str) -> dict[date, str] | None:
    """Holidays by date, those of all the country and no region's. country: ISO 3166-1 alpha-2.

    They are named in the language of `locale` where the country's holidays are known in it, otherwise in the country's
    own. A day that is off because a holiday falls on a weekend is one, too. None: nothing is known of the country.
    """
    known = _country(country, (), None)
    if known is None:
        return None
    # Always said: otherwise the names would be in the language of the machine's own environment.
    named: dict[date, str] = _country(country, years, _language(known, locale)) or {}
    return {day: name[:NAME_LIMIT] for day, name in sorted(named.items())}


def _country(country: str, years: Iterable[int], language: str | None) -> HolidayBase | None:
    from holidays import country_holidays  # heavy: see above

    try:
        return country_holidays(country, years=years, language=language)
    except NotImplementedError:
        return None


def _language(found: HolidayBase, locale: str) -> str | None:
    """One of those that the names are known in: the wanted one, as it is spoken there if it can be had."""
    wanted = locale.partition("-")[0]
    known = (found.default_language, *found.supported_languages)
    return next((each for each in known if each and each.partition("_")[0] == wanted), found.default_language)
