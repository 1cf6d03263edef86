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
    "string_pattern_mismatch": "The {field} has the wrong form; it must match {pattern}.",
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


def sentences(path: str, error: Mapping[str, Any]) -> list[str]:
    """What to say of one of pydantic's errors. path: the field's, dotted."""
    kind = error["type"]
    if kind in ("too_long", "too_short") and isinstance(error.get("input"), str):
        kind = f"string_{kind}"  # a text that was read by a function of ours first has no type of its own any more
    known = SENTENCES.get(kind)
    if known is None:
        message: str = error["msg"]
        return [message.removeprefix("Value error, ").removesuffix(".") + "."]
    return known.format(field=path, **error.get("ctx", {})).split("\n")
