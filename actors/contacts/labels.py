"""Labels: coloured tags on conversations and contacts. Any member attaches them; removing one detaches it all over."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from plixa.actors.fields import Color, Line
from plixa.actors.workspace.declarations import Collection, Item, by_name


class Label(Item, frozen=True, omit_defaults=True, kw_only=True):
    name: Annotated[Line, StringConstraints(max_length=40)]
    color: Color


LABELS = Collection(
    name="labels",
    one="label",
    item=Label,
    path="/v1/labels",
    tag="Labels",
    unique=("name",),
    order=by_name,
    cascades=True,
)
