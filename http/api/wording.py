"""What is wrong with a field, in sentences that tell whoever sent it what to send instead.

pydantic finds what is wrong; its own texts speak of its types, and change with its versions. A kind of error that has
no sentence here keeps pydantic's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WHOLE_NUMBER = "The {field} must be a whole number."
NUMBER = "The {field} must be a number."
YES_OR_NO = "The {field} must be true or false."
LIST = "The {field} must be a list."
OBJECT = "The {field} must be an object."
TEXT = "The {field} must be text."
TIME = "The {field} must be a time with its offset, like 2026-05-25T12:00:00+00:00."
DATE = "The {field} must be a date, like 2026-05-25."

SENTENCES: Mapping[str, str] = {
    "missing": "The {field} field is required.",
    "string_type": TEXT,
    "string_unicode": "The {field} must be text of whole Unicode characters; half a surrogate pair is none.",
    "string_too_long": "The {field} may have at most {max_length} characters.",
    "string_too_short": "The {field} must have at least {min_length} characters.",
    "string_pattern_mismatch": "The {field} has the wrong form.",
    "too_long": "The {field} may have at most {max_length} entries.",
    "too_short": "The {field} must have at least {min_length} entries.",
    "greater_than_equal": "The {field} must be at least {ge}.",
    "greater_than": "The {field} must be more than {gt}.",
    "less_than_equal": "The {field} must be at most {le}.",
    "less_than": "The {field} must be less than {lt}.",
    "literal_error": "The selected {field} is invalid.\nIt must be {expected}.",
    "int_type": WHOLE_NUMBER,
    "int_parsing": WHOLE_NUMBER,
    "int_parsing_size": WHOLE_NUMBER,
    "int_from_float": WHOLE_NUMBER,
    "finite_number": NUMBER,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "bool_type": YES_OR_NO,
    "bool_parsing": YES_OR_NO,
    "list_type": LIST,
    "dict_type": OBJECT,
    "model_type": OBJECT,
    "model_attributes_type": OBJECT,
    "dataclass_type": OBJECT,
    "datetime_type": TIME,
    "datetime_parsing": TIME,
    "datetime_from_date_parsing": TIME,
    "timezone_aware": TIME,
    "date_type": DATE,
    "date_parsing": DATE,
    "date_from_datetime_parsing": DATE,
}

OF_UNITS = "The {field} must be a whole number of {unit}."
COUNTED: Mapping[str, str] = {
    "greater_than_equal": "The {field} must be at least {ge} {unit}.",
    "greater_than": "The {field} must be more than {gt} {unit}.",
    "less_than_equal": "The {field} must be at most {le} {unit}.",
    "less_than": "The {field} must be less than {lt} {unit}.",
    "int_type": OF_UNITS,
    "int_parsing": OF_UNITS,
    "int_parsing_size": OF_UNITS,
    "int_from_float": OF_UNITS,
}
"""Of a field that says its unit: `first_response_seconds` is the first response time."""
UNITS: Mapping[str, str] = {
    "seconds": "time", "minutes": "time", "hours": "time", "days": "time", "cents": "amount",
}  # fmt: skip

FORMS: Mapping[str, str] = {
    r"^[A-Za-z]{2}$": "a country's code of two letters, like BR",
    r"^[A-Za-z]{3}$": "a currency's code of three letters, like BRL",
    r"^#[0-9a-fA-F]{6}$": "a colour, like #1f8a70",
    r"^[a-z0-9]+(?:[_-][a-z0-9]+)*$": "small letters a-z and figures, parted by single - or _, like shoe_size",
    r"^\+?[0-9]{8,18}$": "a phone number of 8 to 18 figures with the country code, like 5511987650001",
    r"^([01][0-9]|2[0-3]):[0-5][0-9]$": "a time from 00:00 to 23:59, like 09:00; a day ends at 00:00 or 23:59",
    "^(reception|lead|ai_first)$": "reception, lead or ai_first",
    r"^([a-z]+:[0-9]{1,19}|anonymous)$": "who did it, like user:7, or anonymous",
    r"^[a-z_]+\.[a-z_]+$": "the kind of an event, like contact.added",
    r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$": "a language, like pt-BR",
    r"^[\x21-\x7e]+$": "an address of the web without spaces, like https://example.com",
}
"""What patterns mean: nobody reads them but us. A pattern that is not here is said to be the wrong form, without it."""


def sentences(path: str, error: Mapping[str, Any]) -> list[str]:
    """What to say of one of pydantic's errors. path: the field's, dotted."""
    kind = error["type"]
    measured = _measured(path)
    if measured is not None and kind in COUNTED:
        what, unit = measured
        ctx: Mapping[str, Any] = error.get("ctx", {})
        return [_one_unit(COUNTED[kind].format(field=what, unit=unit, **ctx), unit)]
    if kind in ("too_long", "too_short") and isinstance(error.get("input"), str):
        kind = f"string_{kind}"  # a text that was read by a function of ours first has no type of its own any more
    known, field = SENTENCES.get(kind), named(path)
    form = FORMS.get(error.get("ctx", {}).get("pattern", ""))
    if form is not None:
        return [f"The {field} must be {form}."]
    if known is None:
        message: str = error["msg"]
        return [message.removeprefix("Value error, ").removesuffix(".") + "."]
    ctx = error.get("ctx", {})
    return _one(known.format(field=field, **ctx), ctx).split("\n")


def spoken(path: str) -> str:
    """A field as people would call it: `hours.6.open_at` is "open at". What a list holds is its entry."""
    names = [each for each in path.split(".") if not (each.isascii() and each.isdigit())]
    return names[-1].replace("_", " ") if names else path


def named(path: str) -> str:
    """The same without its unit, for sentences that give no number."""
    measured = _measured(path)
    return spoken(path) if measured is None else measured[0]


def _measured(path: str) -> tuple[str, str] | None:
    """What is measured, and in what: `first_response_seconds` is the first response time, in seconds."""
    what, _, unit = spoken(path).rpartition(" ")
    if not what or unit not in UNITS:
        return None
    return (what if what.endswith((UNITS[unit], "duration", "price")) else f"{what} {UNITS[unit]}"), unit


def _one_unit(sentence: str, unit: str) -> str:
    return sentence.replace(f" 1 {unit}.", f" 1 {unit.removesuffix('s')}.")


def _one(sentence: str, ctx: Mapping[str, Any]) -> str:
    """With one of a thing where there is one."""
    if 1 not in (ctx.get("min_length"), ctx.get("max_length")):
        return sentence
    return sentence.replace("1 characters.", "1 character.").replace("1 entries.", "1 entry.")
