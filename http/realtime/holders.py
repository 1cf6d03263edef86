"""Who looks after each conversation, as the live push knows it: the facts of a channel (see `engine/fanout.py`).

A fact is the assignee's id, None for nobody, `GONE` where there is no such conversation, or `PartOf` where it was
merged into another one, whose assignee is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, cast

from plixa.actors.conversation.state import Conversation
from plixa.engine.fanout import Facts, Unknown
from plixa.engine.ports import Commit
from plixa.storage.conversation.inbox import Whereabouts

GONE: Final = "gone"
DEEPEST = 100
"""So many merges in a row are followed in memory."""


class PartOf(NamedTuple):
    """It is a part of that conversation."""

    into: int


Holder = int | str | None
"""An assignee, nobody, or `GONE`."""


def facts_of(commit: Commit) -> Mapping[int, object]:
    """What a commit leaves: nothing where it is no conversation's."""
    state = commit.after
    if not isinstance(state, Conversation):
        return {}
    if state.merged_into is not None:
        return {commit.address.id: PartOf(state.merged_into)}
    there = state.begun and not state.deleted
    return {commit.address.id: state.assigned_user_id if there else GONE}


def holder_of(facts: Facts, conversation: int) -> Holder:
    """Who looks after it. Raises `Unknown`."""
    for _ in range(DEEPEST):
        fact = facts.of(conversation)
        if not isinstance(fact, PartOf):
            return cast("Holder", fact)
        conversation = fact.into
    raise Unknown


def note_found(facts: Facts, asked: int, found: Mapping[int, Whereabouts]) -> None:
    """What a look-up of one conversation found."""
    if asked not in found:
        facts.look_up(asked, GONE)
        return
    where = found[asked]
    if where.root != asked:
        facts.look_up(asked, PartOf(where.root))
    facts.look_up(where.root, where.assigned_user_id)
