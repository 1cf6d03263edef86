"""People who are to be written to, by their numbers: contacts of those who are none yet."""

from __future__ import annotations

from collections.abc import Sequence

from plixa.actors.contacts.records import ContactAdded, changes
from plixa.actors.contacts.state import Card, Contacts
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider
from plixa.engine.events import Event

decide: Decider[Contacts] = Decider()


class Gather(Command, frozen=True, kw_only=True, tag=True):
    """Numbers in their canonical form, each once, with a name or without. A name is taken where there is none yet."""

    people: tuple[tuple[str, str | None], ...]
    known: dict[str, Card] = {}  # noqa: RUF012  # msgspec copies an empty default


@decide.on(Gather)
def _gather(state: Contacts, command: Gather, now: Moment) -> Sequence[Event]:
    events: list[Event] = []
    for phone, name in command.people:
        card = command.known.get(phone)
        if card is None:
            id_ = next(now.ids)
            events.append(ContactAdded(contact_id=id_, added_at=now.at, origin="member", phone=phone, name=name))
        elif name and not card.name:
            events += changes(card, name, card.notes)
    return events
