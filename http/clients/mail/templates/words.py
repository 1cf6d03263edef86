"""What a language consists of."""

from __future__ import annotations

from typing import Literal, NamedTuple

Locale = Literal["en", "pt-BR", "es"]
LOCALES: tuple[Locale, ...] = ("en", "pt-BR", "es")


class Letter(NamedTuple):
    """One kind of mail. `preview` is what a mail program shows beside the subject; `button` is the label of its link,
    above it stand `lines`, below it `after`."""

    subject: str
    preview: str
    title: str
    lines: tuple[str, ...]
    button: str = ""
    after: tuple[str, ...] = ()


class Unit(NamedTuple):
    """A noun in singular and plural."""

    one: str
    many: str


class Words(NamedTuple):
    """Everything of a language that is not a letter."""

    greeting: str
    greeting_by_name: str
    button_fallback: str
    footer: str
    settings: str
    months: tuple[str, ...]
    first_day: str
    moment: str
    date: str
    thousands: str
    decimal: str
    minute: Unit
    hour: Unit
    day: Unit
    periods: dict[str, str]
    opened: str
    resolved: str
    messages_in: str
    messages_out: str
    first_response: str
    sla_breaches: str
    csat: str
    csat_value: str
    csat_answers: Unit
    busiest: str
    replies: Unit


class Catalogue(NamedTuple):
    """A language."""

    locale: Locale
    words: Words
    letters: dict[str, Letter]
