"""Sectors: departments that conversations are routed to, with the members who work there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from plixa.actors.fields import Id, Line, Text
from plixa.actors.workspace.declarations import Collection, Item, by_name


class Sector(Item, frozen=True, omit_defaults=True, kw_only=True):
    name: Annotated[Line, StringConstraints(max_length=60)]
    description: Annotated[Text, StringConstraints(max_length=280)] | None = None
    user_ids: Annotated[list[Id], Field(max_length=500)] = []  # noqa: RUF012  # msgspec copies it


SECTORS = Collection(
    name="sectors",
    one="sector",
    item=Sector,
    path="/v1/sectors",
    tag="Sectors",
    unique=("name",),
    references={"user_ids": "members"},
    order=by_name,
    cascades=True,
)
