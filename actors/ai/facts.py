"""The hard facts in a text: addresses of the net, prices, percentages, dates, times, phone numbers, numbers.

A fact is compared by its readings, not its spelling: "18h", "6 pm" and "18:00" are one time, "R$ 49,90" and "49.90
reais" one price. Where a spelling has two readings ("1.500" is fifteen hundred or one and a half; 03/04 is in March or
in April), both are kept and either may match: what is looked for are facts that nobody gave, not misprints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from plixa.actors.ai.text import fold

Kind = Literal["url", "email", "phone", "money", "percent", "date", "time", "number"]

CLAIMED: frozenset[Kind] = frozenset({"money", "percent", "url"})
"""What only the business can say: that a customer has named a price does not make it one."""


MOST = 4000
"""Facts of one text. A text of as many characters has fewer; a dialogue that has more is somebody's joke."""


class Fact(NamedTuple):
    """A fact as it stands in the folded text, and what it may mean. currency: empty where the text names none."""

    kind: Kind
    text: str
    readings: frozenset[str]
    currency: str = ""


_NUMBER = r"\d{1,15}(?:[.,]\d{1,15}){0,5}"
_CURRENCIES = {
    "BRL": "r$ brl reais real",
    "EUR": "€ eur euro euros",
    "GBP": "£ gbp pound pounds libras",
    "PEN": "s/ pen sol soles",
    "$": "$ us$ usd mxn ars clp cop dolar dolares dollar dollars peso pesos",
    "CENT": "cent cents centavo centavos",
}
_CURRENCY = {sign: name for name, signs in _CURRENCIES.items() for sign in signs.split()}
_SIGN = r"(?:r\$|us\$|\$|€|£|s/|\b(?:brl|eur|usd|gbp|mxn|ars|clp|cop|pen))"
_UNIT = (
    r"(?:reais|real|r\$|€|£|\$|euros?|eur|usd|brl|gbp|dol+ar(?:es|s)?|pesos?|libras?|pounds?|soles|centavos?|cents?)"
)
_MONTHS = "jan|ene,feb|fev,mar,apr|abr,may|mai,jun,jul,aug|ago,sep|set,oct|out,nov,dec|dez|dic".replace("|", " ").split(
    ","
)
_MONTH = {start: number for number, starts in enumerate(_MONTHS, 1) for start in starts.split()}
_MONTH_NAME = (
    r"(?:jan(?:uary|eiro)?|ene(?:ro)?|feb(?:ruary|rero)?|fev(?:ereiro)?|mar(?:ch|co|zo)?|apr(?:il)?|abr(?:il)?|may(?:o)?|"
    r"mai(?:o)?|jun(?:e|ho|io)?|jul(?:y|ho|io)?|aug(?:ust)?|ago(?:sto)?|sep(?:tember|tiembre)?|set(?:embro)?|oct(?:ober|"
    r"ubre)?|out(?:ubro)?|nov(?:ember|embro|iembre)?|dec(?:ember)?|dez(?:embro)?|dic(?:iembre)?)"
)
_WORDS = {
    "4": "four quatro cuatro",
    "5": "five cinco",
    "6": "six seis",
    "7": "seven sete siete",
    "8": "eight oito ocho",
    "9": "nine nove nueve",
    "10": "ten dez diez",
    "11": "eleven onze",
    "12": "twelve doze",
    "15": "fifteen quinze quince",
    "20": "twenty vinte veinte",
    "30": "thirty trinta treinta",
    "40": "forty quarenta cuarenta",
    "50": "fifty cinquenta cincuenta",
    "60": "sixty sessenta sesenta",
    "70": "seventy setenta",
    "80": "eighty oitenta ochenta",
    "90": "ninety noventa",
    "100": "hundred cem cien",
    "1000": "thousand mil",
}
_WORD = {word: number for number, spelt in _WORDS.items() for word in spelt.split()}
"""From four on: "one" and "two" are hardly ever a fact, and in Portuguese and Spanish they are other words, too."""


@lru_cache(maxsize=256)
def facts(text: str) -> tuple[Fact, ...]:
    """All facts of a text. Each character belongs to one fact at most; numbers that only count lines are none.

    Remembered, since the same knowledge is evidence again and again. Every pattern is bounded: a text takes time in
    proportion to its length, whatever stands in it. At most `MOST` are found, more than an answer has room for.
    """
    rest = _LINE_NUMBER.sub(" ", fold(text))
    found: list[Fact] = []
    for pattern, read in _READERS:
        if len(found) >= MOST:
            break

        def take(match: re.Match[str], read: Callable[[re.Match[str]], Fact | None] = read) -> str:
            fact = read(match)
            if fact is None:
                return match.group()
            found.append(fact)
            return " ; "

        rest = pattern.sub(take, rest, count=MOST - len(found))
    return tuple(found)


