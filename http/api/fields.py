"""Bodies and queries, and the types of fields that several of them share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

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
Moment = AwareDatetime


class Body(BaseModel):
    """Base of all bodies and queries. Unknown fields are ignored, so that clients can be ahead of us."""

    model_config = ConfigDict(extra="ignore", str_max_length=100_000)


class Page(Body):
    """Query of a list: how many, and from where on."""

    limit: Annotated[int, Field(ge=1, le=100)] = 25
    cursor: str | None = None
