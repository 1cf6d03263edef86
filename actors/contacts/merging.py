"""Two contacts that are one person: merged, and taken apart again exactly.

The one that is merged stays as it is, phone number and addresses included, and is only led to the survivor
(`merged_into`): whoever looks it up by its number finds the survivor. The survivor gains what it did not have: labels,
values, a name, notes. Undoing takes away what was gained, unless somebody has changed it since. Merges into the same
survivor are undone in the reverse order of their making; otherwise what one gained could depend on another that stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from plixa.actors.contacts.opting import gained as opted_out
from plixa.actors.contacts.records import ContactUnlabelled, changes, labelled, valued
from plixa.actors.contacts.state import AboutContact, Card, Contacts, shown
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event, event

decide: Decider[Contacts] = Decider()

Detail = Literal["name", "notes"]


class Merge(Command, frozen=True, kw_only=True, tag=True):
    """`from_id` is the same person as `contact_id`, who survives. conversations: those of `from_id`."""

    contact_id: int
    from_id: int
    known: Card | None = None
    other: Card | None = None
    conversations: tuple[int, ...] = ()


class Gained(Struct, frozen=True, omit_defaults=True):
    """What the survivor has from the other one: labels, definitions of values, details."""

    labels: tuple[int, ...] = ()
    fields: tuple[int, ...] = ()
    details: tuple[Detail, ...] = ()


class Merged(Struct, frozen=True):
    """A merge that stands. last: nothing was merged into the same survivor since."""

    id: int
    from_id: int
    into_id: int
    gained: Gained
    last: bool = True


class Unmerge(Command, frozen=True, kw_only=True, tag=True):
    """Take a merge back. conversations: those that lead to the one that was merged, by now.

    joined: one of them and one of the survivor's are one conversation by now.
    """

    contact_id: int
    merge_id: int
    known: Card | None = None
    other: Card | None = None
    merge: Merged | None = None
    conversations: tuple[int, ...] = ()
    joined: bool = False


@event("contact.merged")
class ContactMerged(AboutContact, frozen=True, kw_only=True):
    """This contact is a part of `into_id` from now on."""

    merge_id: int
    into_id: int
    gained: Gained
    conversations: tuple[int, ...] = ()


@event("contact.unmerged")
class ContactUnmerged(AboutContact, frozen=True, kw_only=True):
    """This contact stands for itself again."""

    merge_id: int
    into_id: int
    conversations: tuple[int, ...] = ()


@decide.on(Merge)
def _merge(state: Contacts, command: Merge, now: Moment) -> Sequence[Event]:
    into = shown(command.known)
    other = command.other
    if command.from_id == command.contact_id:
        raise Invalid({"from_id": ["A contact cannot be merged into itself. Choose another one."]})
    if other is not None and other.merged_into == into.id:
        return []  # the same request again
    if other is None or other.merged_into is not None:
        raise Invalid({"from_id": ["This is not a contact of the workspace."]})
    gained = _gain(into, other)
    merged = ContactMerged(
        contact_id=other.id,
        merge_id=next(now.ids),
        into_id=into.id,
        gained=gained,
        conversations=command.conversations,
    )
    return [merged, *_give(into, other, gained), *opted_out(into, other)]


def _gain(into: Card, other: Card) -> Gained:
    details: tuple[Detail, ...] = ("name", "notes")
    return Gained(
        tuple(id_ for id_ in other.labels if id_ not in into.labels),
        tuple(id_ for id_ in other.values if id_ not in into.values),
        tuple(each for each in details if getattr(other, each) and not getattr(into, each)),
    )


def _give(into: Card, other: Card, gained: Gained) -> Iterator[Event]:
    details = {each: getattr(other if each in gained.details else into, each) for each in ("name", "notes")}
    yield from changes(into, details["name"], details["notes"])
    yield from labelled(into, gained.labels)
    yield from valued(into, {id_: other.values[id_] for id_ in gained.fields})


@decide.on(Unmerge)
def _unmerge(state: Contacts, command: Unmerge, now: Moment) -> Sequence[Event]:
    into, other, merge = shown(command.known), command.other, command.merge
    if merge is None or other is None or merge.into_id != into.id:
        raise NotFound("merge")
    if not merge.last:
        raise Conflict("Another contact was merged into this one since. Undo that merge first.", code="MERGED_SINCE")
    if command.joined:
        raise Conflict(
            "Conversations of these two were merged since, and cannot be told apart any more.",
            code="CONVERSATIONS_MERGED",
        )
    unmerged = ContactUnmerged(
        contact_id=other.id, merge_id=merge.id, into_id=into.id, conversations=command.conversations
    )
    return [unmerged, *_take(into, other, merge.gained)]


def _take(into: Card, other: Card, gained: Gained) -> Iterator[Event]:
    """Away with what was gained, where it is still what it was."""
    went = {each for each in gained.details if getattr(into, each) == getattr(other, each)}
    details = {each: None if each in went else getattr(into, each) for each in ("name", "notes")}
    yield from changes(into, details["name"], details["notes"])
    labels = tuple(id_ for id_ in gained.labels if id_ in into.labels)
    if labels:
        yield ContactUnlabelled(contact_id=into.id, label_ids=labels)
    same = [id_ for id_ in gained.fields if into.values.get(id_) == other.values.get(id_)]
    yield from valued(into, dict.fromkeys(same))
