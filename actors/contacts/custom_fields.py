"""Custom fields: what a workspace wants to know of its contacts. Removing a definition wipes its values everywhere.

The values themselves belong to the contacts (`actors/contacts`); `fitting` says whether one fits its definition.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Annotated, Literal

from msgspec.structs import replace
from pydantic import Field, StringConstraints

from plixa.actors.fields import Line, Slug
from plixa.actors.folding import figures
from plixa.actors.workspace.declarations import Collection, Ordered, by_position
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid

Option = Annotated[Line, StringConstraints(max_length=120)]
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}([.,][0-9]{1,30})?")
YES_NO = {"true": "true", "1": "true", "yes": "true", "false": "false", "0": "false", "no": "false"}


class CustomField(Ordered, frozen=True, omit_defaults=True, kw_only=True):
    name: Annotated[Line, StringConstraints(max_length=60)]
    key: Slug | None = None
    type: Literal["text", "number", "date", "select", "boolean"]
    options: Annotated[list[Option], Field(max_length=100)] = []  # noqa: RUF012  # msgspec copies it


def _complete(workspace: Workspace, field: CustomField) -> CustomField:
    old = CUSTOM_FIELDS.of(workspace).get(field.id)
    if old is not None and old.type != field.type:
        raise Invalid({"type": ["The type of a field that exists cannot change. Make a new field instead."]})
    if field.type == "select" and not field.options:
        raise Invalid({"options": ["A select field needs at least one option."]})
    if len(set(field.options)) != len(field.options):
        raise Invalid({"options": ["Two options are the same."]})
    return field if field.key else replace(field, key=_free_key(workspace, field))


def _free_key(workspace: Workspace, field: CustomField) -> str:
    plain = unicodedata.normalize("NFKD", field.name).encode("ascii", "ignore").decode().lower()
    key = _NOT_IN_KEYS.sub("_", plain).strip("_")[:50] or "field"
    taken = {each.key for each in CUSTOM_FIELDS.of(workspace).values() if each.id != field.id}
    return key if key not in taken else next(k for n in range(2, 2000) if (k := f"{key}_{n}") not in taken)


def fitting(field: CustomField, value: str) -> str:
    """The value as it is kept. Raises ValueError, with a sentence for the one who typed it, if it does not fit."""
    match field.type:
        case "number":
            value = figures(value)
            if not _NUMBER.fullmatch(value.strip()):
                raise ValueError(f"{field.name} must be a number, like 12 or 12.5.")
            return value.strip().replace(",", ".")
        case "date":
            try:
                return date.fromisoformat(figures(value).strip()).isoformat()
            except ValueError:
                raise ValueError(f"{field.name} must be a date, like 2026-05-25.") from None
        case "select":
            if value not in field.options:
                raise ValueError(f"{field.name} must be one of: {', '.join(field.options)}.")
        case "boolean":
            if value.strip().lower() not in YES_NO:
                raise ValueError(f"{field.name} must be true or false.")
            return YES_NO[value.strip().lower()]
        case "text":
            pass
    return value


CUSTOM_FIELDS = Collection(
    name="custom_fields",
    one="custom_field",
    item=CustomField,
    path="/v1/custom-field-definitions",
    tag="Contacts (custom fields)",
    param="definition",
    feature="custom_fields",
    unique=("key", "name"),
    check=_complete,
    order=by_position,
    reorder=True,
    cascades=True,
    most=200,
)