def unsupported(said: Iterable[Fact], known: Sequence[Fact], today: date | None = None) -> list[Fact]:
    """Those facts that `known` does not bear out. today: it and the next day need no support as dates."""
    near = _near(today) if today is not None else frozenset[str]()
    index = _by_key(known)
    return [fact for fact in said if not fact.readings & near and not _is_borne_out(fact, index)]


def _by_key(known: Iterable[Fact]) -> Mapping[str, set[Fact]]:
    """Facts by what one that they bear out has, too: a customer may write thousands, an answer as many."""
    index: dict[str, set[Fact]] = {}
    for fact in known:
        for key in fact.readings | _lines(fact):
            index.setdefault(key, set()).add(fact._replace(text=""))
    return index


def _is_borne_out(fact: Fact, index: Mapping[str, set[Fact]]) -> bool:
    keys = _lines(fact) if fact.kind == "phone" else fact.readings
    return any(_bears(known, fact) for key in keys for known in index.get(key, ()))


def _lines(fact: Fact) -> frozenset[str]:
    """Eight digits name a line, with or without the country's and the area's code before them."""
    numbers = (reading.removeprefix("n:") for reading in fact.readings if reading.startswith("n:"))
    return frozenset(f"line:{number[-8:]}" for number in numbers if len(number) >= 8)


def _near(today: date) -> frozenset[str]:
    return frozenset(f"d:{day:%m-%d}" for day in (today, today + timedelta(days=1)))


_SUPPORT: dict[Kind, frozenset[Kind]] = {
    "url": frozenset({"url", "email"}),
    "email": frozenset({"email"}),
    "phone": frozenset({"phone", "number"}),
    "money": frozenset({"money", "number"}),
    "percent": frozenset({"percent"}),
    "date": frozenset({"date"}),
    "time": frozenset({"time", "number"}),
    "number": frozenset({"number", "money", "percent", "time", "phone"}),
}


def _bears(known: Fact, fact: Fact) -> bool:
    if known.kind not in _SUPPORT[fact.kind]:
        return False
    if fact.currency and known.currency and fact.currency != known.currency:
        return False
    if fact.kind == "phone":
        return any(_same_line(one, other) for one in known.readings for other in fact.readings)
    return bool(known.readings & fact.readings)


def _same_line(one: str, other: str) -> bool:
    """See `_lines`."""
    short, long = sorted((one.removeprefix("n:"), other.removeprefix("n:")), key=len)
    return len(short) >= 8 and long.endswith(short)


# -- readings ---------------------------------------------------------------------------------------------------------


def _numbers(text: str) -> frozenset[str]:
    """What a number may mean. The last separator is the decimal one; with three digits behind, it may be either."""
    parts = _SEPARATOR.split(text)
    whole = "".join(parts)
    if len(parts) == 1:
        return frozenset({_canonical(whole)})
    signs = _SEPARATOR.findall(text)
    fraction = _canonical(f"{''.join(parts[:-1])}.{parts[-1]}")
    if len(parts[-1]) != 3:
        return frozenset({fraction})
    if len(set(signs)) == 2:  # 1.234,567
        return frozenset({fraction})
    return frozenset({_canonical(whole)} if len(signs) > 1 else {_canonical(whole), fraction})


def _canonical(digits: str) -> str:
    return f"n:{Decimal(digits).normalize():f}"


def _url(match: re.Match[str]) -> Fact:
    plain = _SCHEME.sub("", match.group().rstrip(".,;:!?)]}'\"*_"))
    return Fact("url", match.group(), frozenset({plain.removeprefix("www.").rstrip("/")}))


def _email(match: re.Match[str]) -> Fact:
    address = match.group().rstrip(".")
    return Fact("email", address, frozenset({address, address.partition("@")[2]}))


def _money(match: re.Match[str]) -> Fact:
    sign = _CURRENCY.get((match["before"] or match["after"]).replace("ll", "l").strip(), "")
    sign = sign or _CURRENCY.get((match["before"] or match["after"]).strip(), "$")
    return Fact("money", match.group().strip(), _numbers(match["one"] or match["two"]), sign)


def _percent(match: re.Match[str]) -> Fact:
    return Fact("percent", match.group(), _numbers(match["number"]))


