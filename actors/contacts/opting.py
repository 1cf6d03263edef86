"""Whether a contact wants messages that go to many. What people say to each other is another matter, and goes on.

It holds for the person: over all numbers, after a merge for both, and whatever a file that is imported says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from plixa.actors.contacts.state import AboutContact, Card, Contacts, shown
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider
from plixa.engine.events import Event, event

By = Literal["contact", "member", "merge"]
decide: Decider[Contacts] = Decider()


class OptOut(Command, frozen=True, kw_only=True, tag=True):
    """They want no more (`out`), or some again. Doing it again changes nothing: the first time counts."""

    contact_id: int
    out: bool
    by: By
    known: Card | None = None


@event("contact.opted")
class ContactOpted(AboutContact, frozen=True, kw_only=True):
    """Since when they want no more; None: they take them."""

    opted_out_at: datetime | None
    by: By


@decide.on(OptOut)
def _opt_out(state: Contacts, command: OptOut, now: Moment) -> Sequence[Event]:
    card = shown(command.known)
    if command.out == (card.opted_out_at is not None):
        return []
    return [ContactOpted(contact_id=card.id, opted_out_at=now.at if command.out else None, by=command.by)]


def gained(into: Card, other: Card) -> Iterator[Event]:
    """What a merge makes of it: who wants none as the one wants none as the other."""
    if other.opted_out_at is not None and into.opted_out_at is None:
        yield ContactOpted(contact_id=into.id, opted_out_at=other.opted_out_at, by="merge")
