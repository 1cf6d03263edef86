"""Checking what a customer answers to a question, and the form in which it is kept.

number: digits with a point, no thousands ("1234.5"). date: YYYY-MM-DD. email: lower case. phone: digits, with a leading
plus if one was written. choice: the option as its author wrote it. text: without outer spaces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from plixa.actors.addresses import address_problem
from plixa.actors.flows import words
from plixa.actors.flows.dates import read_date
from plixa.actors.flows.nodes import CaptureData
from plixa.actors.flows.phrases import language
from plixa.actors.folding import figures

MAX_VALUE = 1000
_MAIL = re.compile(r"[a-z0-9_.+%'-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", re.IGNORECASE)
_MAIL_LABEL = re.compile(r"^(?:mailto|e-?mail|mail|correo)[:=]", re.IGNORECASE)
_AROUND_MAIL = "<>()[]{}\"'“”‘’*_~.,;:!?\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2069"
_WRITTEN_PHONE = re.compile(r"[+(]{0,2}[0-9][0-9 ().\-/]{0,40}")
_FIGURE = re.compile(r"[+-]?[.,' ]*\d[\d.,' ]*")
_AROUND = re.compile(r"^(?:R\$|US\$|\$|€|£)\s*|\s*(?:%|€|reais|dollars|pesos|euros)$", re.IGNORECASE)
_GROUPED = {sign: re.compile(rf"[+-]?\d{{1,3}}(?:\{sign}\d{{3}})+") for sign in ".,"}
_PLAIN = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,10})?")
_NO_DIGIT = re.compile(r"\D")
_ROOM = re.compile(r"[ ']")
_I_AM = re.compile(
    r"^(?:(?:oi|ola|olá|hi|hello|hola)\b)?[,!. ]*(?:my name is|i am|i'm|it's|me chamo|(?:eu )?sou(?: o| a)?|"
    r"(?:o )?meu nome (?:é|e)|me llamo|soy|mi nombre es)\s+",
    re.IGNORECASE,
)


class Reading(Struct, frozen=True):
    """`value` is None where the answer does not fit; `how` says why, or how it was understood."""

    value: str | None
    how: str


def read(question: CaptureData, text: str, today: date, locale: str) -> Reading:
    """Check an answer against the question's kind."""
    text = text.strip()
    if not text:
        return Reading(None, "there were no words in it")
    match question.kind:
        case "text":
            return _text(question.field, text)
        case "number":
            return _said(read_number(text, locale), "a number")
        case "date":
            day = read_date(text, today, locale)
            return _said(None if day is None else day.isoformat(), "a date")
        case "email":
            return _said(read_email(text), "one e-mail address")
        case "phone":
            return _said(read_phone(text), "a phone number")
        case "choice":
            return _choice(question.options, text)


def choices_of(options: Sequence[str]) -> list[words.Choice]:
    """The options of a question; each is its own id."""
    return [words.Choice(option, option) for option in options]


def _said(value: str | None, what: str) -> Reading:
    return Reading(None, f"it is not {what}") if value is None else Reading(value, f"it is {what}")


def _text(field: str, text: str) -> Reading:
    if field == "name":
        text = _I_AM.sub("", text).strip(" .!") or text
    if len(text) > MAX_VALUE:
        return Reading(None, f"it is longer than {MAX_VALUE} characters")
    return Reading(text, "any text will do")


def _choice(options: Sequence[str], text: str) -> Reading:
    choices = choices_of(options)
    fit = words.surely(choices, text) or words.probably(choices, text)
    return Reading(None, "it is none of the options") if fit is None else Reading(fit.choice.label, f"it {fit.how}")


def read_email(text: str) -> str | None:
    """The one address in the text, in lower case. A word that is only partly one is none: its rest is a stranger's."""
    words_with_at = [word for word in text[:MAX_VALUE].split() if "@" in word]
    if len(words_with_at) != 1:
        return None
    address = _MAIL_LABEL.sub("", words_with_at[0].rstrip(_AROUND_MAIL).lstrip(_AROUND_MAIL.replace(".", "")))
    if not _MAIL.fullmatch(address) or address_problem(address) is not None:
        return None
    return address.lower()


def read_phone(text: str) -> str | None:
    """The one number in the text: 8 to 15 digits, with the usual signs between them. Other figures make it none."""
    found = [each.group() for each in _WRITTEN_PHONE.finditer(figures(text[:MAX_VALUE]))]
    if len(found) != 1:
        return None
    digits = _NO_DIGIT.sub("", found[0])
    return ("+" if "+" in found[0] else "") + digits if 8 <= len(digits) <= 15 else None


def read_number(text: str, locale: str) -> str | None:
    """The number, with a point for the decimals. A lone sign before three figures is read as the locale does it."""
    text = figures(text.strip()[:60]).strip()
    spoken = words.number_in(text)
    if spoken is not None and text and text[0].isalnum():  # a leading sign or point says more than the word alone
        return str(spoken)
    plain = _AROUND.sub("", text).replace("−", "-")
    if not plain.isascii() or not _FIGURE.fullmatch(plain):
        return None
    return _plain(_ROOM.sub("", plain), "," if language(locale) == "en" else ".")


def _plain(figures: str, thousands: str) -> str | None:
    """`thousands` is the locale's sign between groups of three."""
    signs = {sign for sign in ".," if sign in figures}
    if len(signs) == 2:
        group = min(signs, key=figures.rfind)
    else:
        group = next((sign for sign in signs if figures.count(sign) > 1 or sign == thousands), "")
        if group and not _GROUPED[group].fullmatch(figures):
            # "12.5" of somebody whose locale writes "12,5": no group of three, so it is the decimals' sign
            group = "" if figures.count(group) == 1 else group
    whole, _, _ = figures.partition("," if group == "." else ".")
    if group and not _GROUPED[group].fullmatch(whole):
        return None
    return _canonical(figures.replace(group, "").replace(",", ".") if group else figures.replace(",", "."))


def _canonical(figures: str) -> str | None:
    if not _PLAIN.fullmatch(figures):
        return None
    plain = format(Decimal(figures), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