def _date(day: int, month: int, text: str) -> Fact | None:
    orders = {(day, month), (month, day)}
    readings = {f"d:{month:02}-{day:02}" for day, month in orders if 1 <= day <= 31 and 1 <= month <= 12}
    return Fact("date", text, frozenset(readings)) if readings else None


def _numeric_date(match: re.Match[str]) -> Fact | None:
    return _date(int(match["day"]), int(match["month"]), match.group())


def _named_date(match: re.Match[str]) -> Fact:
    day, month = int(match["day"] or match["day2"]), _MONTH[(match["name"] or match["name2"])[:3]]
    return Fact("date", match.group(), frozenset({f"d:{month:02}-{day:02}"}))


def _time(match: re.Match[str]) -> Fact | None:
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), (match["half"] or "").replace(".", "")
    if hour > 24 or (half and hour > 12):
        return None
    readings = {f"n:{hour}"} if not minute else set[str]()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") or half in ("da tarde", "da noite", "de la tarde") else 0)
    readings.add(f"t:{hour % 24:02}:{minute:02}")
    return Fact("time", match.group().strip(), frozenset(readings))


def _phone(match: re.Match[str]) -> Fact | None:
    digits = _NO_DIGIT.sub("", match.group())
    return Fact("phone", match.group().strip(), frozenset({f"n:{digits}"})) if len(digits) >= 8 else None


def _number(match: re.Match[str]) -> Fact:
    whole = _numbers(match.group())
    hours = {f"t:{int(match.group()):02}:00"} if match.group().isdecimal() and int(match.group()) < 25 else set[str]()
    return Fact("number", match.group(), whole | hours)


def _spelt(match: re.Match[str]) -> Fact:
    return Fact("number", match.group(), frozenset({f"n:{_WORD[match.group()]}"}))


_SEPARATOR = re.compile(r"[.,]")
_SCHEME = re.compile(r"^(?:hxxps?|https?)://|^www\.")
_NO_DIGIT = re.compile(r"\D")
_HALF = r"(?P<half>[ap]\.?m\b\.?|da (?:manha|tarde|noite)|de la (?:manana|tarde|noche))"
_LINE_NUMBER = re.compile(r"(?m)^[^\S\n]*\d{1,2}\s?[.)-]\s")
_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Fact | None]], ...] = (
    (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}"), _email),
    (
        re.compile(
            r"(?:\b(?:https?|hxxps?)://|\bwww\.)[^\s<>\"]+|(?<![\w.-])(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}\b(?:/[^\s<>\"]*)?"
        ),
        _url,
    ),
    (re.compile(r"\b24\s?/\s?7\b"), lambda match: Fact("number", match.group(), frozenset({"n:24"}))),
    (re.compile(r"\b\d{4}-(?P<month>\d\d)-(?P<day>\d\d)\b"), _numeric_date),
    (re.compile(r"\b(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})(?:[/.-](?:\d{4}|\d\d))\b"), _numeric_date),
    (re.compile(r"\b(?P<day>\d{1,2})/(?P<month>\d{1,2})\b"), _numeric_date),
    (
        re.compile(
            rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|o|º|ª)?\s(?:of\s|de\s)?(?P<name>{_MONTH_NAME})\b"
            rf"|\b(?P<name2>{_MONTH_NAME})\.?\s(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.,]?\d)"
        ),
        _named_date,
    ),
    (
        re.compile(
            rf"(?P<before>{_SIGN})\s?(?P<one>{_NUMBER})|(?<![\d.,])(?P<two>{_NUMBER})\s?(?P<after>{_UNIT})(?![a-z])"
        ),
        _money,
    ),
    (re.compile(rf"(?<!\d)(?P<number>{_NUMBER})\s?(?:%|por\s?cento\b|por\s?ciento\b|percent\b|per cent\b)"), _percent),
    (re.compile(rf"\b(?P<hour>\d{{1,2}})\s?[:h]\s?(?P<minute>[0-5]\d)(?:\s?{_HALF})?(?!\d)"), _time),
    (re.compile(rf"\b(?P<hour>\d{{1,2}})(?P<minute>)\s?(?:(?:hs?|hrs?)\b\.?\s?)?{_HALF}"), _time),
    (re.compile(r"\b(?P<hour>\d{1,2})(?P<minute>)(?P<half>)\s?(?:hs?|hrs?)\b"), _time),
    (re.compile(r"(?<![\w.,])\+?\(?\d[\d ().-]{6,30}\d\b"), _phone),
    (re.compile(_NUMBER), _number),
    (re.compile(rf"\b(?:{'|'.join(_WORD)})\b"), _spelt),
)
