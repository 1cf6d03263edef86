"""Two conversations of one customer that are to be one.

The address book decides, for it is one actor a tenant: of two merges that cross (A into B, B into A) one comes first,
and the other one finds that it is too late; the same for a contact's merge that is undone meanwhile. From the decision
on the merged one's addresses lead to the survivor. The conversations follow through the outbox
(`http/conversation/merging.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from plixa.actors.contacts.state import Contacts
from plixa.actors.merged import Merged
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event, event

decide: Decider[Contacts] = Decider()


class Side(Struct, frozen=True):
    """A conversation as the read model has it. contact_id: merged contacts followed; None without one.

    merged_into: the conversation that it is a part of by now, however many merges away.
    """

    id: int
    contact_id: int | None = None
    number_id: int = 0
    merged_into: int | None = None


class MergeConversations(Command, frozen=True, kw_only=True, tag=True):
    """`from_id` is to be a part of `into_id`. by: the member who says so."""

    into_id: int
    from_id: int
    by: int | None = None
    into: Side | None = None
    other: Side | None = None


class DropMerge(Command, frozen=True, kw_only=True, tag=True):
    """One of the two was erased before it heard of the merge."""

    from_id: int
    merge_id: int


@event("merge.decided")
class MergeDecided(Event, frozen=True, kw_only=True):
    """Whoever led to `from_id` leads to `into_id` from now on, and it becomes a part of that."""

    merge_id: int
    from_id: int
    into_id: int
    by: int | None = None


@event("merge.dropped")
class MergeDropped(Event, frozen=True, kw_only=True):
    """It came to nothing: one of the two was erased in that moment."""

    merge_id: int
    from_id: int


@decide.on(MergeConversations)
def _merge(state: Contacts, command: MergeConversations, now: Moment) -> Sequence[Event]:
    if command.from_id == command.into_id:
        raise Invalid({"from_id": ["A conversation cannot be merged into itself. Choose another one."]})
    into, other = _there(command.into), _there(command.other)
    if into.merged_into is not None:
        raise Merged(into.merged_into)
    if other.merged_into == into.id:
        return []  # the same request again
    if other.merged_into is not None:
        raise Merged(other.merged_into)
    _must_fit(into, other, now.workspace)
    return [MergeDecided(merge_id=next(now.ids), from_id=other.id, into_id=into.id, by=command.by)]


def _there(side: Side | None) -> Side:
    if side is None:
        raise NotFound("conversation")
    return side


def _must_fit(into: Side, other: Side, workspace: Workspace) -> None:
    """Raises `Conflict` unless they are one customer's, and the answers will go out from the number that they know."""
    if into.contact_id is None or into.contact_id != other.contact_id:
        raise Conflict(
            "These conversations are of two contacts. If they are one person, merge the contacts first.",
            code="DIFFERENT_CONTACTS",
        )
    if other.number_id != into.number_id and other.number_id in workspace.numbers:
        raise Conflict(
            "These conversations are on two WhatsApp numbers of yours: the customer would be answered from a number "
            "that they did not write to. Only what was on a number that is gone can be merged into another one's.",
            code="DIFFERENT_NUMBERS",
        )


@decide.on(DropMerge)
def _drop(state: Contacts, command: DropMerge, now: Moment) -> Sequence[Event]:
    return [MergeDropped(merge_id=command.merge_id, from_id=command.from_id)]
