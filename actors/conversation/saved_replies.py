"""Saved replies: texts that members use again and again, in the order that the owner gives them."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from plixa.actors.fields import Line, Words
from plixa.actors.workspace.declarations import Collection, Ordered, by_position


class SavedReply(Ordered, frozen=True, omit_defaults=True, kw_only=True):
    label: Annotated[Line, StringConstraints(max_length=80)]
    body: Annotated[Words, StringConstraints(min_length=1, max_length=2000)]


SAVED_REPLIES = Collection(
    name="saved_replies",
    one="saved_reply",
    item=SavedReply,
    path="/v1/saved-replies",
    tag="Saved replies",
    param="savedReply",
    order=by_position,
    replaces=True,
    reorder=True,
    hidden=frozenset({"id", "position"}),
)
