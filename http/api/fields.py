"""Bodies and queries, and the types of fields that several of them share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from plixa.actors.fields import (
    Color,
    CountryCode,
    Currency,
    Email,
    HourMinute,
    Id,
    Line,
    Locale,
    Password,
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


Moment = Annotated[AwareDatetime, AfterValidator(within_range)]


class Body(BaseModel):
    """Base of all bodies and queries. Unknown fields of JSON are ignored, so that clients can be ahead of us;
    those of a query or a form are refused (`api.must_be_known`)."""

    model_config = ConfigDict(extra="ignore", str_max_length=100_000)


class Page(Body):
    """Query of a list: how many, and from where on."""

    limit: Annotated[int, Field(ge=1, le=100)] = 25
    cursor: str | None = None
