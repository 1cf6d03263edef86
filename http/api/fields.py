"""Bodies and queries, and the types of fields that several of them share."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from plixa.actors import fields as actors_fields
from plixa.actors.fields import (
    Color,
    CountryCode,
    Currency,
    Email,
    HourMinute,
    Id,
    Line,
    Locale,
    Phone,
    Slug,
    Text,
    TimeZone,
)

__all__ = [
    "Body",
    "Color",
    "CountryCode",
    "Currency",
    "Email",
    "HourMinute",
    "Id",
    "Line",
    "Locale",
    "Moment",
    "Page",
    "Password",
    "Phone",
    "Slug",
    "Text",
    "TimeZone",
]
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""Nothing that anybody plans or looks for is before or after; at the ends of the range, sums and zones overflow."""


def within_range(at: datetime) -> datetime:
    """The same. Raises ValueError for a time that cannot be reckoned with."""
    if not EARLIEST <= at < LATEST:  # compares without converting, which would overflow
        raise ValueError("The time must be between the years 1900 and 2999.")
    return at


@cache
def _commonest() -> frozenset[str]:
    lists: dict[str, list[str]] = import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS  # megabytes: when first asked
    return frozenset(lists["passwords"])


def uncommon(password: str) -> str:
    """The same. Raises ValueError for one that whoever guesses tries first, also with capitals or as one sign."""
    if password.lower() in _commonest() or len(set(password)) < DIFFERENT:
        raise ValueError("The password is one of those that are tried first. Choose another one.")
    return password


DIFFERENT = 3
"""Signs that a password has at least, whatever their number."""
Password = Annotated[actors_fields.Password, AfterValidator(uncommon)]
Moment = Annotated[AwareDatetime, AfterValidator(within_range)]


class Body(BaseModel):
    """Base of all bodies and queries. Unknown fields of JSON are ignored, so that clients can be ahead of us;
    those of a query or a form are refused (`api.must_be_known`)."""

    model_config = ConfigDict(extra="ignore", str_max_length=100_000)


class Page(Body):
    """Query of a list: how many, and from where on."""

    limit: Annotated[int, Field(ge=1, le=100)] = 25
    cursor: str | None = None
