"""Saved views: filters of the inbox that a member has given a name, and the business's for everybody.

The fields are those of `GET /v1/conversations`, by the same names and with the same values.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from plixa.actors.fields import Id, Line, Text
from plixa.actors.workspace.declarations import Collection, Shareable, own_first


class View(Shareable, frozen=True, omit_defaults=True, kw_only=True):
    """What is null does not matter. Only an owner may share one; `is_default`: what the inbox opens with."""

    name: Annotated[Line, StringConstraints(max_length=60)]
    status: Literal["open", "pending", "resolved"] | None = None
    mode: Literal["flow", "ai", "human", "idle"] | None = None
    assignee: Id | Literal["me", "none"] | None = None
    label: Id | None = None
    sector: Id | None = None
    phone_instance: Id | None = None
    snoozed: Literal["0", "1", "all"] | None = None
    unread: Literal["0", "1", "mine"] | None = None
    in_doubt: Literal["1"] | None = None
    q: Annotated[Text, StringConstraints(max_length=200)] | None = None


VIEWS = Collection(
    name="views",
    one="view",
    item=View,
    path="/v1/views",
    tag="Inbox",
    param="view",
    write="member",
    unique=("name",),
    references={"assignee": "members", "label": "labels", "sector": "sectors", "phone_instance": "numbers"},
    order=own_first,
    reorder=True,
    hidden=frozenset({"id", "position", "user_id"}),
    most=50,
)
